//! The kinds of objects, and the facts that tell them apart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of an object.
///
/// The order is that of the output: settings first, and each part after the object that it is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The settings of the realm.
    Realm,
    /// The texts of one locale.
    Localization,
    /// An authentication flow or a subflow, with its executions and their configurations. Its key is its alias.
    Flow,
    /// A required action. Its key is its alias.
    RequiredAction,
    /// A role of the realm.
    RealmRole,
    /// A role of a client.
    ClientRole,
    /// A group. Its key is its path.
    Group,
    /// A client scope.
    ClientScope,
    /// A protocol mapper of a client scope.
    ClientScopeMapper,
    /// A client. Its key is its `clientId`.
    Client,
    /// A protocol mapper of a client.
    ClientMapper,
    /// The roles that the tokens of a client may have.
    ClientScopeMapping,
    /// The roles that tokens with a client scope may have.
    ScopeScopeMapping,
    /// The settings of a client's authorization services.
    Authorization,
    /// A scope of a client's authorization services.
    AuthorizationScope,
    /// A resource of a client's authorization services.
    Resource,
    /// A policy or a permission of a client's authorization services.
    Policy,
    /// A component, such as an LDAP federation or a key provider. Its key is the type of provider, the subtype and the name.
    Component,
    /// The user profile.
    UserProfile,
    /// An identity provider. Its key is its alias.
    IdentityProvider,
    /// A mapper of an identity provider.
    IdentityProviderMapper,
    /// A client profile of the client policies.
    ClientProfile,
    /// A client policy.
    ClientPolicy,
    /// A user. Its key is the user name.
    User,
    /// An organization. Its key is its alias.
    Organization,
    /// A group inside of an organization. Its key is the alias of the organization and the path of the group.
    OrganizationGroup,
    /// A workflow.
    Workflow,
}

/// A step on the way from an object to a reference inside of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A field.
    Field(&'static str),
    /// Each key of a map. It is a part of the key of the object that is referred to.
    Key,
    /// Each item of a list.
    Item,
}

/// A place inside of an object with the name of another object.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) way: &'static [Step],
    pub(crate) kind: Kind,
}

/// The facts about the objects of a kind.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Names as people say it.
    pub(crate) name: &'static str,
    /// Fields that only the server sets, ids, and parts that are objects of their own.
    pub(crate) ignored: &'static [&'static str],
    /// Lists whose order counts.
    pub(crate) ordered: &'static [&'static str],
    /// Lists to which items are added, and whose other items stay.
    pub(crate) growing: &'static [&'static str],
    /// Fields that are written by calls of their own, when all objects exist.
    pub(crate) relations: &'static [&'static str],
    /// Fields that the server takes only for a new object and never shows.
    pub(crate) only_new: &'static [&'static str],
    /// Fields that no call changes.
    pub(crate) fixed: &'static [&'static str],
    pub(crate) references: &'static [Reference],
}

const PLAIN: Facts = Facts {
    name: "",
    ignored: &["id"],
    ordered: &[],
    growing: &[],
    relations: &[],
    only_new: &[],
    fixed: &[],
    references: &[],
};

const fn reference(way: &'static [Step], kind: Kind) -> Reference {
    Reference { way, kind }
}

use Step::{Field, Item, Key};

const ROLES: [Reference; 2] = [
    reference(&[Field("realmRoles"), Item], Kind::RealmRole),
    reference(&[Field("clientRoles"), Key, Item], Kind::ClientRole),
];

const REALM: Facts = Facts {
    name: "realm",
    ignored: &[
        "id",
        "realm",
        "keycloakVersion",
        "defaultRole",
        "otpSupportedApplications",
    ],
    ordered: &[],
    relations: &[
        "defaultDefaultClientScopes",
        "defaultGroups",
        "defaultOptionalClientScopes",
    ],
    references: &[
        reference(&[Field("browserFlow")], Kind::Flow),
        reference(&[Field("clientAuthenticationFlow")], Kind::Flow),
        reference(&[Field("directGrantFlow")], Kind::Flow),
        reference(&[Field("dockerAuthenticationFlow")], Kind::Flow),
        reference(&[Field("firstBrokerLoginFlow")], Kind::Flow),
        reference(&[Field("registrationFlow")], Kind::Flow),
        reference(&[Field("resetCredentialsFlow")], Kind::Flow),
        reference(
            &[Field("defaultDefaultClientScopes"), Item],
            Kind::ClientScope,
        ),
        reference(
            &[Field("defaultOptionalClientScopes"), Item],
            Kind::ClientScope,
        ),
        reference(&[Field("defaultGroups"), Item], Kind::Group),
    ],
    ..PLAIN
};

const LOCALIZATION: Facts = Facts {
    name: "localization",
    ignored: &[],
    ..PLAIN
};

const FLOW: Facts = Facts {
    name: "flow",
    ignored: &["id", "authenticationExecutions"],
    ordered: &["executions"],
    fixed: &["builtIn", "providerId", "topLevel"],
    references: &[reference(
        &[Field("executions"), Item, Field("flow")],
        Kind::Flow,
    )],
    ..PLAIN
};

const REQUIRED_ACTION: Facts = Facts {
    name: "required action",
    fixed: &["providerId"],
    ..PLAIN
};

const ROLE: Facts = Facts {
    name: "realm role",
    ignored: &[
        "id",
        "clientRole",
        "composite",
        "containerId",
        "scopeParamRequired",
    ],
    relations: &["composites"],
    references: &[
        reference(
            &[Field("composites"), Field("realm"), Item],
            Kind::RealmRole,
        ),
        reference(
            &[Field("composites"), Field("client"), Key, Item],
            Kind::ClientRole,
        ),
    ],
    ..PLAIN
};

const CLIENT_ROLE: Facts = Facts {
    name: "client role",
    ..ROLE
};

const GROUP: Facts = Facts {
    name: "group",
    ignored: &[
        "id",
        "access",
        "parentId",
        "path",
        "subGroupCount",
        "subGroups",
    ],
    relations: &["clientRoles", "realmRoles"],
    references: &ROLES,
    ..PLAIN
};

const CLIENT_SCOPE: Facts = Facts {
    name: "client scope",
    ignored: &["id", "protocolMappers"],
    ..PLAIN
};

const MAPPER: Facts = Facts {
    name: "client scope mapper",
    ignored: &["id", "consentRequired", "consentText"],
    ..PLAIN
};

const CLIENT_MAPPER: Facts = Facts {
    name: "client mapper",
    ..MAPPER
};

const CLIENT: Facts = Facts {
    name: "client",
    ignored: &[
        "id",
        "access",
        "authorizationSettings",
        "clientTemplate",
        "defaultRoles",
        "directGrantsOnly",
        "origin",
        "protocolMappers",
        "registeredNodes",
        "registrationAccessToken",
        "useTemplateConfig",
        "useTemplateMappers",
        "useTemplateScope",
    ],
    relations: &["defaultClientScopes", "optionalClientScopes"],
    references: &[
        reference(
            &[
                Field("authenticationFlowBindingOverrides"),
                Field("browser"),
            ],
            Kind::Flow,
        ),
        reference(
            &[
                Field("authenticationFlowBindingOverrides"),
                Field("direct_grant"),
            ],
            Kind::Flow,
        ),
        reference(&[Field("defaultClientScopes"), Item], Kind::ClientScope),
        reference(&[Field("optionalClientScopes"), Item], Kind::ClientScope),
    ],
    ..PLAIN
};

const CLIENT_SCOPE_MAPPING: Facts = Facts {
    name: "scope mapping of the client",
    relations: &["clientRoles", "realmRoles"],
    references: &ROLES,
    ..PLAIN
};

const SCOPE_SCOPE_MAPPING: Facts = Facts {
    name: "scope mapping of the client scope",
    ..CLIENT_SCOPE_MAPPING
};

const AUTHORIZATION: Facts = Facts {
    name: "authorization of the client",
    ignored: &[
        "id",
        "clientId",
        "name",
        "authorizationSchema",
        "policies",
        "resources",
        "scopes",
    ],
    ..PLAIN
};

const AUTHORIZATION_SCOPE: Facts = Facts {
    name: "authorization scope",
    ignored: &["id", "policies", "resources"],
    ..PLAIN
};

const RESOURCE: Facts = Facts {
    name: "resource",
    ignored: &["_id", "id", "uri"],
    ..PLAIN
};

const POLICY: Facts = Facts {
    name: "policy",
    ignored: &["id", "owner"],
    ..PLAIN
};

const COMPONENT: Facts = Facts {
    name: "component",
    ignored: &["id", "parentId", "providerType", "subComponents"],
    fixed: &["providerId", "subType"],
    ..PLAIN
};

const USER_PROFILE: Facts = Facts {
    name: "user profile",
    ordered: &["attributes", "groups"],
    ..PLAIN
};

const IDENTITY_PROVIDER: Facts = Facts {
    name: "identity provider",
    ignored: &[
        "id",
        "internalId",
        "types",
        "updateProfileFirstLogin",
        "updateProfileFirstLoginMode",
    ],
    fixed: &["providerId"],
    references: &[
        reference(&[Field("firstBrokerLoginFlowAlias")], Kind::Flow),
        reference(&[Field("postBrokerLoginFlowAlias")], Kind::Flow),
    ],
    ..PLAIN
};

const IDENTITY_PROVIDER_MAPPER: Facts = Facts {
    name: "identity provider mapper",
    ..PLAIN
};

const CLIENT_PROFILE: Facts = Facts {
    name: "client profile",
    ordered: &["executors"],
    ..PLAIN
};

const CLIENT_POLICY: Facts = Facts {
    name: "client policy",
    ordered: &["conditions"],
    references: &[reference(&[Field("profiles"), Item], Kind::ClientProfile)],
    ..PLAIN
};

const USER: Facts = Facts {
    name: "user",
    ignored: &[
        "id",
        "access",
        "createdTimestamp",
        "disableableCredentialTypes",
        "federationLink",
        "notBefore",
        "origin",
        "self",
        "totp",
        "userProfileMetadata",
    ],
    growing: &["federatedIdentities"],
    relations: &["clientRoles", "federatedIdentities", "groups", "realmRoles"],
    only_new: &["clientConsents", "credentials"],
    references: &[
        reference(&[Field("realmRoles"), Item], Kind::RealmRole),
        reference(&[Field("clientRoles"), Key, Item], Kind::ClientRole),
        reference(&[Field("groups"), Item], Kind::Group),
        reference(&[Field("serviceAccountClientId")], Kind::Client),
        reference(
            &[
                Field("federatedIdentities"),
                Item,
                Field("identityProvider"),
            ],
            Kind::IdentityProvider,
        ),
    ],
    ..PLAIN
};

const ORGANIZATION: Facts = Facts {
    name: "organization",
    growing: &["members"],
    relations: &["identityProviders", "members"],
    references: &[reference(
        &[Field("identityProviders"), Item],
        Kind::IdentityProvider,
    )],
    ..PLAIN
};

const ORGANIZATION_GROUP: Facts = Facts {
    name: "organization group",
    ..GROUP
};

const WORKFLOW: Facts = Facts {
    name: "workflow",
    ignored: &["id", "state"],
    ordered: &["steps"],
    ..PLAIN
};

impl Kind {
    /// All kinds, in their order.
    pub const ALL: &[Self] = &[
        Self::Realm,
        Self::Localization,
        Self::Flow,
        Self::RequiredAction,
        Self::RealmRole,
        Self::ClientRole,
        Self::Group,
        Self::ClientScope,
        Self::ClientScopeMapper,
        Self::Client,
        Self::ClientMapper,
        Self::ClientScopeMapping,
        Self::ScopeScopeMapping,
        Self::Authorization,
        Self::AuthorizationScope,
        Self::Resource,
        Self::Policy,
        Self::Component,
        Self::UserProfile,
        Self::IdentityProvider,
        Self::IdentityProviderMapper,
        Self::ClientProfile,
        Self::ClientPolicy,
        Self::User,
        Self::Organization,
        Self::OrganizationGroup,
        Self::Workflow,
    ];

    /// Returns whether a plan can delete objects of the kind. It deletes neither users, whom people make too, nor objects that a realm always has.
    #[must_use]
    pub fn is_prunable(self) -> bool {
        !matches!(
            self,
            Self::Realm
                | Self::Localization
                | Self::UserProfile
                | Self::Authorization
                | Self::User
                | Self::ClientScopeMapping
                | Self::ScopeScopeMapping
        )
    }

    pub(crate) fn facts(self) -> &'static Facts {
        match self {
            Self::Realm => &REALM,
            Self::Localization => &LOCALIZATION,
            Self::Flow => &FLOW,
            Self::RequiredAction => &REQUIRED_ACTION,
            Self::RealmRole => &ROLE,
            Self::ClientRole => &CLIENT_ROLE,
            Self::Group => &GROUP,
            Self::ClientScope => &CLIENT_SCOPE,
            Self::ClientScopeMapper => &MAPPER,
            Self::Client => &CLIENT,
            Self::ClientMapper => &CLIENT_MAPPER,
            Self::ClientScopeMapping => &CLIENT_SCOPE_MAPPING,
            Self::ScopeScopeMapping => &SCOPE_SCOPE_MAPPING,
            Self::Authorization => &AUTHORIZATION,
            Self::AuthorizationScope => &AUTHORIZATION_SCOPE,
            Self::Resource => &RESOURCE,
            Self::Policy => &POLICY,
            Self::Component => &COMPONENT,
            Self::UserProfile => &USER_PROFILE,
            Self::IdentityProvider => &IDENTITY_PROVIDER,
            Self::IdentityProviderMapper => &IDENTITY_PROVIDER_MAPPER,
            Self::ClientProfile => &CLIENT_PROFILE,
            Self::ClientPolicy => &CLIENT_POLICY,
            Self::User => &USER,
            Self::Organization => &ORGANIZATION,
            Self::OrganizationGroup => &ORGANIZATION_GROUP,
            Self::Workflow => &WORKFLOW,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_kinds_has_each_kind_once() {
        // serde's message about an unknown kind names all variants.
        let error = serde_json::from_str::<Kind>("\"?\"").expect_err("no kind");
        let known = error.to_string();
        let (_, known) = known.split_once("one of ").expect("a list of kinds");
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let listed = Kind::ALL
            .iter()
            .map(|kind| serde_json::to_value(kind).expect("a name"));
        assert_eq!(listed.collect::<Vec<_>>(), known);
        assert!(Kind::ALL.is_sorted());
    }
}
