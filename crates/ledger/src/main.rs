//! `cargo xtask ledger`: workers change objects on a cluster while its parts are killed and started again, and write down what they are
//! told. Afterwards the server is compared with these ledgers.
//!
//! | module | content |
//! |---|---|
//! | [`run`] | the course of a run |
//! | [`faults`] | the faults of the cluster, one after another |
//! | [`worker`] | a worker: random operations on objects of its own, and its ledger |
//! | [`shared`] | the objects that all workers ensure at the same moment |
//! | [`entries`] | the entries of a ledger: users, groups and roles, and the values that each may have |
//! | [`compare`] | the comparison of the server with the ledgers |
//! | [`tally`] | the counts: operations, answers, violations, availability |

// A program has no public items; `pub` says here what a module offers to the others.
#![allow(unreachable_pub)]

mod compare;
mod entries;
mod faults;
mod run;
mod shared;
mod tally;
mod worker;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match run::run(&run::Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
