//! Login events and admin events.
