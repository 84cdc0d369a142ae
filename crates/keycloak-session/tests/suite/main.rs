//! The tests of the session against fault servers, in one program: each program is linked with everything that it uses.
//!
//! Tests that need a process of their own, because they take all of its log, have a file beside this folder.

#[path = "../support/mod.rs"]
mod support;

mod call;
mod credentials;
mod device;
mod faults;
mod headers;
mod http2;
mod large_bodies;
mod layers;
mod observe;
mod open_enum;
mod pager;
mod paths;
mod proxies;
mod refresh_tokens;
mod token;
