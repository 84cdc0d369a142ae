//! The columns of each type in a table.

/// The columns of a type. A field may be a path, such as `access.manage`.
pub(crate) struct Columns {
    /// The type in Keycloak's document.
    pub(crate) type_name: &'static str,
    /// The field that names an object for `-o name`.
    pub(crate) name: &'static str,
    /// The columns that are always shown.
    pub(crate) always: &'static [&'static str],
    /// Further columns, as many as a wide terminal has room for.
    pub(crate) wide: &'static [&'static str],
}

const fn columns(
    type_name: &'static str,
    name: &'static str,
    always: &'static [&'static str],
    wide: &'static [&'static str],
) -> Columns {
    Columns {
        type_name,
        name,
        always,
        wide,
    }
}

/// The fields that may name an object of another type, the best first.
pub(crate) const NAMES: [&str; 8] = [
    "name",
    "username",
    "clientId",
    "alias",
    "realm",
    "providerId",
    "key",
    "id",
];

/// Returns the columns of a type. `None` if the type is not in the list.
pub(crate) fn of_type(type_name: &str) -> Option<&'static Columns> {
    COLUMNS
        .iter()
        .find(|columns| columns.type_name == type_name)
}

/// The types whose objects people list, by type name.
static COLUMNS: [Columns; 35] = [
    columns(
        "Account",
        "account",
        &[
            "account",
            "server",
            "loginRealm",
            "realm",
            "profile",
            "client",
            "id",
        ],
        &[],
    ),
    columns(
        "AdminEventRepresentation",
        "id",
        &["time", "operationType", "resourceType", "resourcePath"],
        &["authDetails.userId", "authDetails.ipAddress", "error"],
    ),
    columns(
        "AuthenticationExecutionInfoRepresentation",
        "displayName",
        &["displayName", "requirement", "level", "id"],
        &["providerId", "alias", "authenticationFlow"],
    ),
    columns(
        "AuthenticationFlowRepresentation",
        "alias",
        &["alias", "providerId", "builtIn", "topLevel", "id"],
        &["description"],
    ),
    columns(
        "AuthenticatorConfigRepresentation",
        "alias",
        &["alias", "id"],
        &["config"],
    ),
    columns(
        "ClientInitialAccessPresentation",
        "id",
        &["id", "count", "remainingCount", "timestamp", "expiration"],
        &[],
    ),
    columns(
        "ClientPolicyRepresentation",
        "name",
        &["name", "enabled", "profiles"],
        &["description"],
    ),
    columns(
        "ClientProfileRepresentation",
        "name",
        &["name", "description"],
        &[],
    ),
    columns(
        "ClientRepresentation",
        "clientId",
        &["clientId", "name", "enabled", "publicClient", "id"],
        &["protocol", "serviceAccountsEnabled", "baseUrl"],
    ),
    columns(
        "ClientScopeRepresentation",
        "name",
        &["name", "protocol", "id"],
        &["description"],
    ),
    columns(
        "ComponentRepresentation",
        "name",
        &["name", "providerId", "id"],
        &["providerType", "parentId"],
    ),
    columns(
        "CredentialRepresentation",
        "id",
        &["id", "type", "userLabel", "createdDate"],
        &["priority"],
    ),
    columns(
        "EventRepresentation",
        "id",
        &["time", "type", "userId", "clientId", "ipAddress", "error"],
        &["sessionId", "realmId"],
    ),
    columns(
        "FederatedIdentityRepresentation",
        "identityProvider",
        &["identityProvider", "userName", "userId"],
        &[],
    ),
    columns(
        "GroupRepresentation",
        "path",
        &["name", "path", "subGroupCount", "id"],
        &["parentId", "description"],
    ),
    columns(
        "IdentityProviderMapperRepresentation",
        "name",
        &[
            "name",
            "identityProviderAlias",
            "identityProviderMapper",
            "id",
        ],
        &[],
    ),
    columns(
        "IdentityProviderRepresentation",
        "alias",
        &["alias", "displayName", "providerId", "enabled"],
        &["trustEmail", "linkOnly", "internalId"],
    ),
    columns(
        "KeyMetadataRepresentation",
        "kid",
        &["kid", "algorithm", "use", "status", "type"],
        &["providerPriority", "validTo", "providerId"],
    ),
    columns(
        "MemberRepresentation",
        "username",
        &["username", "email", "membershipType", "enabled", "id"],
        &["firstName", "lastName"],
    ),
    columns(
        "OrganizationDomainRepresentation",
        "name",
        &["name", "verified"],
        &[],
    ),
    columns(
        "OrganizationRepresentation",
        "alias",
        &["name", "alias", "enabled", "id"],
        &["description", "redirectUrl"],
    ),
    columns(
        "PolicyRepresentation",
        "name",
        &["name", "type", "logic", "decisionStrategy", "id"],
        &["description"],
    ),
    columns(
        "Profile",
        "name",
        &["name", "current", "server", "realm", "login", "account"],
        &[],
    ),
    columns(
        "ProtocolMapperRepresentation",
        "name",
        &["name", "protocol", "protocolMapper", "id"],
        &[],
    ),
    columns(
        "RealmRepresentation",
        "realm",
        &["realm", "displayName", "enabled", "id"],
        &["sslRequired", "registrationAllowed", "loginTheme"],
    ),
    columns(
        "RequiredActionProviderRepresentation",
        "alias",
        &["alias", "name", "enabled", "defaultAction"],
        &["priority", "providerId"],
    ),
    columns(
        "ResourceRepresentation",
        "name",
        &["name", "type", "uris", "_id"],
        &["displayName", "ownerManagedAccess"],
    ),
    columns(
        "ResourceServerRepresentation",
        "id",
        &[
            "id",
            "clientId",
            "policyEnforcementMode",
            "decisionStrategy",
        ],
        &[],
    ),
    columns(
        "RoleRepresentation",
        "name",
        &["name", "description", "composite", "id"],
        &["clientRole", "containerId"],
    ),
    columns(
        "ScopeRepresentation",
        "name",
        &["name", "displayName", "id"],
        &["iconUri"],
    ),
    columns(
        "UserConsentRepresentation",
        "clientId",
        &["clientId", "grantedClientScopes", "createdDate"],
        &["lastUpdatedDate"],
    ),
    columns(
        "UserRepresentation",
        "username",
        &[
            "username",
            "email",
            "firstName",
            "lastName",
            "enabled",
            "id",
        ],
        &["emailVerified", "createdTimestamp", "requiredActions"],
    ),
    columns(
        "UserSessionRepresentation",
        "id",
        &["username", "ipAddress", "start", "lastAccess", "id"],
        &["userId", "clients"],
    ),
    columns(
        "WebhookRepresentation",
        "id",
        &["url", "enabled", "eventTypes", "id"],
        &["createdBy", "createdAt"],
    ),
    columns(
        "WorkflowRepresentation",
        "name",
        &["name", "enabled", "id"],
        &["on"],
    ),
];

#[cfg(test)]
mod tests {
    use super::COLUMNS;

    #[test]
    fn the_types_are_sorted_and_their_columns_differ() {
        assert!(COLUMNS.is_sorted_by_key(|columns| columns.type_name));
        for columns in &COLUMNS {
            let mut fields = [columns.always, columns.wide].concat();
            fields.sort_unstable();
            let count = fields.len();
            fields.dedup();
            assert_eq!(fields.len(), count, "{}", columns.type_name);
        }
    }
}
