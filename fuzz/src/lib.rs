//! Feeds a function with inputs that nobody would think of, for a bounded time and on stable Rust, so that it is a test like any other.
//!
//! What is known comes first: every file of `corpus/TARGET`. Then, until the time is up, files of the corpus are changed: bits, pieces,
//! words that the target's grammar knows. What comes to a result that was not seen before joins the corpus for this run and is
//! changed further. A failure prints the input and the seed that makes it again; such an input is put into the corpus.
//!
//! - `FUZZ_SECONDS`: how long each target runs; 1 where it is not set.
//! - `FUZZ_SEED`: where to start; another place each time where it is not set.

use std::collections::HashSet;
use std::fs;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Inputs get no longer than this, in bytes, except for those of the corpus.
const MAX_LENGTH: usize = 16 * 1024;

/// How many inputs may join the corpus in one run.
const MAX_JOINED: usize = 10_000;

/// Runs a target: `check` panics where something is wrong, and returns what the input came to, in few words.
///
/// # Panics
///
/// Where `check` does, and where the corpus is missing or empty.
pub fn run<T: Hash + Eq>(target: &str, words: &[&str], check: impl Fn(&[u8]) -> T) {
    let mut corpus = corpus(target);
    let mut seen = HashSet::new();
    for (file, input) in &corpus {
        let place = file.display().to_string();
        seen.insert(guarded(target, &place, input, &check));
    }
    let mut pool: Vec<Vec<u8>> = corpus.drain(..).map(|(_, input)| input).collect();
    let known = pool.len();

    let seconds = number("FUZZ_SECONDS").unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(seconds);
    let start = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(start);
    let mut inputs = 0_u64;
    while Instant::now() < end {
        let input = changed(&pool, words, &mut random);
        let place = format!("FUZZ_SEED={start}, input {inputs}");
        let result = guarded(target, &place, &input, &check);
        if seen.insert(result) && pool.len() < known + MAX_JOINED {
            pool.push(input);
        }
        inputs += 1;
    }
    println!(
        "{target}: {known} inputs of the corpus and {inputs} from FUZZ_SEED={start}, {} results",
        seen.len()
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
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

fn guarded<T>(target: &str, place: &str, input: &[u8], check: &impl Fn(&[u8]) -> T) -> T {
    catch_unwind(AssertUnwindSafe(|| check(input))).unwrap_or_else(|panic| {
        eprintln!(
            "{target} fails: {place}\ninput: b\"{}\"",
            input.escape_ascii()
        );
        resume_unwind(panic)
    })
}

/// An input of the pool with one to eight changes.
fn changed(pool: &[Vec<u8>], words: &[&str], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = pool[random.usize(..pool.len())].clone();
    for _ in 0..random.usize(1..=8) {
        change(&mut input, pool, words, random);
    }
    input.truncate(MAX_LENGTH);
    input
}

fn change(input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&str], random: &mut fastrand::Rng) {
    let place = random.usize(..=input.len());
    let length = random.usize(..=(input.len() - place).min(64));
    let piece = place..place + length;
    match random.u8(..8) {
        0 if place < input.len() => input[place] ^= 1 << random.u8(..8),
        1 if place < input.len() => input[place] = random.u8(..),
        2 => drop(input.drain(piece)),
        3 => {
            let repeated = input[piece].repeat(random.usize(1..=4));
            input.splice(place..place, repeated);
        }
        4 => input.truncate(place),
        5 => {
            let other = &pool[random.usize(..pool.len())];
            let from = random.usize(..=other.len());
            input.splice(piece, other[from..].iter().copied().take(256));
        }
        6 => {
            let text: String = (0..random.usize(1..=4)).map(|_| random.char(..)).collect();
            input.splice(place..place, text.into_bytes());
        }
        _ if !words.is_empty() => {
            let word = words[random.usize(..words.len())];
            let end = if random.bool() { piece.end } else { place };
            input.splice(place..end, word.bytes());
        }
        _ => input.push(random.u8(..)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_they_differ() {
        let pool = [b"one two three".to_vec(), b"{}".to_vec()];
        let inputs = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..1000)
                .map(|_| changed(&pool, &["word"], &mut random))
                .collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        let distinct: HashSet<_> = inputs(1).into_iter().collect();
        assert!(distinct.len() > 500, "{}", distinct.len());
    }

    #[test]
    fn what_fails_is_found() {
        let found = catch_unwind(|| {
            run("location", &["needle"], |input| {
                assert!(!input.windows(6).any(|piece| piece == b"needle"));
            });
        });
        assert!(found.is_err());
    }
}
