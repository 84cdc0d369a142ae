//! The scenarios, a file per area.

use conformance::area::Area;
use conformance::record::Api;

mod admin_console;
mod attack_detection;
mod authentication;
mod authorization;
mod broker;
mod certificates;
mod clients;
mod components;
mod groups;
mod identity_providers;
mod make;
mod organizations;
mod phasetwo_identity_providers;
mod phasetwo_organizations;
mod phasetwo_webhooks;
mod read_only;
mod realms;
mod roles;
mod scopes;
mod server;
mod user_storage;
mod users;
mod verifiable_credentials;
mod workflows;

/// Every area, in the order they run.
pub(crate) static AREAS: &[Area] = &[
    Area {
        name: "users",
        api: Api::Keycloak,
        tags: &["Users"],
        run: |ctx| Box::pin(async move { users::run(&ctx).await }),
    },
    Area {
        name: "roles",
        api: Api::Keycloak,
        tags: &[
            "Roles",
            "Roles (by ID)",
            "Role Mapper",
            "Client Role Mappings",
        ],
        run: |ctx| Box::pin(async move { roles::run(&ctx).await }),
    },
    Area {
        name: "organizations",
        api: Api::Keycloak,
        tags: &["Organizations"],
        run: |ctx| Box::pin(async move { organizations::run(&ctx).await }),
    },
    Area {
        name: "workflows",
        api: Api::Keycloak,
        tags: &["Workflows"],
        run: |ctx| Box::pin(async move { workflows::run(&ctx).await }),
    },
    Area {
        name: "scopes",
        api: Api::Keycloak,
        tags: &["Client Scopes", "Protocol Mappers", "Scope Mappings"],
        run: |ctx| Box::pin(async move { scopes::run(&ctx).await }),
    },
    Area {
        name: "attack_detection",
        api: Api::Keycloak,
        tags: &["Attack Detection"],
        run: |ctx| Box::pin(async move { attack_detection::run(&ctx).await }),
    },
    Area {
        name: "groups",
        api: Api::Keycloak,
        tags: &["Groups"],
        run: |ctx| Box::pin(async move { groups::run(&ctx).await }),
    },
    Area {
        name: "authentication",
        api: Api::Keycloak,
        tags: &["Authentication Management"],
        run: |ctx| Box::pin(async move { authentication::run(&ctx).await }),
    },
    Area {
        name: "identity-providers",
        api: Api::Keycloak,
        tags: &["Identity Providers"],
        run: |ctx| Box::pin(async move { identity_providers::run(&ctx).await }),
    },
    Area {
        name: "realms",
        api: Api::Keycloak,
        tags: &["Realms Admin"],
        run: |ctx| Box::pin(async move { realms::run(&ctx).await }),
    },
    Area {
        name: "server",
        api: Api::Keycloak,
        tags: &["Server"],
        run: |ctx| Box::pin(async move { server::run(&ctx).await }),
    },
    Area {
        name: "clients",
        api: Api::Keycloak,
        tags: &[
            "Clients",
            "Client Initial Access",
            "Client Registration Policy",
        ],
        run: |ctx| Box::pin(async move { clients::run(&ctx).await }),
    },
    Area {
        name: "certificates",
        api: Api::Keycloak,
        tags: &["Client Attribute Certificate"],
        run: |ctx| Box::pin(async move { certificates::run(&ctx).await }),
    },
    Area {
        name: "components",
        api: Api::Keycloak,
        tags: &["Component", "Key"],
        run: |ctx| Box::pin(async move { components::run(&ctx).await }),
    },
    Area {
        name: "user-storage",
        api: Api::Keycloak,
        tags: &["User Storage"],
        run: |ctx| Box::pin(async move { user_storage::run(&ctx).await }),
    },
    Area {
        name: "verifiable-credentials",
        api: Api::Keycloak,
        tags: &["Verifiable Credentials"],
        run: |ctx| Box::pin(async move { verifiable_credentials::run(&ctx).await }),
    },
    Area {
        name: "admin-console",
        api: Api::Keycloak,
        tags: &["Admin Console"],
        run: |ctx| Box::pin(async move { admin_console::run(&ctx).await }),
    },
    Area {
        name: "authorization",
        api: Api::Keycloak,
        tags: &["Authorization Services"],
        run: |ctx| Box::pin(async move { authorization::run(&ctx).await }),
    },
    Area {
        name: "phasetwo-organizations",
        api: Api::Phasetwo,
        tags: &[
            "Organizations",
            "Organization Domains",
            "Organization Invitation",
            "Organization Memberships",
            "Organization Roles",
            "Users",
        ],
        run: |ctx| Box::pin(async move { phasetwo_organizations::run(&ctx).await }),
    },
    Area {
        name: "phasetwo-identity-providers",
        api: Api::Phasetwo,
        tags: &["Identity Providers"],
        run: |ctx| Box::pin(async move { phasetwo_identity_providers::run(&ctx).await }),
    },
    Area {
        name: "phasetwo-webhooks",
        api: Api::Phasetwo,
        tags: &["Attributes", "Events", "Webhooks"],
        run: |ctx| Box::pin(async move { phasetwo_webhooks::run(&ctx).await }),
    },
];
