//! A table that is printed in constant memory: the first rows decide the widths of the columns.

use std::io::{self, Write};

use serde_json::Value;

use crate::output::field;
use crate::output::terminal::Terminal;
use crate::output::text::{printable, push_cell, width};

/// The number of rows that are read before the widths are decided.
const PAGE: usize = 100;

/// The space between two columns.
const GAP: usize = 2;

/// The narrowest column of a terminal that is too narrow for the table.
const MIN_WIDTH: usize = 6;

/// A table of objects.
pub(crate) struct Table {
    columns: Vec<String>,
    /// The number of columns that are always shown. The others depend on the room.
    always: usize,
    has_header: bool,
    terminal: Terminal,
    /// The rows that wait for the widths.
    waiting: Vec<Vec<String>>,
    /// The widths of the shown columns, once they are decided.
    widths: Option<Vec<usize>>,
}

impl Table {
    pub(crate) fn new(
        always: Vec<String>,
        wide: Vec<String>,
        has_header: bool,
        terminal: Terminal,
    ) -> Self {
        let count = always.len();
        let mut columns = always;
        // Output that is read by a program has the same columns at any time.
        if terminal.width.is_some() {
            columns.extend(wide);
        }
        Self {
            columns,
            always: count,
            has_header,
            terminal,
            waiting: Vec::new(),
            widths: None,
        }
    }

    /// Adds an object.
    pub(crate) fn push(&mut self, item: &Value, out: &mut impl Write) -> io::Result<()> {
        let cells = self.columns.iter().map(|name| {
            let value = if name.is_empty() {
                Some(item)
            } else {
                field::at(item, name)
            };
            printable(&field::masked_text(name, value)).into_owned()
        });
        let cells: Vec<_> = cells.collect();
        if let Some(widths) = &self.widths {
            return self.print(&cells, widths, out);
        }
        self.waiting.push(cells);
        if self.waiting.len() == PAGE {
            self.print_waiting(out)?;
        }
        Ok(())
    }

    /// Prints the rows that wait.
    pub(crate) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.widths.is_none() {
            self.print_waiting(out)?;
        }
        Ok(())
    }

    fn print_waiting(&mut self, out: &mut impl Write) -> io::Result<()> {
        let widths = self.decide_widths();
        if self.has_header {
            let titles: Vec<_> = self.columns.iter().map(|name| title(name)).collect();
            let line = self.line(&titles, &widths);
            writeln!(out, "{}", self.terminal.bold(&line))?;
        }
        for row in std::mem::take(&mut self.waiting) {
            self.print(&row, &widths, out)?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn print(&self, cells: &[String], widths: &[usize], out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.line(cells, widths))
    }

    /// Makes a line. The last column is not filled up.
    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let cut = self.terminal.width.is_some();
        let mut line = String::new();
        for (cell, &size) in cells.iter().zip(widths) {
            push_cell(&mut line, cell, size, cut);
            line.push_str(&" ".repeat(GAP));
        }
        line.truncate(line.trim_end().len());
        line
    }

    /// Returns the widths of the columns that are shown.
    fn decide_widths(&self) -> Vec<usize> {
        let mut widths: Vec<_> = self
            .columns
            .iter()
            .map(|name| width(&title(name)))
            .collect();
        for row in &self.waiting {
            for (size, cell) in widths.iter_mut().zip(row) {
                *size = width(cell).max(*size);
            }
        }
        if let Some(room) = self.terminal.width {
            while widths.len() > self.always && total(&widths) > room {
                widths.pop();
            }
            // Half an id is of no use.
            if widths.len() > 1 && total(&widths) > room && self.columns[widths.len() - 1] == "id" {
                widths.pop();
            }
            shrink(&mut widths, room);
        }
        widths
    }
}

/// Returns the title of a column: `firstName` is `FIRST NAME`.
fn title(path: &str) -> String {
    let name = path
        .rsplit('.')
        .next()
        .unwrap_or(path)
        .trim_start_matches('_');
    let mut title = String::new();
    let mut is_after_small = false;
    for c in name.chars() {
        if c.is_uppercase() && is_after_small {
            title.push(' ');
        }
        is_after_small = c.is_lowercase();
        title.extend(c.to_uppercase());
    }
    title
}

/// Returns the width of the whole table.
fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Takes room from the widest columns until the table fits, or each is as narrow as it may be.
fn shrink(widths: &mut [usize], room: usize) {
    while total(widths) > room {
        let Some(widest) = widths
            .iter_mut()
            .max()
            .filter(|widest| **widest > MIN_WIDTH)
        else {
            return;
        };
        *widest -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{shrink, title};

    #[test]
    fn titles_are_words() {
        assert_eq!(title("firstName"), "FIRST NAME");
        assert_eq!(title("authDetails.ipAddress"), "IP ADDRESS");
        assert_eq!(title("_id"), "ID");
        assert_eq!(title("publicClient"), "PUBLIC CLIENT");
    }

    #[test]
    fn the_widest_columns_give_room_first() {
        let mut widths = [10, 36, 20];
        shrink(&mut widths, 50);
        assert_eq!(widths, [10, 18, 18]);
        shrink(&mut widths, 5);
        assert_eq!(widths, [6, 6, 6]);
    }
}
