//! Groups, on a real server.

use std::collections::HashSet;

use keycloak_admin::{Batch, Ensured, Error};

use crate::common::{TestRealm, attributes, person};
use crate::make::group;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_group_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups").await;
    let realm = test.get();

    // python: create_group | php: createGroup | js: groups.create | crate: realm_groups_post
    let id = realm
        .groups()
        .create(&group("staff"))
        .exist_ok()
        .await?
        .into_id();

    // python: get_groups | php: getGroups | js: groups.find | crate: realm_groups_get
    let groups = realm.groups().list().try_collect().await?;
    assert_eq!(groups.len(), 1);

    // python: get_group | php: getGroup | js: groups.findOne | crate: realm_groups_with_group_id_get
    let staff = realm.group(&id).get().await?;
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
        .group(&id)
        .modify(|group| group.description = Some("everybody".to_owned()))
        .await?;
    assert_eq!(
        realm.group(&id).get().await?.description.as_deref(),
        Some("everybody")
    );

    // php: createChildGroup | js: groups.createChildGroup | crate: realm_groups_with_group_id_children_post
    let night = realm
        .group(&id)
        .create_subgroup(&group("night"))
        .exist_ok()
        .await?
        .into_id();
    let again = realm
        .group(&id)
        .create_subgroup(&group("night"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(night.clone()));

    // python: get_group_children, get_subgroups | js: groups.listSubGroups | crate: realm_groups_with_group_id_children_get
    let children = realm.group(&id).list_subgroups().try_collect().await?;
    assert_eq!(children[0].id.as_ref(), Some(&night));

    // python: get_group_by_path | php: getGroupByPath | js: realms.getGroupByPath | crate: realm_group_by_path_with_path_get
    let found = realm.groups().find_by_path("/staff/night").await?;
    assert_eq!(found.and_then(|group| group.id), Some(night.clone()));
    assert!(realm.groups().find_by_path("/staff/day").await?.is_none());
    assert_eq!(
        realm.groups().get_by_path("/staff").await?.id.as_ref(),
        Some(&id)
    );

    // python: groups_count | php: getGroupsCount | js: groups.count | crate: realm_groups_count_get
    let count = realm.groups().count().await?;
    assert_eq!(count, 2);

    let user = realm.users().create(&person("ann")).await?;
    realm.user(&user).join_group(&id).await?;

    // python: get_group_members | php: getGroupMembers | js: groups.listMembers | crate: realm_groups_with_group_id_members_get
    let members = realm.group(&id).list_members().try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(&user));

    // php: getGroupManagementPermissions | js: groups.listPermissions | crate: realm_groups_with_group_id_management_permissions_get
    let permissions = realm.group(&id).get_management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // python: group_set_permissions | php: updateGroupManagementPermissions | js: groups.updatePermission | crate: realm_groups_with_group_id_management_permissions_put
    let permissions = realm.group(&id).set_management_permissions(true).await?;
    assert_eq!(permissions.enabled, Some(true));

    // python: delete_group | php: removeGroup | js: groups.del | crate: realm_groups_with_group_id_delete
    realm.group(&id).delete().await?;
    assert!(realm.group(&night).find().await?.is_none());
    assert!(!realm.group(&night).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_update_writes_the_group_alone() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-put").await;
    let realm = test.get();
    let groups = realm.groups();
    let mut staff = group("staff");
    staff.attributes = Some(attributes([("floor", "4")]));
    let id = groups.create(&staff).await?;
    realm.group(&id).create_subgroup(&group("night")).await?;
    realm
        .group(&id)
        .modify(|group| group.name = Some("crew".to_owned()))
        .await?;
    let kept = realm.group(&id).get().await?;
    assert_eq!(kept.attributes, Some(attributes([("floor", "4")])));
    // crate: realm_groups_with_group_id_put
    realm.group(&id).update(&group("people")).await?;
    let replaced = realm.group(&id).get().await?;
    assert_eq!(replaced.path.as_deref(), Some("/people"));
    assert_eq!(realm.group(&id).list_subgroups().await?.len(), 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_tree_is_whole_and_every_child_comes_once() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-tree").await;
    let realm = test.get();
    let groups = realm.groups();
    let staff = groups.create(&group("staff")).await?;
    let empty = groups.create(&group("empty")).await?;
    let children: Vec<_> = (0..250).map(|n| group(&format!("team-{n:03}"))).collect();
    let parent = realm.group(&staff);
    let made = Batch::new(children.iter().map(|child| parent.create_subgroup(child))).await;
    let made: HashSet<String> = made.into_iter().collect::<Result<_, _>>()?;
    let third = realm
        .group(made.iter().next().unwrap())
        .create_subgroup(&group("deep"))
        .await?;

    let mut seen = HashSet::new();
    let mut listed = parent.list_subgroups().stream();
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

    realm.group(&empty).adopt(&third, "deep").await?;
    assert_eq!(
        groups.get_by_path("/empty/deep").await?.id.as_ref(),
        Some(&third)
    );

    realm.group(&third).move_to_top("deep").await?;
    assert_eq!(groups.get_by_path("/deep").await?.id.as_ref(), Some(&third));
    assert!(realm.group(&empty).list_subgroups().await?.is_empty());
    let another = realm.group(&empty).create_subgroup(&group("deep")).await?;
    let error = realm.group(&another).move_to_top("deep").await.unwrap_err();
    assert!(error.is_conflict(), "the name is taken at the top: {error}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_of_one_name_are_found_at_every_depth() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-name").await;
    let realm = test.get();
    let groups = realm.groups();
    let staff = groups.create(&group("staff")).await?;
    let day = realm.group(&staff).create_subgroup(&group("day")).await?;
    let mut night = group("night");
    night.attributes = Some(attributes([("floor", "4")]));
    // A group of the name that is below another group of the name, and a name that is longer.
    let upper = realm.group(&day).create_subgroup(&night).await?;
    realm.group(&upper).create_subgroup(&night).await?;
    realm.group(&staff).create_subgroup(&night).await?;
    groups.create(&group("nightly")).await?;
    assert_eq!(groups.find_by_name("night").await?, None);
    let top = groups.create(&night).await?;

    let found = groups.find_all_by_name("night").await?;
    assert!(
        found
            .iter()
            .all(|group| group.attributes == night.attributes)
    );
    let paths: HashSet<&str> = found
        .iter()
        .filter_map(|group| group.path.as_deref())
        .collect();
    assert_eq!(found.len(), 4);
    assert_eq!(
        paths,
        HashSet::from([
            "/night",
            "/staff/night",
            "/staff/day/night",
            "/staff/day/night/night"
        ])
    );
    let at_top = groups.find_by_name("night").await?;
    assert_eq!(at_top.and_then(|group| group.id), Some(top));
    assert!(groups.find_all_by_name("nigh").await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn more_groups_of_one_name_than_a_page_has_are_all_found() -> Result<(), Error> {
    let test = TestRealm::create("facade-groups-same").await;
    let realm = test.get();
    let staff = realm.groups().create(&group("staff")).await?;
    let parent = realm.group(&staff);
    let teams: Vec<_> = (0..110).map(|n| group(&format!("team-{n:03}"))).collect();
    let teams = Batch::new(teams.iter().map(|team| parent.create_subgroup(team))).await;
    let teams: Vec<String> = teams.into_iter().collect::<Result<_, _>>()?;
    let desk = group("desk");
    let desks = Batch::new(
        teams
            .iter()
            .map(|id| realm.group(id).create_subgroup(&desk)),
    )
    .await;
    let mut desks: HashSet<String> = desks.into_iter().collect::<Result<_, _>>()?;
    let top = realm.groups().create(&desk).await?;

    let at_top = realm.groups().find_by_name("desk").await?;
    assert_eq!(at_top.and_then(|group| group.id).as_ref(), Some(&top));
    desks.insert(top);
    let found = realm.groups().find_all_by_name("desk").await?;
    assert_eq!(found.len(), 111);
    let found: HashSet<String> = found.into_iter().filter_map(|group| group.id).collect();
    assert_eq!(found, desks);
    Ok(())
}
