//! The output of a command as a picture of a terminal: an SVG.

use std::fmt::Write as _;

const FONT: &str = "font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"13\"";
/// The width of a character in this font, in tenths of a pixel.
const CHARACTER: usize = 79;
/// The height of a line, in pixels.
const LINE: usize = 19;
/// The empty space at each side, in pixels.
const MARGIN: usize = 16;

/// Draws this text. A line without indentation is a heading, and a mark at the beginning of an indented line has a colour.
pub fn svg(text: &str) -> String {
    let lines: Vec<&str> = text.trim_matches('\n').lines().collect();
    let longest = lines.iter().map(|line| line.chars().count()).max();
    let width = longest.unwrap_or_default() * CHARACTER / 10 + 2 * MARGIN;
    let height = lines.len() * LINE + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e2227\"/>\n<g {FONT} fill=\"#d7dae0\" xml:space=\"preserve\">\n"
    );
    for (n, line) in lines.iter().enumerate() {
        let y = MARGIN + n * LINE + 13; // 13: the base line of the text
        let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", spans(line));
    }
    svg + "</g>\n</svg>\n"
}

fn spans(line: &str) -> String {
    let text = escape(line);
    if let Some(rest) = text.strip_prefix("  ✓ ") {
        return format!("  <tspan fill=\"#98c379\">✓</tspan> {rest}");
    }
    if line.is_empty() || line.starts_with(' ') {
        return text;
    }
    format!("<tspan font-weight=\"bold\">{text}</tspan>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn each_line_is_drawn_below_the_one_before_it() {
        let picture = svg("\nTitle\n  ✓ f(\"a\") <b>&c\n");
        assert!(
            picture.contains("y=\"29\"><tspan font-weight=\"bold\">Title<"),
            "{picture}"
        );
        assert!(picture.contains("y=\"48\">  <tspan"), "{picture}");
        assert!(picture.contains("</tspan> f(\"a\") &lt;b&gt;&amp;c</text>"));
        assert!(picture.contains("height=\"70\""), "two lines of 19 and 32");
    }
}
