//! Workflows.

use std::time::{Duration, Instant};

use keycloak_admin::types::{
    StepExecutionStatus, WorkflowRepresentation, WorkflowResourceType, WorkflowStepRepresentation,
};
use keycloak_admin::workflows::Workflows;
use keycloak_admin::{Ensured, Error};

use crate::common::{TestRealm, person};

/// The longest time that the server may take to schedule the steps.
const SCHEDULING: Duration = Duration::from_secs(120);

fn step(uses: &str, after: &str) -> WorkflowStepRepresentation {
    WorkflowStepRepresentation::new()
        .with_uses(uses)
        .with_after(after)
}

fn workflow(name: &str) -> WorkflowRepresentation {
    WorkflowRepresentation::new()
        .with_name(name)
        .with_enabled(true)
        .with_steps([step("disable-user", "30d"), step("delete-user", "90d")])
}

/// The workflow's steps as they are scheduled for the user, once they are: the server schedules in the background.
async fn scheduled(
    workflows: &Workflows,
    user_id: &str,
    id: &str,
) -> Result<Vec<WorkflowStepRepresentation>, Error> {
    let started = Instant::now();
    loop {
        // crate: realm_workflows_scheduled_with_resource_id_get
        let found = workflows.list_scheduled_for(user_id).await?;
        let it = found
            .into_iter()
            .find(|found| found.id.as_deref() == Some(id));
        if let Some(workflow) = it {
            return Ok(workflow.steps.unwrap_or_default());
        }
        assert!(started.elapsed() < SCHEDULING, "nothing is scheduled");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_workflow_is_created_found_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("workflows").await;
    let realm = test.get();
    let lock_idle = workflow("lock-idle");

    // js: workflows.create | crate: realm_workflows_post
    let id = realm.workflows().create(&lock_idle).await?;

    let workflows = realm.workflows();
    let found = workflows.create(&lock_idle).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    let error = workflows.create(&lock_idle).await.unwrap_err();
    assert!(error.is_bad_request(), "{error}");
    // Another fault stays an error, also with `exist_ok`.
    let nonsense = workflow("nonsense").with_steps([step("no-such-step", "1d")]);
    let error = workflows.create(&nonsense).exist_ok().await.unwrap_err();
    assert!(error.is_bad_request(), "{error}");
    workflows.create(&workflow("lock-idle-again")).await?;

    // js: workflows.find | crate: realm_workflows_get
    let all = realm.workflows().list().try_collect().await?;

    assert_eq!(all.len(), 2);
    let found = workflows.find_by_name("lock-idle").await?;
    assert_eq!(found.unwrap().id.as_ref(), Some(&id));
    assert!(workflows.find_by_name("lock").await?.is_none());

    let lock = realm.workflow(&id);
    lock.modify(|workflow| workflow.enabled = Some(false))
        .await?;
    let stored = lock.get().await?;
    assert_eq!(stored.enabled, Some(false));
    let uses: Vec<_> = stored
        .steps
        .iter()
        .flatten()
        .map(|step| step.uses.as_deref())
        .collect();
    assert_eq!(uses, [Some("disable-user"), Some("delete-user")]);
    let lock_unused = workflow("lock-unused");

    // js: workflows.update | crate: realm_workflows_with_id_put
    realm.workflow(&id).update(&lock_unused).await?;

    assert_eq!(lock.get().await?.name.as_deref(), Some("lock-unused"));

    // js: workflows.delById | crate: realm_workflows_with_id_delete
    realm.workflow(&id).delete().await?;

    assert!(lock.find().await?.is_none());
    assert!(!lock.delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn workflows_are_read_and_written_as_yaml() -> Result<(), Error> {
    let test = TestRealm::create("workflows-yaml").await;
    let realm = test.get();
    let workflows = realm.workflows();
    let yaml = "name: greet\nenabled: true\nsteps:\n  - uses: notify-user\n    after: 5d\n    with:\n      message: Hello\n";

    // js: workflows.createAsYaml
    let id = realm.workflows().create_yaml(yaml).await?;

    // crate: realm_workflows_with_id_get
    let stored = realm.workflow(&id).get().await?;
    let message = stored.steps.unwrap().remove(0).with.unwrap();
    assert_eq!(message["message"], "Hello");
    let error = workflows.create_yaml(yaml).await.unwrap_err();
    assert!(error.is_bad_request(), "{error}");

    // js: workflows.findOne
    let answer = realm.workflow(&id).get_yaml().await?;

    assert!(
        answer
            .content_type()
            .unwrap()
            .starts_with("application/yaml")
    );
    let written = answer.text()?;
    assert!(
        written.contains("Hello") && !written.contains(&id),
        "{written}"
    );
    // A workflow that was read can be written again, here and as another workflow.
    realm
        .workflow(&id)
        .update_yaml(&written.replace("Hello", "Goodbye"))
        .await?;
    assert!(
        realm
            .workflow(&id)
            .get_yaml()
            .await?
            .text()?
            .contains("Goodbye")
    );
    let copy = workflows
        .create_yaml(&written.replace("greet", "welcome"))
        .await?;
    assert_eq!(
        realm.workflow(&copy).get().await?.name.as_deref(),
        Some("welcome")
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_workflow_is_started_for_a_user_moved_and_cancelled() -> Result<(), Error> {
    let test = TestRealm::create("workflows-users").await;
    let realm = test.get();
    let workflows = realm.workflows();
    let user_id = realm.users().create(&person("alice")).await?;
    let one = workflows.create(&workflow("one")).await?;
    let two = workflows.create(&workflow("two")).await?;

    realm
        .workflow(&one)
        .activate(&WorkflowResourceType::Users, &user_id)
        .not_before("10d")
        .await?;
    let steps = scheduled(&workflows, &user_id, &one).await?;
    assert_eq!(steps[0].status, Some(StepExecutionStatus::Pending));
    let from = steps[0].id.clone().unwrap();
    let to = realm
        .workflow(&two)
        .get()
        .await?
        .steps
        .unwrap()
        .remove(1)
        .id
        .unwrap();

    // crate: realm_workflows_migrate_post
    workflows.migrate(&from, &to).await?;
    let steps = scheduled(&workflows, &user_id, &two).await?;
    assert_eq!(steps[0].status, Some(StepExecutionStatus::Completed));
    assert_eq!(steps[1].status, Some(StepExecutionStatus::Pending));

    // crate: realm_workflows_with_id_deactivate_with_type_with_resource_id_post
    realm
        .workflow(&two)
        .deactivate(&WorkflowResourceType::Users, &user_id)
        .await?;
    assert!(workflows.list_scheduled_for(&user_id).await?.is_empty());

    let clients = workflow("clients").with_steps([step("disable-client", "30d")]);
    let clients = workflows.create(&clients).await?;
    let account = test.keycloak.api().list_clients().realm(&test.name);
    let account = account.client_id("account").await?;
    let uuid = account[0].id.as_deref().unwrap();
    let call = realm
        .workflow(&clients)
        .activate(&WorkflowResourceType::Users, uuid);
    assert!(call.await.unwrap_err().is_bad_request());
    // crate: realm_workflows_with_id_activate_with_type_with_resource_id_post
    realm
        .workflow(&clients)
        .activate(&WorkflowResourceType::Clients, uuid)
        .await?;
    let steps = scheduled(&workflows, uuid, &clients).await?;
    assert_eq!(steps[0].status, Some(StepExecutionStatus::Pending));
    Ok(())
}
