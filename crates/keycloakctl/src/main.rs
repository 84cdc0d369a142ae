//! A command line for Keycloak.
#![allow(dead_code)]

mod error;
mod login;
mod output;

fn main() {}
