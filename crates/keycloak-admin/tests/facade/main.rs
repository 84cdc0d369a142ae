//! What every method does on a real server, area by area.
//!
//! Comments such as `// python: get_users | php: getUsers | js: users.find` say what the lines below them replace in other clients:
//! `docs/from-*.md` is made of them (`tests/migration`).

#[path = "../common/mod.rs"]
mod common;

mod attack_detection;
mod authentication;
mod authorization;
mod client_scopes;
mod clients;
mod components;
mod events;
mod groups;
mod identity_providers;
mod localization;
mod make;
mod organizations;
mod phasetwo;
mod protocol_mappers;
mod realms;
mod role_mappings;
mod roles;
mod server;
mod sessions;
mod users;
mod workflows;
