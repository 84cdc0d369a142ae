//! Calls: the session, its requests and their answers.

mod builder;
mod call;
mod decode;
mod ensured;
mod execute;
mod metrics;
mod operation;
mod options;
mod pagination;
mod request;
mod response;
mod roles;
mod session;
mod telemetry;

pub use builder::{SessionBuilder, TlsVersion};
pub use call::{ApiCall, RawCall};
pub use ensured::Ensured;
pub use metrics::{CallReport, Counters};
pub use operation::{Operation, OperationInfo, Paged};
pub use pagination::{Items, Pages};
pub use request::Request;
pub use response::{RawBody, RawResponse, Response};
pub use session::Session;
