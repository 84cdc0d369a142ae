//! The form of each field that removes it, for each call that a `modify` writes with.
//!
//! Written by `UPDATE_REMOVALS=1 cargo xtask test -p keycloak-admin --test removals`, which measures it on a server. Not edited.

use super::{Form, Rows};

/// The fields that each call can remove. It can remove no other field.
pub(super) const REMOVALS: &[(&str, &Rows)] = &[
    (
        "update_realm",
        &[
            ("accountTheme", Form::EmptyText),
            ("adminTheme", Form::EmptyText),
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("browserSecurityHeaders.*", Form::Null),
            ("defaultLocale", Form::EmptyText),
            ("displayName", Form::EmptyText),
            ("displayNameHtml", Form::EmptyText),
            ("emailTheme", Form::EmptyText),
            ("enabledEventTypes", Form::EmptyList),
            ("eventsListeners", Form::EmptyList),
            ("loginTheme", Form::EmptyText),
            ("oauth2DeviceCodeLifespan", Form::LeftOut),
            ("oauth2DevicePollingInterval", Form::LeftOut),
            ("otpPolicyCodeReusable", Form::LeftOut),
            ("otpPolicyDigits", Form::LeftOut),
            ("otpPolicyInitialCounter", Form::LeftOut),
            ("otpPolicyLookAheadWindow", Form::LeftOut),
            ("otpPolicyPeriod", Form::LeftOut),
            ("passwordPolicy", Form::EmptyText),
            ("smtpServer", Form::EmptyMap),
            ("smtpServer.*", Form::LeftOut),
            ("supportedLocales", Form::EmptyList),
            ("webAuthnPolicyAcceptableAaguids", Form::LeftOut),
            (
                "webAuthnPolicyAvoidSameAuthenticatorRegister",
                Form::LeftOut,
            ),
            ("webAuthnPolicyCreateTimeout", Form::LeftOut),
            ("webAuthnPolicyExtraOrigins", Form::LeftOut),
            ("webAuthnPolicyPasswordlessAcceptableAaguids", Form::LeftOut),
            (
                "webAuthnPolicyPasswordlessAvoidSameAuthenticatorRegister",
                Form::LeftOut,
            ),
            ("webAuthnPolicyPasswordlessCreateTimeout", Form::LeftOut),
            ("webAuthnPolicyPasswordlessExtraOrigins", Form::LeftOut),
            ("webAuthnPolicyPasswordlessPasskeysEnabled", Form::LeftOut),
            ("webAuthnPolicyPasswordlessRpId", Form::LeftOut),
            (
                "webAuthnPolicyPasswordlessSignatureAlgorithms",
                Form::LeftOut,
            ),
            ("webAuthnPolicyRpId", Form::LeftOut),
            ("webAuthnPolicySignatureAlgorithms", Form::LeftOut),
        ],
    ),
    (
        "update_events_config",
        &[
            ("enabledEventTypes", Form::EmptyList),
            ("eventsEnabled", Form::LeftOut),
            ("eventsExpiration", Form::LeftOut),
            ("eventsListeners", Form::EmptyList),
        ],
    ),
    ("update_client_policies", &[("policies", Form::LeftOut)]),
    ("update_client_profiles", &[("profiles", Form::LeftOut)]),
    (
        "update_user_profile_config",
        &[
            ("attributes", Form::LeftOut),
            ("groups", Form::LeftOut),
            ("unmanagedAttributePolicy", Form::LeftOut),
        ],
    ),
    (
        "update_client",
        &[
            ("adminUrl", Form::EmptyText),
            ("attributes.*", Form::Null),
            ("authenticationFlowBindingOverrides.*", Form::Null),
            ("baseUrl", Form::EmptyText),
            ("description", Form::EmptyText),
            ("name", Form::EmptyText),
            ("protocolMappers", Form::EmptyList),
            ("redirectUris", Form::EmptyList),
            ("rootUrl", Form::EmptyText),
            ("secret", Form::EmptyText),
            ("webOrigins", Form::EmptyList),
        ],
    ),
    (
        "update_client_scope",
        &[
            ("attributes.*", Form::Null),
            ("description", Form::EmptyText),
        ],
    ),
    (
        "update_client_protocol_mapper",
        &[("config", Form::LeftOut), ("config.*", Form::LeftOut)],
    ),
    (
        "update_client_scope_protocol_mapper",
        &[("config", Form::LeftOut), ("config.*", Form::LeftOut)],
    ),
    (
        "update_user",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("email", Form::LeftOut),
            ("firstName", Form::LeftOut),
            ("lastName", Form::LeftOut),
            ("requiredActions", Form::EmptyList),
        ],
    ),
    (
        "update_group",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
        ],
    ),
    (
        "update_realm_role",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
        ],
    ),
    (
        "update_client_role",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
        ],
    ),
    (
        "update_role_by_id",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
        ],
    ),
    (
        "update_component",
        &[("config.*", Form::Null), ("subType", Form::EmptyText)],
    ),
    (
        "update_identity_provider",
        &[
            ("addReadTokenRoleOnCreate", Form::LeftOut),
            ("authenticateByDefault", Form::LeftOut),
            ("config", Form::LeftOut),
            ("config.*", Form::LeftOut),
            ("displayName", Form::LeftOut),
            ("enabled", Form::LeftOut),
            ("firstBrokerLoginFlowAlias", Form::LeftOut),
            ("hideOnLogin", Form::LeftOut),
            ("linkOnly", Form::LeftOut),
            ("postBrokerLoginFlowAlias", Form::LeftOut),
            ("storeToken", Form::LeftOut),
            ("trustEmail", Form::LeftOut),
        ],
    ),
    (
        "update_identity_provider_mapper",
        &[("config", Form::LeftOut), ("config.*", Form::LeftOut)],
    ),
    (
        "update_authentication_flow",
        &[("description", Form::LeftOut), ("topLevel", Form::LeftOut)],
    ),
    (
        "update_authenticator_config",
        &[
            ("alias", Form::LeftOut),
            ("config", Form::LeftOut),
            ("config.*", Form::LeftOut),
        ],
    ),
    (
        "update_required_action",
        &[
            ("config", Form::LeftOut),
            ("config.*", Form::LeftOut),
            ("defaultAction", Form::LeftOut),
            ("enabled", Form::LeftOut),
            ("name", Form::LeftOut),
            ("priority", Form::LeftOut),
        ],
    ),
    (
        "update_workflow",
        &[("enabled", Form::LeftOut), ("on", Form::LeftOut)],
    ),
    (
        "update_organization",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
            ("domains", Form::LeftOut),
            ("enabled", Form::LeftOut),
            ("redirectUrl", Form::LeftOut),
        ],
    ),
    (
        "update_organization_group",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("description", Form::LeftOut),
        ],
    ),
    (
        "update_authz_resource_server",
        &[
            ("allowRemoteResourceManagement", Form::LeftOut),
            ("policyEnforcementMode", Form::LeftOut),
        ],
    ),
    (
        "update_authz_resource",
        &[
            ("attributes", Form::EmptyMap),
            ("attributes.*", Form::LeftOut),
            ("displayName", Form::LeftOut),
            ("icon_uri", Form::LeftOut),
            ("ownerManagedAccess", Form::LeftOut),
            ("scopes", Form::LeftOut),
            ("type", Form::LeftOut),
            ("uris", Form::LeftOut),
        ],
    ),
    (
        "update_authz_scope",
        &[("displayName", Form::LeftOut), ("iconUri", Form::LeftOut)],
    ),
    (
        "update_authz_policy",
        &[
            ("config", Form::LeftOut),
            ("config.*", Form::LeftOut),
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
        ],
    ),
    (
        "update_authz_role_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("roles", Form::LeftOut),
        ],
    ),
    (
        "update_authz_client_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
        ],
    ),
    (
        "update_authz_group_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("groupsClaim", Form::EmptyText),
            ("logic", Form::LeftOut),
        ],
    ),
    (
        "update_authz_user_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("users", Form::LeftOut),
        ],
    ),
    (
        "update_authz_time_policy",
        &[
            ("dayMonth", Form::LeftOut),
            ("dayMonthEnd", Form::LeftOut),
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("hour", Form::LeftOut),
            ("hourEnd", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("minute", Form::LeftOut),
            ("minuteEnd", Form::LeftOut),
            ("month", Form::LeftOut),
            ("monthEnd", Form::LeftOut),
            ("notBefore", Form::LeftOut),
            ("notOnOrAfter", Form::LeftOut),
            ("year", Form::LeftOut),
            ("yearEnd", Form::LeftOut),
        ],
    ),
    (
        "update_authz_regex_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("targetContextAttributes", Form::LeftOut),
        ],
    ),
    (
        "update_authz_aggregate_policy",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
        ],
    ),
    (
        "update_authz_client_scope_policy",
        &[
            ("clientScopes", Form::LeftOut),
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
        ],
    ),
    (
        "update_authz_resource_permission",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("resourceType", Form::LeftOut),
            ("resources", Form::EmptyList),
            ("scopes", Form::EmptyList),
        ],
    ),
    (
        "update_authz_scope_permission",
        &[
            ("decisionStrategy", Form::LeftOut),
            ("description", Form::LeftOut),
            ("logic", Form::LeftOut),
            ("resourceType", Form::LeftOut),
            ("resources", Form::EmptyList),
            ("scopes", Form::EmptyList),
        ],
    ),
    (
        "phasetwo/update_organization",
        &[
            ("attributes", Form::LeftOut),
            ("attributes.*", Form::LeftOut),
            ("displayName", Form::LeftOut),
            ("domains", Form::LeftOut),
            ("url", Form::LeftOut),
        ],
    ),
    (
        "phasetwo/update_organization_role",
        &[("description", Form::LeftOut)],
    ),
    (
        "phasetwo/update_organization_identity_provider",
        &[
            ("addReadTokenRoleOnCreate", Form::LeftOut),
            ("config", Form::LeftOut),
            ("config.*", Form::LeftOut),
            ("displayName", Form::LeftOut),
            ("enabled", Form::LeftOut),
            ("firstBrokerLoginFlowAlias", Form::LeftOut),
            ("linkOnly", Form::LeftOut),
            ("postBrokerLoginFlowAlias", Form::LeftOut),
            ("storeToken", Form::LeftOut),
            ("trustEmail", Form::LeftOut),
        ],
    ),
    (
        "phasetwo/update_organization_identity_provider_mapper",
        &[("config", Form::LeftOut), ("config.*", Form::LeftOut)],
    ),
    (
        "phasetwo/update_webhook",
        &[("enabled", Form::LeftOut), ("eventTypes", Form::EmptyList)],
    ),
];
