//! The steps of a long run, and how long each of them takes.

use std::fmt;
use std::time::{Duration, Instant};

/// The steps of a run, in their order. It displays as a table.
#[derive(Default)]
pub(crate) struct Steps {
    ended: Vec<(String, Duration)>,
    running: Option<(String, Instant)>,
}

impl Steps {
    /// Ends the step that runs, prints the heading of the next one, and starts its time.
    pub(crate) fn begin(&mut self, what: &str) {
        self.end();
        println!("\n== {what}");
        self.running = Some((what.to_owned(), Instant::now()));
    }

    /// Ends the step that runs.
    pub(crate) fn end(&mut self) {
        if let Some((what, began)) = self.running.take() {
            self.ended.push((what, began.elapsed()));
        }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, time) in &self.ended {
            writeln!(f, "{:>6.1} s  {what}", time.as_secs_f64())?;
        }
        let whole: Duration = self.ended.iter().map(|(_, time)| *time).sum();
        writeln!(f, "{:>6.1} s  all of it", whole.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_time_and_the_last_line_their_sum() {
        let steps = Steps {
            ended: vec![
                ("lints".to_owned(), Duration::from_millis(61_250)),
                ("tests".to_owned(), Duration::from_millis(600_500)),
            ],
            running: None,
        };
        assert_eq!(
            steps.to_string(),
            "  61.2 s  lints\n 600.5 s  tests\n 661.8 s  all of it\n"
        );
    }
}
