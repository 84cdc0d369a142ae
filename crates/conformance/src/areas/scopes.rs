//! Client scopes, and what a client scope and a client have alike: protocol mappers and scope mappings.
//!
//! Client scopes were once called client templates, and all their operations can still be called under that name. So there
//! are up to three operations for each thing to do; the macros hold what is the same.

use std::collections::BTreeMap;

use conformance::context::Context;
use keycloak_api::types::{
    ClientRepresentation, ClientScopeRepresentation, ProtocolMapperRepresentation,
    RoleRepresentation,
};
use keycloak_api::{client_scopes, protocol_mappers, scope_mappings};

use super::make::{self, text};

const OIDC: &str = "openid-connect";
const SAML: &str = "saml";

const NAME_OF_A_MAPPER: (&str, &str) = ("$.name", "a mapper keeps the name it was created with");

/// A provider of protocol mappers, and a configuration for it.
type Kind = (&'static str, &'static [(&'static str, &'static str)]);

/// Every kind of mapper for OpenID Connect that each of the versions has.
const OIDC_KINDS: &[Kind] = &[
    ("oidc-acr-mapper", &[("id.token.claim", "true")]),
    ("oidc-address-mapper", &[("user.attribute.street", "road")]),
    ("oidc-allowed-origins-mapper", &[]),
    ("oidc-amr-mapper", &[("id.token.claim", "true")]),
    (
        "oidc-audience-mapper",
        &[("included.custom.audience", "printer")],
    ),
    ("oidc-audience-resolve-mapper", &[]),
    (
        "oidc-claims-param-token-mapper",
        &[("id.token.claim", "true")],
    ),
    ("oidc-full-name-mapper", &[("userinfo.token.claim", "true")]),
    (
        "oidc-group-membership-mapper",
        &[("claim.name", "groups"), ("full.path", "true")],
    ),
    (
        "oidc-hardcoded-claim-mapper",
        &[("claim.name", "tailor"), ("claim.value", "yes")],
    ),
    ("oidc-hardcoded-role-mapper", &[("role", "tailor")]),
    ("oidc-nonce-backwards-compatible-mapper", &[]),
    (
        "oidc-organization-membership-mapper",
        &[("claim.name", "organization"), ("multivalued", "true")],
    ),
    (
        "oidc-role-name-mapper",
        &[("role", "tailor"), ("new.role.name", "dressmaker")],
    ),
    ("oidc-session-state-mapper", &[]),
    (
        "oidc-sha256-pairwise-sub-mapper",
        &[("pairwiseSubAlgorithmSalt", "salt")],
    ),
    ("oidc-sub-mapper", &[("access.token.claim", "true")]),
    (
        "oidc-usermodel-attribute-mapper",
        &[
            ("user.attribute", "shoeSize"),
            ("claim.name", "shoe_size"),
            ("jsonType.label", "int"),
        ],
    ),
    (
        "oidc-usermodel-client-role-mapper",
        &[("claim.name", "roles"), ("multivalued", "true")],
    ),
    (
        "oidc-usermodel-property-mapper",
        &[("user.attribute", "username"), ("claim.name", "login")],
    ),
    (
        "oidc-usermodel-realm-role-mapper",
        &[("claim.name", "roles"), ("multivalued", "true")],
    ),
    (
        "oidc-usersessionmodel-note-mapper",
        &[("user.session.note", "clientHost"), ("claim.name", "host")],
    ),
];

/// Every kind of mapper for SAML that each of the versions has.
const SAML_KINDS: &[Kind] = &[
    (
        "saml-audience-mapper",
        &[("included.custom.audience", "printer")],
    ),
    ("saml-audience-resolve-mapper", &[]),
    (
        "saml-group-membership-mapper",
        &[("attribute.name", "groups"), ("single", "true")],
    ),
    (
        "saml-hardcode-attribute-mapper",
        &[("attribute.name", "tailor"), ("attribute.value", "yes")],
    ),
    ("saml-hardcode-role-mapper", &[("role", "tailor")]),
    ("saml-organization-membership-mapper", &[]),
    (
        "saml-role-list-mapper",
        &[("attribute.name", "Role"), ("single", "false")],
    ),
    (
        "saml-role-name-mapper",
        &[("role", "tailor"), ("new.role.name", "dressmaker")],
    ),
    (
        "saml-user-attribute-mapper",
        &[("user.attribute", "shoeSize"), ("attribute.name", "shoe")],
    ),
    (
        "saml-user-attribute-nameid-mapper",
        &[("user.attribute", "shoeSize")],
    ),
    (
        "saml-user-property-mapper",
        &[("user.attribute", "username"), ("attribute.name", "login")],
    ),
    (
        "saml-user-session-note-mapper",
        &[("note", "clientHost"), ("attribute.name", "host")],
    ),
];

pub(crate) async fn run(ctx: &Context) {
    lives_of_client_scopes(ctx).await;
    mappers_of_a_client_scope(ctx).await;
    mappers_of_a_client_template(ctx).await;
    mappers_of_a_client(ctx).await;
    scope_of_a_client_scope(ctx).await;
    scope_of_a_client_template(ctx).await;
    scope_of_a_client(ctx).await;
}

/// A mapper of this kind, which is also its name.
fn mapper(protocol: &str, (kind, config): &Kind) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation::new()
        .with_name(*kind)
        .with_protocol(protocol)
        .with_protocol_mapper(*kind)
        .with_config(config.iter().copied())
}

fn hardcoded_claim(name: &str, value: &str) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation::new()
        .with_name(name)
        .with_protocol(OIDC)
        .with_protocol_mapper("oidc-hardcoded-claim-mapper")
        .with_config([
            ("claim.name", "tailor"),
            ("claim.value", value),
            ("jsonType.label", "String"),
            ("id.token.claim", "true"),
        ])
}

fn strings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
    pairs.iter().map(owned).collect()
}

/// A client scope for OpenID Connect; gives its id.
async fn client_scope(ctx: &Context) -> Option<String> {
    let scope = ClientScopeRepresentation::new()
        .with_name(ctx.name("scope"))
        .with_protocol(OIDC);
    let create = ctx.keycloak.create_client_scope().realm(ctx.realm());
    ctx.create(create.body(scope)).await
}

/// A client whose tokens hold only the roles that are in its scope; gives its uuid.
async fn client(ctx: &Context) -> Option<String> {
    let client = ClientRepresentation::new()
        .with_client_id(ctx.name("scoped-client"))
        .with_redirect_uris(["http://localhost/*"])
        .with_full_scope_allowed(false);
    let create = ctx.keycloak.create_client().realm(ctx.realm());
    ctx.create(create.body(client)).await
}

/// The life of a client scope.
macro_rules! life_of_a_client_scope {
    (
        $ctx:expr,
        list: $list:ident / $List:ident, create: $create:ident / $Create:ident, get: $get:ident,
        update: $update:ident / $Update:ident, delete: $delete:ident $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        macro_rules! call {
            ($operation:ident) => {
                ctx.keycloak.$operation().realm(ctx.realm())
            };
        }
        let mut scope = ClientScopeRepresentation::new()
            .with_name(ctx.name("scope"))
            .with_description("What the tailor needs to know")
            .with_protocol(OIDC)
            .with_attributes([
                ("include.in.token.scope", "true"),
                ("display.on.consent.screen", "true"),
                ("consent.screen.text", "Your measures"),
                ("gui.order", "7"),
            ])
            .with_protocol_mappers([hardcoded_claim("claim", "yes")]);
        let id = ctx.create(call!($create).body(&scope)).await?;
        ctx.expect_error(call!($create).body(&scope), 409).await;
        let stored = ctx.call(call!($get).client_scope_id(&id)).await?;
        ctx.stored::<client_scopes::$Create>(&scope, &*stored, &[]);

        scope.name = Some(ctx.name("renamed-scope"));
        scope.description = text("What the shoemaker needs to know");
        scope.attributes = Some(strings(&[("include.in.token.scope", "false")]));
        scope.protocol_mappers = None;
        ctx.call(call!($update).client_scope_id(&id).body(&scope))
            .await;
        let stored = ctx.call(call!($get).client_scope_id(&id)).await?;
        ctx.stored::<client_scopes::$Update>(&scope, &*stored, &[]);
        let listed = ctx.call(call!($list)).await?;
        ctx.stored::<client_scopes::$List>(&[&*stored], &*listed, &[]);

        ctx.call(call!($delete).client_scope_id(&id)).await?;
        ctx.expect_error(call!($get).client_scope_id(&id), 404)
            .await;
    }};
}

async fn lives_of_client_scopes(ctx: &Context) -> Option<()> {
    life_of_a_client_scope! {
        ctx,
        list: list_client_scopes / ListClientScopes,
        create: create_client_scope / CreateClientScope, get: get_client_scope,
        update: update_client_scope / UpdateClientScope, delete: delete_client_scope,
    }
    life_of_a_client_scope! {
        ctx,
        list: list_client_templates / ListClientTemplates,
        create: create_client_template / CreateClientTemplate, get: get_client_template,
        update: update_client_template / UpdateClientTemplate, delete: delete_client_template,
    }
    Some(())
}

/// Mappers of each kind. `at` is the path parameter that says what they belong to.
macro_rules! mappers_of {
    (
        $ctx:expr, at: $parameter:ident = $value:expr,
        create: $create:ident / $Create:ident, create_all: $create_all:ident / $CreateAll:ident,
        list: $list:ident, list_of_protocol: $list_of_protocol:ident / $ListOfProtocol:ident,
        get: $get:ident, update: $update:ident / $Update:ident, delete: $delete:ident $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        let container: String = $value;
        macro_rules! call {
            ($operation:ident) => {
                ctx.keycloak
                    .$operation()
                    .realm(ctx.realm())
                    .$parameter(&container)
            };
        }
        let mut claim = hardcoded_claim("claim", "yes");
        let id = ctx.create(call!($create).body(&claim)).await?;
        ctx.expect_error(call!($create).body(&claim), 409).await;
        let stored = ctx.call(call!($get).id(&id)).await?;
        ctx.stored::<protocol_mappers::$Create>(&claim, &*stored, &[]);
        claim = hardcoded_claim("renamed claim", "no")
            // The server goes by the id in the body.
            .with_id(&id);
        ctx.call(call!($update).id(&id).body(&claim)).await;
        let stored = ctx.call(call!($get).id(&id)).await?;
        ctx.stored::<protocol_mappers::$Update>(&claim, &*stored, &[NAME_OF_A_MAPPER]);

        let for_oidc: Vec<_> = OIDC_KINDS.iter().map(|kind| mapper(OIDC, kind)).collect();
        let for_saml: Vec<_> = SAML_KINDS.iter().map(|kind| mapper(SAML, kind)).collect();
        let all = [for_oidc, for_saml.clone()].concat();
        ctx.call(call!($create_all).body(&all)).await?;
        let listed = ctx.call(call!($list)).await?;
        ctx.stored::<protocol_mappers::$CreateAll>(&all, &*listed, &[]);
        let listed = ctx.call(call!($list_of_protocol).protocol(SAML)).await?;
        ctx.stored::<protocol_mappers::$ListOfProtocol>(&for_saml, &*listed, &[]);
        ctx.check::<protocol_mappers::$ListOfProtocol>(
            listed.len() == for_saml.len(),
            "only the mappers of the protocol are listed",
        );

        ctx.call(call!($delete).id(&id)).await?;
        ctx.expect_error(call!($get).id(&id), 404).await;
        Some(())
    }};
}

async fn mappers_of_a_client_scope(ctx: &Context) -> Option<()> {
    mappers_of! {
        ctx, at: client_scope_id = client_scope(ctx).await?,
        create: create_client_scope_protocol_mapper / CreateClientScopeProtocolMapper,
        create_all: create_client_scope_protocol_mappers / CreateClientScopeProtocolMappers,
        list: list_client_scope_protocol_mappers,
        list_of_protocol: list_client_scope_protocol_mappers_by_protocol
            / ListClientScopeProtocolMappersByProtocol,
        get: get_client_scope_protocol_mapper,
        update: update_client_scope_protocol_mapper / UpdateClientScopeProtocolMapper,
        delete: delete_client_scope_protocol_mapper,
    }
}

async fn mappers_of_a_client_template(ctx: &Context) -> Option<()> {
    mappers_of! {
        ctx, at: client_scope_id = client_scope(ctx).await?,
        create: create_client_template_protocol_mapper / CreateClientTemplateProtocolMapper,
        create_all: create_client_template_protocol_mappers / CreateClientTemplateProtocolMappers,
        list: list_client_template_protocol_mappers,
        list_of_protocol: list_client_template_protocol_mappers_by_protocol
            / ListClientTemplateProtocolMappersByProtocol,
        get: get_client_template_protocol_mapper,
        update: update_client_template_protocol_mapper / UpdateClientTemplateProtocolMapper,
        delete: delete_client_template_protocol_mapper,
    }
}

async fn mappers_of_a_client(ctx: &Context) -> Option<()> {
    mappers_of! {
        ctx, at: client_uuid = client(ctx).await?,
        create: create_client_protocol_mapper / CreateClientProtocolMapper,
        create_all: create_client_protocol_mappers / CreateClientProtocolMappers,
        list: list_client_protocol_mappers,
        list_of_protocol: list_client_protocol_mappers_by_protocol
            / ListClientProtocolMappersByProtocol,
        get: get_client_protocol_mapper,
        update: update_client_protocol_mapper / UpdateClientProtocolMapper,
        delete: delete_client_protocol_mapper,
    }
}

/// A role, and one that is part of it.
struct Composite {
    whole: RoleRepresentation,
    part: RoleRepresentation,
}

impl Composite {
    async fn make(
        ctx: &Context,
        whole: RoleRepresentation,
        part: RoleRepresentation,
    ) -> Option<Self> {
        let add = ctx.keycloak.add_composites_to_role_by_id();
        let add = add.realm(ctx.realm()).role_id(whole.id.as_ref()?);
        ctx.call(add.body(std::slice::from_ref(&part))).await?;
        Some(Self { whole, part })
    }

    async fn of_realm(ctx: &Context) -> Option<Self> {
        let whole = make::realm_role(ctx, &ctx.name("realm-role")).await?;
        let part = make::realm_role(ctx, &ctx.name("part")).await?;
        Self::make(ctx, whole, part).await
    }

    async fn of_client(ctx: &Context, client_uuid: &str) -> Option<Self> {
        let whole = make::client_role(ctx, client_uuid, &ctx.name("client-role")).await?;
        let part = make::client_role(ctx, client_uuid, &ctx.name("part")).await?;
        Self::make(ctx, whole, part).await
    }
}

/// Returns whether the role is among them.
fn holds(roles: &[RoleRepresentation], role: &RoleRepresentation) -> bool {
    role.id.is_some() && roles.iter().any(|other| other.id == role.id)
}

/// Puts a role into a scope, takes it out and puts it back. `at` are the path parameters that say into whose scope.
macro_rules! role_in_scope {
    (
        $ctx:expr, $composite:expr, at: [$($parameter:ident = $value:expr),*],
        list: $list:ident, available: $available:ident / $Available:ident,
        effective: $effective:ident / $Effective:ident,
        add: $add:ident / $Add:ident, remove: $remove:ident / $Remove:ident $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        let Composite { whole, part } = $composite;
        let roles = std::slice::from_ref(whole);
        macro_rules! call {
            ($operation:ident) => {
                ctx.keycloak.$operation().realm(ctx.realm())$(.$parameter($value))*
            };
        }
        let available = ctx.call(call!($available)).await?;
        let has_it = holds(&available, whole);
        ctx.check::<scope_mappings::$Available>(has_it, "the role can be added");
        let listed = ctx.call_twice(call!($add).body(roles), call!($list)).await?;
        let has_it_alone = holds(&listed, whole) && !holds(&listed, part);
        ctx.check::<scope_mappings::$Add>(has_it_alone, "the role, and not its part, is in scope");
        let available = ctx.call(call!($available)).await?;
        let has_it = holds(&available, whole);
        ctx.check::<scope_mappings::$Available>(!has_it, "the role cannot be added twice");
        let effective = ctx.call(call!($effective).brief_representation(false)).await?;
        let has_both = holds(&effective, whole) && holds(&effective, part);
        ctx.check::<scope_mappings::$Effective>(has_both, "the role and its part take effect");
        ctx.call(call!($remove).body(roles)).await?;
        let is_empty = ctx.call(call!($list)).await?.is_empty();
        ctx.check::<scope_mappings::$Remove>(is_empty, "no role is in scope any more");
        ctx.call(call!($add).body(roles)).await?;
    }};
}

/// Puts a role of the realm and one of a client into a scope. `at` is the path parameter that says into whose.
macro_rules! scope_of {
    (
        $ctx:expr, at: $parameter:ident = $value:expr, all: $all:ident / $All:ident,
        realm: [$($of_realm:tt)*], client: [$($of_client:tt)*] $(,)?
    ) => {{
        let ctx: &Context = $ctx;
        let container: String = $value;
        let client_id = ctx.name("role-client");
        let client_uuid = make::public_client(ctx, &client_id).await?;
        let of_realm = Composite::of_realm(ctx).await?;
        let of_client = Composite::of_client(ctx, &client_uuid).await?;
        role_in_scope! { ctx, &of_realm, at: [$parameter = &container], $($of_realm)* }
        role_in_scope! {
            ctx, &of_client, at: [$parameter = &container, role_client_uuid = &client_uuid],
            $($of_client)*
        }
        let all = ctx.keycloak.$all().realm(ctx.realm()).$parameter(&container);
        let all = ctx.call(all).await?.into_inner();
        let realm_roles = all.realm_mappings.unwrap_or_default();
        let of_the_client = all.client_mappings.unwrap_or_default().remove(&client_id)?;
        ctx.check::<scope_mappings::$All>(
            holds(&realm_roles, &of_realm.whole)
                && of_the_client.id.as_ref() == Some(&client_uuid)
                && holds(&of_the_client.mappings.unwrap_or_default(), &of_client.whole),
            "the roles of the realm and of the client are in scope",
        );
        Some(())
    }};
}

async fn scope_of_a_client_scope(ctx: &Context) -> Option<()> {
    scope_of! {
        ctx, at: client_scope_id = client_scope(ctx).await?,
        all: get_scope_mappings_of_client_scope / GetScopeMappingsOfClientScope,
        realm: [
            list: list_client_scope_realm_roles,
            available: list_available_client_scope_realm_roles / ListAvailableClientScopeRealmRoles,
            effective: list_effective_client_scope_realm_roles / ListEffectiveClientScopeRealmRoles,
            add: add_realm_roles_to_client_scope / AddRealmRolesToClientScope,
            remove: remove_realm_roles_from_client_scope / RemoveRealmRolesFromClientScope,
        ],
        client: [
            list: list_client_scope_client_roles,
            available: list_available_client_scope_client_roles / ListAvailableClientScopeClientRoles,
            effective: list_effective_client_scope_client_roles / ListEffectiveClientScopeClientRoles,
            add: add_client_roles_to_client_scope / AddClientRolesToClientScope,
            remove: remove_client_roles_from_client_scope / RemoveClientRolesFromClientScope,
        ],
    }
}

async fn scope_of_a_client_template(ctx: &Context) -> Option<()> {
    scope_of! {
        ctx, at: client_scope_id = client_scope(ctx).await?,
        all: get_scope_mappings_of_client_template / GetScopeMappingsOfClientTemplate,
        realm: [
            list: list_client_template_realm_roles,
            available: list_available_client_template_realm_roles
                / ListAvailableClientTemplateRealmRoles,
            effective: list_effective_client_template_realm_roles
                / ListEffectiveClientTemplateRealmRoles,
            add: add_realm_roles_to_client_template / AddRealmRolesToClientTemplate,
            remove: remove_realm_roles_from_client_template / RemoveRealmRolesFromClientTemplate,
        ],
        client: [
            list: list_client_template_client_roles,
            available: list_available_client_template_client_roles
                / ListAvailableClientTemplateClientRoles,
            effective: list_effective_client_template_client_roles
                / ListEffectiveClientTemplateClientRoles,
            add: add_client_roles_to_client_template / AddClientRolesToClientTemplate,
            remove: remove_client_roles_from_client_template / RemoveClientRolesFromClientTemplate,
        ],
    }
}

async fn scope_of_a_client(ctx: &Context) -> Option<()> {
    scope_of! {
        ctx, at: client_uuid = client(ctx).await?,
        all: get_scope_mappings_of_client / GetScopeMappingsOfClient,
        realm: [
            list: list_client_realm_scope_mappings,
            available: list_available_client_realm_scope_mappings
                / ListAvailableClientRealmScopeMappings,
            effective: list_effective_client_realm_scope_mappings
                / ListEffectiveClientRealmScopeMappings,
            add: add_realm_scope_mappings_to_client / AddRealmScopeMappingsToClient,
            remove: remove_realm_scope_mappings_from_client / RemoveRealmScopeMappingsFromClient,
        ],
        client: [
            list: list_client_role_scope_mappings,
            available: list_available_client_role_scope_mappings
                / ListAvailableClientRoleScopeMappings,
            effective: list_effective_client_role_scope_mappings
                / ListEffectiveClientRoleScopeMappings,
            add: add_client_role_scope_mappings_to_client / AddClientRoleScopeMappingsToClient,
            remove: remove_client_role_scope_mappings_from_client
                / RemoveClientRoleScopeMappingsFromClient,
        ],
    }
}
