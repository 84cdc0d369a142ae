//! Groups, on a real server.

use std::collections::HashSet;

use keycloak_admin::{Ensured, Error, Many};

use crate::common::{TestRealm, attributes, person};
use crate::make::{self, group};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_group_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups").await;
    let realm = test.get();

    // python: create_group | php: createGroup | js: groups.create
    let id = realm
        .groups()
        .create(&group("staff"))
        .exist_ok()
        .await?
        .into_inner();

    // python: get_groups | php: getGroups | js: groups.find
    let groups = realm.groups().list().try_collect().await?;
    assert_eq!(groups.len(), 1);

    // python: get_group | php: getGroup | js: groups.findOne
    let staff = realm.groups().id(&id).get().await?;
    assert_eq!(staff.path.as_deref(), Some("/staff"));
    assert_eq!(
        realm
            .groups()
            .find_by_name("staff")
            .await?
            .and_then(|group| group.id),
        Some(id.clone())
    );

    // python: update_group | php: updateGroup | js: groups.update
    realm
        .groups()
        .id(&id)
        .modify(|group| group.description = Some("everybody".to_owned()))
        .await?;
    assert_eq!(
        realm.groups().id(&id).get().await?.description.as_deref(),
        Some("everybody")
    );

    // php: createChildGroup | js: groups.createChildGroup
    let night = realm
        .groups()
        .id(&id)
        .create_subgroup(&group("night"))
        .exist_ok()
        .await?
        .into_inner();
    let again = realm
        .groups()
        .id(&id)
        .create_subgroup(&group("night"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(night.clone()));

    // python: get_group_children, get_subgroups | js: groups.listSubGroups
    let children = realm.groups().id(&id).subgroups().try_collect().await?;
    assert_eq!(children[0].id.as_ref(), Some(&night));

    // python: get_group_by_path | php: getGroupByPath | js: realms.getGroupByPath
    let found = realm.groups().find_by_path("/staff/night").await?;
    assert_eq!(found.and_then(|group| group.id), Some(night.clone()));
    assert!(realm.groups().find_by_path("/staff/day").await?.is_none());
    assert_eq!(
        realm.groups().by_path("/staff").await?.id.as_ref(),
        Some(&id)
    );

    // python: groups_count | php: getGroupsCount | js: groups.count
    let count = realm.groups().count().await?["count"];
    assert_eq!(count, 2);

    let user = realm.users().create(&person("ann")).await?;
    realm.users().id(&user).join_group(&id).await?;

    // python: get_group_members | php: getGroupMembers | js: groups.listMembers
    let members = realm.groups().id(&id).members().try_collect().await?;
    assert_eq!(members[0].id.as_ref(), Some(&user));

    // php: getGroupManagementPermissions | js: groups.listPermissions
    let permissions = realm.groups().id(&id).management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // python: group_set_permissions | php: updateGroupManagementPermissions | js: groups.updatePermission
    let permissions = realm
        .groups()
        .id(&id)
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // python: delete_group | php: removeGroup | js: groups.del
    realm.groups().id(&id).delete().await?;
    assert!(realm.groups().id(&night).find().await?.is_none());
    assert!(!realm.groups().id(&night).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_update_writes_the_group_alone() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-put").await;
    let groups = test.get().groups();
    let mut staff = group("staff");
    staff.attributes = Some(attributes([("floor", "4")]));
    let id = groups.create(&staff).await?;
    groups.id(&id).create_subgroup(&group("night")).await?;
    groups
        .id(&id)
        .modify(|group| group.name = Some("crew".to_owned()))
        .await?;
    let kept = groups.id(&id).get().await?;
    assert_eq!(kept.attributes, Some(attributes([("floor", "4")])));
    groups.id(&id).update(&group("people")).await?;
    let replaced = groups.id(&id).get().await?;
    assert_eq!(replaced.path.as_deref(), Some("/people"));
    assert_eq!(groups.id(&id).subgroups().await?.len(), 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_tree_is_whole_and_every_child_comes_once() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-tree").await;
    let groups = test.get().groups();
    let staff = groups.create(&group("staff")).await?;
    let empty = groups.create(&group("empty")).await?;
    let children: Vec<_> = (0..250).map(|n| group(&format!("team-{n:03}"))).collect();
    let parent = groups.id(&staff);
    let made = Many::new(children.iter().map(|child| parent.create_subgroup(child))).await;
    let made: HashSet<String> = made.into_iter().collect::<Result<_, _>>()?;
    let third = groups
        .id(made.iter().next().unwrap())
        .create_subgroup(&group("deep"))
        .await?;

    let mut seen = HashSet::new();
    let mut listed = parent.subgroups().stream();
    while let Some(child) = listed.try_next().await? {
        assert!(seen.insert(child.id.unwrap()), "twice");
    }
    assert_eq!(seen, made);

    let tree = groups.tree().await?;
    assert_eq!(tree.len(), 2);
    let of = |id: &str| {
        tree.iter()
            .find(|group| group.id.as_deref() == Some(id))
            .unwrap()
    };
    assert!(of(&empty).sub_groups.as_ref().is_some_and(Vec::is_empty));
    let below = of(&staff).sub_groups.as_ref().unwrap();
    assert_eq!(below.len(), 250);
    let deep: Vec<_> = below
        .iter()
        .flat_map(|group| group.sub_groups.iter().flatten())
        .collect();
    assert_eq!(deep.len(), 1);
    assert_eq!(deep[0].id.as_ref(), Some(&third));

    groups.id(&empty).adopt(&third, "deep").await?;
    assert_eq!(groups.by_path("/empty/deep").await?.id, Some(third));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn of_a_hundred_callers_one_creates_a_group() {
    let test = TestRealm::create("facade-groups-race").await;
    let groups = test.get().groups();
    let staff = group("staff");
    let calls = (0..100).map(|_| groups.create(&staff).exist_ok());
    make::assert_one_created(Many::new(calls).concurrency(100).await);
}
