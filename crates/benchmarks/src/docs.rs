//! The tables of `docs/performance.md`.

use std::fmt::Write as _;

use anyhow::Result;

use crate::instructions;
use crate::results::{Measured, Results, Samples, median, spread};
use crate::sections::replace_section;
use crate::targets::targets;

/// Writes the tables.
pub fn write(results: &Results) -> Result<()> {
    replace_section("bench", &tables(results))?;
    replace_section("instructions", &instructions::table()?)
}

/// Everything that was measured, in Markdown.
pub fn tables(results: &Results) -> String {
    let mut text = format!(
        "Measured on {} on this machine: {}.\n\nThe clients: {}.\n",
        results.date,
        results.machine.line(),
        results
            .clients
            .iter()
            .map(|(_, title)| title.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    );
    text += "\n### Targets\n\n| | wanted | measured | |\n|---|---|---|---|\n";
    for target in targets(results) {
        let mark = if target.is_met { "✓" } else { "✗" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {mark} |",
            target.what, target.wanted, target.measured
        );
    }
    text += "\n### Times\n\nThe median of a workload in milliseconds, and in parentheses the spread of the middle half of its repetitions.\n\n";
    text += &table(results, false, |samples| {
        let spread = spread(&samples.seconds)? * 100.0;
        Some(format!(
            "{} ({spread:.0} %)",
            milliseconds(median(&samples.seconds)?)
        ))
    });
    text += "\n### Beside plain reqwest\n\nThe time divided by that of plain reqwest in the same repetition: the median.\n\n";
    text += &table(results, false, |samples| {
        Some(format!("{:.2}", median(&samples.ratios)?))
    });
    text += "\n### Memory\n\nThe peak memory of a process, in MiB.\n\n";
    text += &table(results, true, |samples| {
        Some(format!("{:.1}", median(&samples.peak_kb)? / 1024.0))
    });
    text += "\n### Requests\n\nThe server's counts of calls and of token requests, with those of the warm-up.\n\n";
    let counted = |samples: &Samples| {
        let is_counted = samples.calls > 0;
        is_counted.then(|| format!("{} / {}", samples.calls, samples.tokens))
    };
    text += &table(results, false, counted);
    text
}

fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1_000.0;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1}")
    } else {
        format!("{milliseconds:.0}")
    }
}

/// A row for each workload, a column for each client; rows without a value are left out.
fn table(results: &Results, is_memory: bool, value: impl Fn(&Samples) -> Option<String>) -> String {
    let mut text = "| |".to_owned();
    for (name, _) in &results.clients {
        let _ = write!(text, " {name} |");
    }
    let _ = write!(text, "\n|---|{}\n", "--:|".repeat(results.clients.len()));
    let rows = results.workloads.iter();
    for measured in rows.filter(|measured| measured.is_memory == is_memory) {
        let cells: Vec<String> = cells(results, measured, &value);
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {} | {} |", measured.title, cells.join(" | "));
        }
    }
    text
}

fn cells(
    results: &Results,
    measured: &Measured,
    value: &impl Fn(&Samples) -> Option<String>,
) -> Vec<String> {
    let clients = results.clients.iter();
    clients
        .map(|(client, _)| {
            let samples = measured.by_client.get(client);
            samples.and_then(value).unwrap_or_default()
        })
        .collect()
}
