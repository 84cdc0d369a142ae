//! Groups, roles and who is in them, on a real server.

use crate::common::{TestRealm, person};
use keycloak_admin::Ensured;
use keycloak_admin::types::{GroupRepresentation, RoleRepresentation};

fn group(name: &str) -> GroupRepresentation {
    GroupRepresentation::new().with_name(name)
}

fn role(name: &str) -> RoleRepresentation {
    RoleRepresentation::new().with_name(name)
}

/// Names that a URL, a path or a search could trip over.
const NAMES: [&str; 9] = ["staff", "a/b", "50%", "é", "a;b", "a b", "a+b", "a\\b", "*"];

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_any_name_are_created_once() {
    let realm = TestRealm::create("groups-names").await;
    let groups = realm.get().groups();
    for name in NAMES {
        let id = groups.create(&group(name)).await.unwrap();
        assert_eq!(
            realm.get().group(&id).get().await.unwrap().name.as_deref(),
            Some(name)
        );
        assert!(
            groups.create(&group(name)).await.unwrap_err().is_conflict(),
            "{name}"
        );
        let found = groups.create(&group(name)).exist_ok().await.unwrap();
        assert_eq!(found, Ensured::Existing(id), "{name}");
    }
    let all = groups.list().try_collect().await.unwrap();
    assert_eq!(all.len(), NAMES.len());

    let id = all[0].id.as_deref().unwrap();
    realm.get().group(id).delete().await.unwrap();
    assert!(realm.get().group(id).find().await.unwrap().is_none());
    assert!(!realm.get().group(id).delete_if_exists().await.unwrap());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn exist_ok_does_not_take_a_subgroup_for_the_group() {
    let realm = TestRealm::create("groups-sub").await;
    let groups = realm.get().groups();
    let parent = groups.create(&group("parent")).await.unwrap();
    let child = realm.keycloak.api().create_subgroup().realm(&realm.name);
    child.group_id(&parent).body(group("staff")).await.unwrap();
    let made = groups.create(&group("staff")).exist_ok().await.unwrap();
    assert!(made.is_created());
    let found = groups.create(&group("staff")).exist_ok().await.unwrap();
    assert_eq!(found, Ensured::Existing(made.into_inner()));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn roles_of_any_name_are_created_once() {
    let realm = TestRealm::create("roles-names").await;
    let roles = realm.get().roles();
    for name in NAMES {
        assert_eq!(roles.create(&role(name)).await.unwrap(), name);
        assert_eq!(
            realm.get().role(name).get().await.unwrap().name.as_deref(),
            Some(name)
        );
        assert!(
            roles.create(&role(name)).await.unwrap_err().is_conflict(),
            "{name}"
        );
        let found = roles.create(&role(name)).exist_ok().await.unwrap();
        assert_eq!(found, Ensured::Existing(name.to_owned()));
    }
    let all = roles.list().try_collect().await.unwrap();
    let own = all
        .iter()
        .filter(|role| NAMES.contains(&role.name.as_deref().unwrap()));
    assert_eq!(own.count(), NAMES.len());
    for name in NAMES {
        assert!(
            realm.get().role(name).delete_if_exists().await.unwrap(),
            "{name}"
        );
        assert!(
            realm.get().role(name).find().await.unwrap().is_none(),
            "{name}"
        );
        assert!(
            !realm.get().role(name).delete_if_exists().await.unwrap(),
            "{name}"
        );
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn realm_roles_are_mapped_and_an_empty_list_removes_none() {
    let realm = TestRealm::create("roles-mapping").await;
    let (users, roles) = (realm.get().users(), realm.get().roles());
    let alice = users.create(&person("alice")).await.unwrap();
    let user = realm.get().user(&alice);
    let names = || async {
        let mut names: Vec<String> = user
            .realm_roles()
            .list()
            .await
            .unwrap()
            .into_iter()
            .filter_map(|role| role.name)
            .collect();
        names.sort();
        names
    };
    let default_role = format!("default-roles-{}", realm.name);
    assert_eq!(names().await, [default_role.as_str()]);

    roles.create(&role("auditor")).await.unwrap();
    let auditor = realm.get().role("auditor").get().await.unwrap();
    user.realm_roles()
        .add(std::slice::from_ref(&auditor))
        .await
        .unwrap();
    user.realm_roles().add(&[]).await.unwrap();
    assert_eq!(names().await, ["auditor", &default_role]);

    user.realm_roles().remove(&[]).await.unwrap();
    assert_eq!(names().await, ["auditor", &default_role]);
    user.realm_roles().remove(&[auditor]).await.unwrap();
    assert_eq!(names().await, [default_role.as_str()]);
}
