//! Authentication, on a real server.
