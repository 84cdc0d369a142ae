//! Every method on a real server, area by area.
//!
//! Comments such as `// python: get_users | php: getUsers | js: users.find` say what the lines below them replace in other clients:
//! `docs/from-*.md` is made of them (`tests/migration`).

// The tests go through an area from top to bottom, and their lines are read in documents.
#![allow(
    clippy::semicolon_if_nothing_returned,
    clippy::too_many_lines,
    clippy::unnecessary_wraps
)]

#[path = "../common/mod.rs"]
mod common;

mod attack_detection;
mod authentication;
mod authorization;
mod client_scopes;
mod clients;
mod components;
mod events;
mod files;
mod groups;
mod identity_providers;
mod imports;
mod localization;
mod make;
mod nulls;
mod odd_names;
mod organizations;
mod phasetwo;
mod protocol_mappers;
mod race_table;
mod races;
mod realms;
mod role_mappings;
mod roles;
mod server;
mod sessions;
mod user_storage;
mod users;
mod workflows;
