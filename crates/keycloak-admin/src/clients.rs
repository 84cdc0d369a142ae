//! Clients: by `client_id`, the name they use to log in, and by UUID, the id that Keycloak gives them.
