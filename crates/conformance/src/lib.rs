//! Calls every operation of `keycloak-api` and `phasetwo-api` on real servers, through the generated clients, and reports
//! what the server sent that the types do not hold: `cargo xtask conformance`.
//!
//! The flow of a run:
//!
//! 1. [`run`] brings the servers, two at a time, and picks the areas to run.
//! 2. Each area gets a [`Context`](context::Context): the server, the clients, a realm of its own, a mail server.
//! 3. The area calls operations with [`Context::call`](context::Context::call), which looks at the status, decodes the body,
//!    encodes it again and [`compare`]s the two.
//!    It looks whether the answer is what the [`descriptions`] of its fields say.
//! 4. What came out is [`record`]ed per operation; several calls of one operation are merged, and one failure makes it failed.
//! 5. An area that failed is run once more ([`second_try`]).
//! 6. [`report`] writes it down: JSON, a summary, `docs/conformance.md`.
//!
//! The areas are modules of the program and not of this library: with them it would be compiled twice, because it has tests.
//!
//! # How to write an area
//! Add a file to `areas` with `pub(crate) async fn run(ctx: &Context)` and a line to `AREAS` that names the tags
//! it covers. Make real objects with `ctx.call(ctx.keycloak.some_operation().realm(ctx.realm())…).await`. It returns `None` if the
//! call did not pass. A scenario (`async fn …(ctx: &Context) -> Option<()>`) then goes on without the value, or stops with `?`. Read
//! back each write, and compare it with
//! [`Context::stored`](context::Context::stored); an operation that nothing called is reported as failed. So is one that the overlay marks as
//! idempotent and that no scenario sends twice with [`Context::call_twice`](context::Context::call_twice).

pub mod admin_url;
pub mod answers;
pub mod area;
pub mod compare;
pub mod context;
pub mod descriptions;
pub mod record;
pub mod report;
pub mod run;
pub mod second_try;
pub mod twice;
pub mod webhook_receiver;
