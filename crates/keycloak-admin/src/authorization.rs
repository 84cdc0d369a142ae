//! Authorization services of a client: resources, scopes, policies, permissions, evaluation.
