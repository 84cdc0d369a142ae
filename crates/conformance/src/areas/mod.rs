//! The scenarios, a file per area.

use std::sync::Arc;

use keycloak_session::{BoxFuture, OperationInfo};

use crate::context::{Context, Target};
use crate::record::Api;

mod admin_console;
mod admin_url;
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

/// One area: what it covers and how it runs.
pub struct Area {
    /// Its name, for `--only` and the name of its realm.
    pub name: &'static str,
    /// Whose operations it covers; one of Phase Two runs only where its extensions are installed.
    pub api: Api,
    /// The tags of the operations it covers.
    pub tags: &'static [&'static str],
    /// Runs it.
    pub run: fn(Arc<Context>) -> BoxFuture<'static, ()>,
}

/// Every area, in the order they run.
pub static AREAS: &[Area] = &[
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

impl Area {
    /// Returns whether the server has what the area is about.
    #[must_use]
    pub fn is_on(&self, target: &Target) -> bool {
        self.api == Api::Keycloak || target.phasetwo
    }

    /// Returns whether it calls this operation, or has to.
    #[must_use]
    pub fn covers(&self, api: Api, info: &OperationInfo) -> bool {
        self.api == api && self.tags.contains(&info.tag_name())
    }

    /// The operations that it covers.
    pub fn operations(&self) -> impl Iterator<Item = &'static OperationInfo> {
        let operations = self.api.operations().iter().copied();
        operations.filter(|info| self.covers(self.api, info))
    }
}

#[cfg(test)]
mod tests {
    use super::AREAS;

    #[test]
    fn each_area_has_operations_and_no_operation_has_two_areas() {
        for (index, area) in AREAS.iter().enumerate() {
            assert!(area.operations().next().is_some(), "{}", area.name);
            for other in &AREAS[index + 1..] {
                assert_ne!(area.name, other.name);
                let shared = area.operations().find(|info| other.covers(area.api, info));
                assert_eq!(shared, None, "{} and {}", area.name, other.name);
            }
        }
    }
}
