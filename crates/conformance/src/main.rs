//! `cargo xtask conformance`.

use std::process::ExitCode;

use clap::Parser as _;
use conformance::run::{Args, run};

mod areas;

fn main() -> ExitCode {
    match run(&Args::parse(), areas::AREAS) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
