//! Initial access tokens and policies of client registration.
