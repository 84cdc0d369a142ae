//! Feeds a function with inputs that nobody would think of, on stable Rust, so that it is a test like any other.
//!
//! Each run begins with every file of `corpus/TARGET`. Then proptest takes files of the corpus and changes them: pieces are removed,
//! repeated, replaced by bytes, text, words of the target's grammar, or pieces of other files. It shrinks an input that fails to a few changes of
//! a file, and prints it; such an input is put into the corpus.
//!
//! `PROPTEST_CASES` says how many inputs there are, in the place of 256, and `PROPTEST_RNG_SEED` where to start.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// Inputs get no longer than this, in bytes, except for those of the corpus.
const MAX_LENGTH: usize = 16 * 1024;

/// Runs a target: `check` panics if something is wrong. It gets `times` as many inputs as `PROPTEST_CASES` says.
///
/// # Panics
///
/// If `check` does, and if the corpus is missing or empty.
pub fn run(target: &str, words: &[&'static str], times: u32, check: impl Fn(&[u8])) {
    let corpus = corpus(target);
    for (file, input) in &corpus {
        println!("{}", file.display());
        check(input);
    }
    let files: Vec<Vec<u8>> = corpus.into_iter().map(|(_, input)| input).collect();
    let defaults = Config::default();
    let mut runner = TestRunner::new(Config {
        cases: defaults.cases.saturating_mul(times),
        // An input that fails is put into the corpus, where people can read it.
        failure_persistence: None,
        ..defaults
    });
    let result = runner.run(&inputs(&files, words), |input| {
        check(&input.0);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{target}: {error}\nput the input into fuzz/corpus/{target}");
    }
}

/// The files of the corpus, in the order of their names.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let entries = fs::read_dir(&folder).expect("a target has a folder in fuzz/corpus");
    let mut files: Vec<(PathBuf, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let input = fs::read(&path).expect("a readable file");
            (path, input)
        })
        .collect();
    assert!(!files.is_empty(), "fuzz/corpus/{target} is empty");
    files.sort();
    files
}

/// An input, printed as a byte string.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Files of the corpus, each with one to eight changes.
fn inputs(files: &[Vec<u8>], words: &[&'static str]) -> impl Strategy<Value = Input> + use<> {
    let change = (any::<Index>(), 0..64_usize, replacements(files, words));
    let changed = (select(files.to_vec()), vec(change, 1..=8));
    changed.prop_map(|(mut input, changes)| {
        for (place, length, replacement) in changes {
            let start = place.index(input.len() + 1);
            let end = (start + length).min(input.len());
            input.splice(start..end, replacement);
        }
        input.truncate(MAX_LENGTH);
        Input(input)
    })
}

/// Returns the strategy for the bytes that replace a piece.
fn replacements(
    files: &[Vec<u8>],
    words: &[&'static str],
) -> impl Strategy<Value = Vec<u8>> + use<> {
    let text = vec(any::<char>(), 1..=4).prop_map(|text| String::from_iter(text).into_bytes());
    let word = select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    let piece = (select(files.to_vec()), any::<Index>(), 0..256_usize);
    let piece = piece.prop_map(|(file, place, length)| {
        let start = place.index(file.len() + 1);
        file[start..].iter().copied().take(length).collect()
    });
    prop_oneof![
        Just(Vec::new()),
        vec(any::<u8>(), 1..=4),
        text,
        word,
        piece.boxed(),
    ]
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::run;

    #[test]
    fn an_input_that_fails_is_found_shrunk_and_printed() {
        let failure = catch_unwind(|| {
            run("location", &["needle"], 16, |input| {
                assert!(!input.windows(6).any(|piece| piece == b"needle"));
            });
        });
        let message = failure.unwrap_err();
        let message = message.downcast_ref::<String>().unwrap();
        let (_, input) = message.split_once("b\"").unwrap();
        let (input, _) = input.split_once('"').unwrap();
        assert!(input.contains("needle"), "{message}");
        // The first file of the corpus and one change.
        assert!(input.len() < 80, "{message}");
    }

    #[test]
    #[should_panic(expected = "a target has a folder")]
    fn a_target_without_a_corpus_is_an_error() {
        run("no such target", &["word"], 1, |_| {});
    }
}
