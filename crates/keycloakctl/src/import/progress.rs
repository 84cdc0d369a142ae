//! The progress of an import, in one line of a terminal.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// The time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// The number of characters of the bar.
const BAR: usize = 30;

/// The progress. It shows nothing if standard error is no terminal.
pub(super) struct Progress {
    is_shown: bool,
    size: Option<u64>,
    done: u64,
    drawn: Instant,
}

impl Progress {
    /// Makes the progress of a file of this size.
    pub(super) fn new(size: Option<u64>) -> Self {
        Self {
            is_shown: stderr().is_terminal(),
            size,
            done: 0,
            drawn: Instant::now(),
        }
    }

    /// Counts one more row, which ends at this byte of the file.
    pub(super) fn advance(&mut self, offset: u64) {
        self.done += 1;
        if self.is_shown && self.drawn.elapsed() >= PAUSE {
            self.drawn = Instant::now();
            // The progress is a courtesy: nothing depends on it.
            let _ = write!(stderr(), "\r{}", line(self.done, offset, self.size));
        }
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// Returns the line after these rows. Without a size, there is no bar.
fn line(done: u64, offset: u64, size: Option<u64>) -> String {
    let Some(size) = size.filter(|size| *size > 0) else {
        return format!("{done} users");
    };
    let percent = u128::from(offset.min(size)) * 100 / u128::from(size);
    let full = usize::try_from(percent).unwrap_or_default() * BAR / 100;
    let bar: String = (0..BAR)
        .map(|place| if place < full { '█' } else { '░' })
        .collect();
    format!("{bar} {percent:3} %  {done} users")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_bar_is_as_full_as_the_file_is_read() {
        assert_eq!(
            line(0, 0, Some(900)),
            format!("{}   0 %  0 users", "░".repeat(30))
        );
        let half = format!("{}{}", "█".repeat(15), "░".repeat(15));
        assert_eq!(line(7, 450, Some(900)), format!("{half}  50 %  7 users"));
        assert_eq!(
            line(14, 901, Some(900)),
            format!("{} 100 %  14 users", "█".repeat(30))
        );
        assert_eq!(line(14, 900, None), "14 users");
        assert_eq!(line(0, 0, Some(0)), "0 users");
    }
}
