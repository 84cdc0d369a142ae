//! Localisation, on a real server.
