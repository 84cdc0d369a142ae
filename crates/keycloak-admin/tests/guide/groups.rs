//! Groups, roles and their mappings.

use keycloak_admin::types::{ClientRepresentation, GroupRepresentation, RoleRepresentation};
use keycloak_admin::{Error, Realm};

use super::common::{TestRealm, person};

async fn make_groups(realm: &Realm, user_id: &str) -> Result<String, Error> {
    // ANCHOR: groups
    let staff = GroupRepresentation::new().with_name("staff");
    let staff_id = realm.groups().create(&staff).exist_ok().await?.into_id();

    let writers = GroupRepresentation::new().with_name("writers");
    let writers_id = realm
        .group(&staff_id)
        .create_subgroup(&writers)
        .exist_ok()
        .await?
        .into_id();

    let found = realm.groups().find_by_path("/staff/writers").await?;
    // ANCHOR_END
    assert_eq!(found.unwrap().id.as_ref(), Some(&writers_id));

    // ANCHOR: members
    realm.user(user_id).join_group(&writers_id).await?;
    let members = realm
        .group(&writers_id)
        .list_members()
        .try_collect()
        .await?;
    let groups = realm.user(user_id).list_groups().try_collect().await?;
    // ANCHOR_END
    assert_eq!(members.len(), 1);
    assert_eq!(groups[0].path.as_deref(), Some("/staff/writers"));
    Ok(staff_id)
}

async fn make_roles(realm: &Realm, user_id: &str, staff_id: &str) -> Result<(), Error> {
    // ANCHOR: roles
    let editor = RoleRepresentation::new()
        .with_name("editor")
        .with_description("May change articles");
    realm.roles().create(&editor).exist_ok().await?;

    let shop = ClientRepresentation::new().with_client_id("shop");
    let shop_uuid = realm.clients().create(&shop).exist_ok().await?.into_id();
    let buyer = RoleRepresentation::new().with_name("buyer");
    let shop = realm.client_by_uuid(&shop_uuid);
    shop.roles().create(&buyer).exist_ok().await?;
    // ANCHOR_END

    // ANCHOR: mappings
    // A role of the realm for a group, and so for its members and for the groups below it.
    realm
        .group(staff_id)
        .realm_roles()
        .add_by_name(["editor"])
        .await?;
    // A role of a client for a user. The client is named by its client id.
    let user = realm.user(user_id);
    user.client_roles("shop").add_by_name(["buyer"]).await?;

    let direct = user.realm_roles().list().await?; // given to the user
    let effective = user.realm_roles().list_effective().await?; // also by groups and composites
    // The effective roles of a client. They need the uuid of the client.
    let shop_roles = user.client_roles_by_uuid(shop_uuid);
    let effective_of_shop = shop_roles.list_effective().await?;
    // All direct roles at once: of the realm, and of each client by its client id.
    let all = user.get_role_mappings().await?;
    // ANCHOR_END
    assert_eq!(effective_of_shop[0].name.as_deref(), Some("buyer"));
    let of_clients = all.client_mappings.unwrap();
    let of_shop = of_clients["shop"].mappings.as_ref().unwrap();
    assert_eq!(of_shop[0].name.as_deref(), Some("buyer"));
    assert_eq!(all.realm_mappings.unwrap().len(), direct.len());
    let has_editor = |roles: &[RoleRepresentation]| {
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("editor"))
    };
    assert!(!has_editor(&direct));
    assert!(has_editor(&effective));

    // ANCHOR: composite
    let chief = RoleRepresentation::new().with_name("chief");
    realm.roles().create(&chief).exist_ok().await?;
    let parts = realm.role("chief").composites();
    parts.add_by_name(["editor"]).await?;
    parts.add_client_roles_by_name("shop", ["buyer"]).await?;
    // ANCHOR_END
    assert_eq!(parts.list().await?.len(), 2);

    // ANCHOR: take_away
    user.client_roles("shop").remove_by_name(["buyer"]).await?;
    // ANCHOR_END
    assert!(user.client_roles("shop").list().await?.is_empty());
    // Neither is an error a second time.
    user.client_roles("shop").remove_by_name(["buyer"]).await?;
    let of_group = realm.group(staff_id).realm_roles();
    of_group.add_by_name(["editor"]).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_and_roles_reach_their_users() -> Result<(), Error> {
    let test = TestRealm::create("guide-groups").await;
    let realm = test.get();
    let user_id = realm.users().create(&person("ada")).await?;
    let staff_id = make_groups(&realm, &user_id).await?;
    make_roles(&realm, &user_id, &staff_id).await?;

    // ANCHOR: default_group
    realm.add_default_group(&staff_id).await?;
    // ANCHOR_END
    let new_id = realm.users().create(&person("bob")).await?;
    assert_eq!(realm.user(&new_id).list_groups().await?.len(), 1);
    Ok(())
}
