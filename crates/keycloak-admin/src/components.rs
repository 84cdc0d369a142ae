//! Components: user federation, key providers and other providers that are configured by realm; the realm's keys.
