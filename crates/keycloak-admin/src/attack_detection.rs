//! Attack detection: failed logins, and who is locked out because of them.
