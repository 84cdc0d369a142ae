//! The role that a call of the Admin REST API needs.

use crate::error::CREATE_REALM;

/// The path of a realm, below which each area has roles of its own.
const REALM: &str = "/admin/realms/{realm}";

/// The path of the realms.
const REALMS: &str = "/admin/realms";

/// Returns the role of `realm-management` that an account needs for most calls of this method and path. `None` if the call belongs to
/// another API, if its area has no role of its own, or if one of several roles may be missing. A call that creates a realm needs a role of the
/// realm `master`.
pub(super) fn needed(method: &str, path: &str) -> Option<&'static str> {
    if (method, path) == ("POST", REALMS) {
        return Some(CREATE_REALM);
    }
    let below = path.strip_prefix(REALM)?.trim_start_matches('/');
    if below.contains("/role-mappings") {
        // The role that is missing may be that of the user's area or that of the roles.
        return None;
    }
    let is_read = matches!(method, "GET" | "HEAD");
    let of = |view, manage| Some(if is_read { view } else { manage });
    if below.contains("/authz/") {
        return of("view-authorization", "manage-authorization");
    }
    match below.split('/').next()? {
        "users" if below.ends_with("/impersonation") => Some("impersonation"),
        "users" | "groups" | "attack-detection" => of("view-users", "manage-users"),
        "clients" | "client-scopes" | "client-templates" | "clients-initial-access" => {
            of("view-clients", "manage-clients")
        }
        "identity-provider" => of("view-identity-providers", "manage-identity-providers"),
        "events" | "admin-events" => of("view-events", "manage-events"),
        "" | "roles" | "roles-by-id" | "components" | "keys" | "authentication"
        | "localization" | "default-groups" => of("view-realm", "manage-realm"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn each_area_has_a_role_to_read_and_one_to_write() {
        for (method, path, role) in [
            ("GET", "/users", Some("view-users")),
            ("PUT", "/users/{user-id}", Some("manage-users")),
            (
                "POST",
                "/users/{user-id}/impersonation",
                Some("impersonation"),
            ),
            ("DELETE", "/clients/{client-uuid}", Some("manage-clients")),
            (
                "GET",
                "/clients/{client-uuid}/authz/resource-server",
                Some("view-authorization"),
            ),
            ("GET", "", Some("view-realm")),
            ("GET", "/something-new", None),
            ("POST", "/users/{user-id}/role-mappings/realm", None),
        ] {
            assert_eq!(
                needed(method, &format!("/admin/realms/{{realm}}{path}")),
                role
            );
        }
        assert_eq!(needed("GET", "/admin/realms"), None);
        assert_eq!(needed("POST", "/admin/realms"), Some("create-realm"));
        assert_eq!(needed("GET", "/realms/{realm}/orgs"), None);
    }
}
