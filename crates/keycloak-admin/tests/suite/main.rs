//! The tests of behaviour beyond one method (`tests/facade` has a test for each), in one program: each program is linked with everything that it
//! uses.
//!
//! Tests that measure their process or start a server have a file beside this folder.

#[path = "../common/mod.rs"]
mod common;
#[path = "../fake/mod.rs"]
mod fake;

mod calls;
mod cluster;
mod credentials;
mod faults;
mod groups;
mod hostile_paths;
mod import;
mod mistakes;
mod modify;
mod pages;
mod phasetwo;
mod phasetwo_newer;
mod realm_creation;
mod realms;
mod repeats;
mod resilience;
mod user_profile;
mod users;
