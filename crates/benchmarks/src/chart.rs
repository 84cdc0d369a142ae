//! The chart: for each workload a bar for each client, as many times as long as plain reqwest.

use std::fmt::Write as _;

use crate::results::{Results, median};

const LABELS: f64 = 250.0;
const BARS: f64 = 520.0;
const BAR: f64 = 13.0;
const TOP: f64 = 74.0;

/// Readable on light and on dark: the colours of text and lines follow the reader's.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#57606a}\
line{stroke:#8c959f;stroke-opacity:.45}.one{stroke-opacity:1}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}}";

/// Told apart without colour too: the bars are labelled.
fn colour(client: &str) -> &'static str {
    match client {
        "facade" | "generated" => "#2f81f7",
        "floor" => "#8c959f",
        "keycloak" | "keycloak-sa" => "#d29922",
        _ => "#a371f7",
    }
}

/// A bar of the chart.
struct Bar<'a> {
    client: &'a str,
    ratio: f64,
}

/// Draws the chart as SVG.
pub fn draw(results: &Results) -> String {
    let groups = groups(results);
    let ratios = groups.iter().flat_map(|(_, bars)| bars);
    let most = ratios.map(|bar| bar.ratio).fold(2.0, f64::max);
    let ends = (0.5_f64, most * 1.3);
    let place = |ratio: f64| {
        let share = (ratio.clamp(ends.0, ends.1) / ends.0).ln() / (ends.1 / ends.0).ln();
        LABELS + share * BARS
    };
    let (mut body, mut y) = (String::new(), TOP);
    for (title, bars) in &groups {
        group(&mut body, title, bars, &mut y, &place);
    }
    let width = LABELS + BARS + 60.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {:.0}\" width=\"{width}\" role=\"img\" \
         aria-label=\"Time of each client as a multiple of plain reqwest\">\n<style>{STYLE}</style>\n\
         <text x=\"10\" y=\"22\" class=\"title\">Time beside plain reqwest: shorter is faster</text>\n\
         <text x=\"10\" y=\"40\" class=\"small\">Median of the repetitions, {}. The scale is logarithmic.</text>\n{}{body}</svg>\n",
        y + 10.0,
        results.date,
        axis(ends.1, y, &place),
    )
}

/// The workloads that have bars, with those of each client in the order of the tables.
fn groups(results: &Results) -> Vec<(&str, Vec<Bar<'_>>)> {
    let timed = results.workloads.iter().filter(|it| !it.is_memory);
    timed
        .map(|measured| {
            let clients = results.clients.iter();
            let bars = clients.filter_map(|(client, _)| {
                let ratio = median(&measured.by_client.get(client)?.ratios)?;
                Some(Bar { client, ratio })
            });
            (measured.title.as_str(), bars.collect())
        })
        .collect()
}

/// Lines at 0.5, 1, 2, 5, 10 and so on, with their numbers.
fn axis(end: f64, bottom: f64, place: &impl Fn(f64) -> f64) -> String {
    let mut text = String::new();
    let steps = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];
    for step in steps.into_iter().filter(|step| *step <= end) {
        let x = place(step);
        let is_one = (step - 1.0_f64).abs() < 0.01;
        let class = if is_one { " class=\"one\"" } else { "" };
        let _ = writeln!(
            text,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\"{class}/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"small\">{step}×</text>",
            TOP - 12.0,
            TOP - 16.0,
        );
    }
    text
}

fn group(
    text: &mut String,
    title: &str,
    bars: &[Bar<'_>],
    y: &mut f64,
    place: &impl Fn(f64) -> f64,
) {
    let _ = writeln!(text, "<text x=\"10\" y=\"{:.1}\">{title}</text>", *y + 10.0);
    *y += BAR + 4.0;
    for bar in bars {
        let (begin, end) = (place(0.0), place(bar.ratio));
        let middle = *y + BAR - 3.0;
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\" class=\"small\">{}</text>\
             <rect x=\"{begin:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{middle:.1}\" class=\"small\">{:.2}</text>",
            LABELS - 6.0,
            bar.client,
            *y,
            (end - begin).max(1.0),
            BAR - 2.0,
            colour(bar.client),
            end + 4.0,
            bar.ratio,
        );
        *y += BAR;
    }
    *y += 10.0;
}
