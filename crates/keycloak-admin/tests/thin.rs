//! The crate stays thin: what that means is checked here, on its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A method that is longer than this does not fit on a screen.
const SCREEN: usize = 40;

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The sources without what their `mod tests` holds.
fn sources() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        (path, code.to_owned())
    };
    files("src").into_iter().map(read).collect()
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut long = Vec::new();
    for (path, code) in sources() {
        // The code is formatted: a function ends with a brace that is indented like its first line.
        let mut open: Option<(&str, String, usize)> = None;
        for (number, line) in code.lines().enumerate() {
            if let Some((name, end, start)) = &open {
                if line == end {
                    if number + 1 - start > SCREEN {
                        long.push(format!("{}: {name}", path.display()));
                    }
                    open = None;
                }
            } else if let Some(name) = function(line) {
                let indent = line.len() - line.trim_start().len();
                let one_line = line.ends_with('}') || line.ends_with(';');
                if !one_line {
                    open = Some((name, format!("{}}}", " ".repeat(indent)), number));
                }
            }
        }
    }
    assert!(long.is_empty(), "longer than {SCREEN} lines: {long:#?}");
}

#[test]
fn no_representation_and_no_parameter_is_declared_again() {
    for (path, code) in sources() {
        let name = path.file_name().unwrap().to_str().unwrap();
        for declared in [
            "derive(Serialize",
            "Serialize)]",
            "Deserialize)]",
            "#[serde",
        ] {
            assert!(!code.contains(declared), "{name} has `{declared}`");
        }
        // The pager sets the two parameters of pages; nothing else sets one by its name.
        let sets = code.contains("set_query");
        assert!(!sets || name == "page.rs", "{name} sets a query parameter");
    }
}

/// For each name as many calls in tests on a real server as there are methods of that name.
#[test]
fn every_public_method_is_called_by_a_test() {
    let mut methods: BTreeMap<String, usize> = BTreeMap::new();
    for (_, code) in sources() {
        let public = code
            .lines()
            .filter(|line| line.trim_start().starts_with("pub fn "));
        for name in public.filter_map(function) {
            *methods.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert!(methods.len() > 50, "{methods:?}");
    let tests: String = files("tests")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let calls = |name: &str| {
        let called = [
            format!(".{name}("),
            format!("::{name}("),
            format!("::{name})"),
            format!(".{name}::<"),
        ];
        called
            .iter()
            .map(|call| tests.matches(call.as_str()).count())
            .sum::<usize>()
    };
    let missing: BTreeSet<String> = methods
        .into_iter()
        .filter(|(name, count)| calls(name) < *count)
        .map(|(name, count)| format!("{name}: {count} methods, {} calls", calls(&name)))
        .collect();
    assert!(missing.is_empty(), "no test calls {missing:#?}");
}
