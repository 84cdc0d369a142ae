//! User storage: an LDAP server is tried out, users are imported from it, and groups go there and back.

use conformance::context::Context;
use keycloak_api::types::{
    ComponentRepresentation, GroupRepresentation, LdapCapabilityType,
    MultivaluedHashMapStringString, TestLdapConnectionRepresentation, UserRepresentation,
};
use keycloak_api::user_storage::{
    GetUserStorageName, QueryLdapServerCapabilities, RemoveUserStorageImportedUsers,
    SyncUserStorage, SyncUserStorageMapper, TestLdapConnection, UnlinkUserStorageUsers,
};
use keycloak_server::ldap::{ADMIN_DN, ADMIN_PASSWORD, LdapServer, PEOPLE};
use keycloak_session::ApiCall as _;

use super::make;

pub(crate) async fn run(ctx: &Context) {
    let ldap = match LdapServer::start(PEOPLE) {
        Ok(ldap) => ldap,
        Err(error) => return ctx.fail::<TestLdapConnection>(&error.to_string()),
    };
    connections(ctx, &ldap).await;
    users(ctx, &ldap).await;
}

/// A login to the directory as its administrator.
fn login(ldap: &LdapServer, action: &str) -> TestLdapConnectionRepresentation {
    TestLdapConnectionRepresentation::new()
        .with_action(action)
        .with_connection_url(ldap.url())
        .with_auth_type("simple")
        .with_bind_dn(ADMIN_DN)
        .with_bind_credential(ADMIN_PASSWORD)
}

async fn connections(ctx: &Context, ldap: &LdapServer) -> Option<()> {
    let test = |settings: &TestLdapConnectionRepresentation| {
        let call = ctx.keycloak.test_ldap_connection().realm(ctx.realm());
        call.body(settings)
    };
    let connect = login(ldap, "testConnection");
    ctx.call(test(&connect)).await;
    let log_in = login(ldap, "testAuthentication");
    ctx.call(test(&log_in)).await;
    let mut form = test(&log_in);
    form.request_mut().set_form(&log_in);
    ctx.call(form).await;

    let nowhere = connect
        .with_connection_url("ldap://127.0.0.1:1")
        .with_connection_timeout("2000");
    ctx.expect_error(test(&nowhere), 400).await;
    let nobody = log_in.with_bind_credential("another password");
    ctx.expect_error(test(&nobody), 400).await;

    let list = ctx.keycloak.query_ldap_server_capabilities();
    let list = list.realm(ctx.realm());
    let capabilities = list.body(login(ldap, "queryServerCapabilities"));
    let capabilities = ctx.call(capabilities).await?;
    // Search results in pages, RFC 2696; changing a password, RFC 3062.
    let has = |oid: &str, kind: &LdapCapabilityType| {
        let mut all = capabilities.iter();
        all.any(|one| one.oid.as_deref() == Some(oid) && one.type_.as_ref() == Some(kind))
    };
    ctx.check::<QueryLdapServerCapabilities>(
        has("1.2.840.113556.1.4.319", &LdapCapabilityType::Control)
            && has("1.3.6.1.4.1.4203.1.11.1", &LdapCapabilityType::Extension),
        "the directory does what it does",
    );
    Some(())
}

fn config(entries: &[(&str, &str)]) -> MultivaluedHashMapStringString {
    let entries = entries.iter();
    entries
        .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]))
        .collect()
}

/// The directory as a provider of users; gives its id.
async fn provider(ctx: &Context, ldap: &LdapServer, name: &str) -> Option<String> {
    let provider = ComponentRepresentation::new()
        .with_name(name)
        .with_provider_id("ldap")
        .with_provider_type("org.keycloak.storage.UserStorageProvider")
        .with_config(config(&[
            ("enabled", "true"),
            ("priority", "0"),
            ("editMode", "WRITABLE"),
            ("importEnabled", "true"),
            ("vendor", "other"),
            ("usernameLDAPAttribute", "uid"),
            ("rdnLDAPAttribute", "uid"),
            ("uuidLDAPAttribute", "entryUUID"),
            ("userObjectClasses", "inetOrgPerson, organizationalPerson"),
            ("connectionUrl", &ldap.url()),
            ("usersDn", "ou=people,dc=example,dc=com"),
            ("authType", "simple"),
            ("bindDn", ADMIN_DN),
            ("bindCredential", ADMIN_PASSWORD),
        ]));
    let create = ctx.keycloak.create_component().realm(ctx.realm());
    ctx.create(create.body(provider)).await
}

/// The users of the realm that this provider gave it.
async fn imported(ctx: &Context, id: &str) -> Option<Vec<UserRepresentation>> {
    let users = ctx.keycloak.list_users().realm(ctx.realm());
    let users = ctx.call(users.max(100)).await?.into_inner();
    let is_linked = |user: &UserRepresentation| user.federation_link.as_deref() == Some(id);
    Some(users.into_iter().filter(is_linked).collect())
}

async fn users(ctx: &Context, ldap: &LdapServer) -> Option<()> {
    let name = ctx.name("directory");
    let id = provider(ctx, ldap, &name).await?;
    let masked = login(ldap, "testAuthentication")
        .with_bind_credential("**********")
        .with_component_id(&id);
    let test = ctx.keycloak.test_ldap_connection().realm(ctx.realm());
    ctx.call(test.body(masked)).await;

    let named = ctx.keycloak.get_user_storage_name().realm(ctx.realm());
    let named = ctx.call(named.id(&id)).await?;
    ctx.check::<GetUserStorageName>(
        named.get("name") == Some(&name) && named.get("id") == Some(&id),
        "the provider has its name and id",
    );

    let sync = |action: &str| {
        let call = ctx.keycloak.sync_user_storage().realm(ctx.realm());
        call.id(&id).action(action)
    };
    let all = ctx.call(sync("triggerFullSync")).await?;
    ctx.check::<SyncUserStorage>(
        (all.added, all.failed, all.ignored) == (Some(2), Some(0), Some(false)),
        "both people are imported",
    );
    let people = imported(ctx, &id).await?;
    let mails: Vec<_> = people.iter().map(|user| user.email.as_deref()).collect();
    let expected = [Some("ada@example.com"), Some("grace@example.com")];
    ctx.check::<SyncUserStorage>(mails == expected, "both people are users");
    let changed = ctx.call(sync("triggerChangedUsersSync")).await?;
    ctx.check::<SyncUserStorage>(changed.added == Some(0), "nobody has come since");
    ctx.expect_error(sync("no-such-action"), 400).await;

    groups(ctx, &id).await;

    let remove = ctx.keycloak.remove_user_storage_imported_users();
    ctx.call(remove.realm(ctx.realm()).id(&id)).await?;
    // Reading the list would import who is in the directory; counting does not.
    let again = ctx.call(sync("triggerFullSync")).await?;
    ctx.check::<RemoveUserStorageImportedUsers>(
        again.added == Some(2),
        "nobody was left, so that both are imported again",
    );
    let unlink = ctx.keycloak.unlink_user_storage_users();
    ctx.call(unlink.realm(ctx.realm()).id(&id)).await?;
    let is_empty = imported(ctx, &id).await?.is_empty();
    ctx.check::<UnlinkUserStorageUsers>(is_empty, "no user belongs to the directory");
    let users = ctx.keycloak.list_users().realm(ctx.realm());
    let ada = ctx.call(users.username("ada").exact(true)).await?;
    ctx.check::<UnlinkUserStorageUsers>(ada.len() == 1, "the users are still there");
    Some(())
}

/// A mapper of groups, which it copies in both directions.
async fn groups(ctx: &Context, provider: &str) -> Option<()> {
    let mapper = ComponentRepresentation::new()
        .with_name(ctx.name("groups"))
        .with_provider_id("group-ldap-mapper")
        .with_provider_type("org.keycloak.storage.ldap.mappers.LDAPStorageMapper")
        .with_parent_id(provider)
        .with_config(config(&[
            ("groups.dn", "ou=groups,dc=example,dc=com"),
            ("groups.path", "/"),
            ("group.name.ldap.attribute", "cn"),
            ("group.object.classes", "groupOfNames"),
            ("preserve.group.inheritance", "false"),
            ("membership.ldap.attribute", "member"),
            ("membership.attribute.type", "DN"),
            ("membership.user.ldap.attribute", "uid"),
            ("mode", "LDAP_ONLY"),
            (
                "user.roles.retrieve.strategy",
                "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE",
            ),
            ("drop.non.existing.groups.during.sync", "false"),
        ]));
    let create = ctx.keycloak.create_component().realm(ctx.realm());
    let mapper = ctx.create(create.body(mapper)).await?;
    let sync = |direction: &str| {
        let call = ctx.keycloak.sync_user_storage_mapper().realm(ctx.realm());
        call.parent_id(provider).id(&mapper).direction(direction)
    };
    let group = async |name: &str| {
        let list = ctx.keycloak.list_groups().realm(ctx.realm());
        let list = ctx.call(list.search(name).exact(true)).await?;
        list.into_inner().into_iter().next()
    };

    let from = ctx.call(sync("fedToKeycloak")).await?;
    ctx.check::<SyncUserStorageMapper>(from.added == Some(1), "one group is imported");
    let mathematicians = group("mathematicians").await?.id?;
    let members = ctx.keycloak.list_group_members().realm(ctx.realm());
    let members = ctx.call(members.group_id(&mathematicians)).await?;
    let names: Vec<_> = members
        .iter()
        .map(|user| user.username.as_deref())
        .collect();
    ctx.check::<SyncUserStorageMapper>(names == [Some("ada")], "its member came with it");

    let name = ctx.name("sailors");
    let sailors = make::group(ctx, &name).await?;
    let to = ctx.call(sync("keycloakToFed")).await?;
    ctx.check::<SyncUserStorageMapper>(to.added == Some(1), "one group is exported");
    let delete = ctx.keycloak.delete_group().realm(ctx.realm());
    ctx.call(delete.group_id(&sailors)).await?;
    ctx.call(sync("fedToKeycloak")).await?;
    let again: Option<GroupRepresentation> = group(&name).await;
    ctx.check::<SyncUserStorageMapper>(
        again.is_some_and(|again| again.id.as_ref() != Some(&sailors)),
        "the group comes back from the directory",
    );
    ctx.expect_error(sync("no-such-direction"), 400).await;
    Some(())
}
