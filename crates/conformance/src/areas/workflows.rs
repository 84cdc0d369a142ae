//! Workflows: what they are, in JSON and in YAML, and the steps that are scheduled for a user.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use conformance::context::Context;
use keycloak_api::types::{
    StepExecutionStatus, WorkflowConcurrencyRepresentation, WorkflowRepresentation,
    WorkflowScheduleRepresentation, WorkflowStepRepresentation,
};
use keycloak_api::workflows::{
    ActivateWorkflow, CreateWorkflow, DeactivateWorkflow, DeleteWorkflow, GetWorkflow,
    ListScheduledWorkflows, ListWorkflows, MigrateWorkflows, UpdateWorkflow,
};
use keycloak_session::ApiCall;
use serde_json::{Value, json};

use super::make::{self, text};

/// The longest time that the server may take to schedule the steps.
const SCHEDULING_TIMEOUT: Duration = Duration::from_secs(20);

const YAML: &str = "application/yaml";

pub(crate) async fn run(ctx: &Context) {
    if ctx.target().version.starts_with("26.4.") {
        skip_all(ctx);
        return;
    }
    workflows(ctx).await;
    yaml(ctx).await;
    scheduled_steps(ctx).await;
}

fn skip_all(ctx: &Context) {
    let reason = "before 26.5 workflows are an experiment that is in no document and reads and writes other JSON";
    ctx.skip::<ListWorkflows>(reason);
    ctx.skip::<CreateWorkflow>(reason);
    ctx.skip::<MigrateWorkflows>(reason);
    ctx.skip::<ListScheduledWorkflows>(reason);
    ctx.skip::<GetWorkflow>(reason);
    ctx.skip::<UpdateWorkflow>(reason);
    ctx.skip::<DeleteWorkflow>(reason);
    ctx.skip::<ActivateWorkflow>(reason);
    ctx.skip::<DeactivateWorkflow>(reason);
}

/// A step with everything that can be written.
fn step(uses: &str, after: &str, with: &Value) -> WorkflowStepRepresentation {
    let mut step = WorkflowStepRepresentation::new()
        .with_uses(uses)
        .with_after(after);
    step.with = with.as_object().cloned();
    step
}

/// Steps for users who are not in use. Their settings have each of the shapes that a setting can have.
fn steps() -> Vec<WorkflowStepRepresentation> {
    let settings = json!({"state": "idle", "teams": ["blue", "red"], "vip": true});
    vec![
        step("set-user-attribute", "7d", &settings),
        step("disable-user", "30d", &Value::Null),
    ]
}

/// A workflow with everything that can be written. `role` is one of the realm.
fn described(name: &str, role: &str) -> WorkflowRepresentation {
    WorkflowRepresentation::new()
        .with_name(name)
        .with_enabled(true)
        .with_on("user-created")
        .with_schedule(
            WorkflowScheduleRepresentation::new()
                .with_after("1d")
                .with_batch_size(50),
        )
        .with_concurrency(
            WorkflowConcurrencyRepresentation::new()
                .with_cancel_in_progress("user-authenticated")
                .with_restart_in_progress("true"),
        )
        .with_if(format!("not has-role({role})"))
        .with_steps(steps())
}

/// A role of the realm, to speak of in conditions; gives its name.
async fn role(ctx: &Context) -> Option<String> {
    make::realm_role(ctx, &ctx.name("role")).await?.name
}

async fn read(ctx: &Context, id: &str) -> Option<WorkflowRepresentation> {
    let get = ctx.keycloak.get_workflow().realm(ctx.realm()).id(id);
    Some(ctx.call(get).await?.into_inner())
}

async fn workflows(ctx: &Context) -> Option<()> {
    let role = role(ctx).await?;
    let name = ctx.name("workflow");
    let mut workflow = described(&name, &role);
    let create = ctx.keycloak.create_workflow().realm(ctx.realm());
    let id = ctx.create(create.body(&workflow)).await?;
    ctx.stored::<CreateWorkflow>(&workflow, &read(ctx, &id).await?, &[]);

    let get = ctx.keycloak.get_workflow().realm(ctx.realm()).id(&id);
    let found = ctx.call(get.include_id(false)).await?;
    let is_nameless = found.id.is_none() && found.steps.iter().flatten().all(|s| s.id.is_none());
    ctx.check::<GetWorkflow>(is_nameless, "the ids are left out");
    let list = || ctx.keycloak.list_workflows().realm(ctx.realm());
    let found = list().search(&name).exact(true).first(0).max(5);
    let found = ctx.call(found).await?;
    let is_the_one = found.len() == 1 && found[0].id.as_ref() == Some(&id);
    ctx.check::<ListWorkflows>(is_the_one, "the search gives the one workflow");

    workflow.name = Some(ctx.name("renamed"));
    workflow.enabled = Some(false);
    workflow.on = text("user-authenticated");
    workflow.if_ = Some(format!("has-role({role})"));
    workflow.steps.get_or_insert_default().truncate(1);
    let update = ctx.keycloak.update_workflow().realm(ctx.realm()).id(&id);
    ctx.call(update.body(&workflow)).await;
    let stored = read(ctx, &id).await?;
    ctx.stored::<UpdateWorkflow>(&workflow, &stored, &[]);
    let path = format!("/workflows/{id}");
    ctx.keeps_read_only::<UpdateWorkflow, WorkflowRepresentation>(&path)
        .await;
    let has_one = stored.steps.is_some_and(|steps| steps.len() == 1);
    ctx.check::<UpdateWorkflow>(has_one, "the workflow has one step");

    let delete = ctx.keycloak.delete_workflow().realm(ctx.realm()).id(&id);
    ctx.call(delete).await?;
    let is_empty = ctx.call(list()).await?.is_empty();
    ctx.check::<DeleteWorkflow>(is_empty, "the workflow is gone");
    Some(())
}

/// The same in YAML, which is how people write workflows.
async fn yaml(ctx: &Context) -> Option<()> {
    let name = ctx.name("yaml");
    let document = |enabled: bool| {
        format!(
            "name: {name}\nenabled: {enabled}\nsteps:\n  - uses: notify-user\n    after: 5d\n    with:\n      message: Hello\n"
        )
    };
    let mut create = ctx.keycloak.create_workflow().realm(ctx.realm());
    create.request_mut().set_body(YAML, document(true));
    let id = ctx.create(create).await?;
    let mut expected = WorkflowRepresentation::new()
        .with_name(&name)
        .with_enabled(true)
        .with_steps([step("notify-user", "5d", &json!({"message": "Hello"}))]);
    ctx.stored::<CreateWorkflow>(&expected, &read(ctx, &id).await?, &[]);
    let mut update = ctx.keycloak.update_workflow().realm(ctx.realm()).id(&id);
    update.request_mut().set_body(YAML, document(false));
    ctx.call(update).await;
    expected.enabled = Some(false);
    ctx.stored::<UpdateWorkflow>(&expected, &read(ctx, &id).await?, &[]);

    let get = ctx.keycloak.get_workflow().realm(ctx.realm()).id(&id);
    answers_yaml(ctx, get, &name).await;
    answers_yaml(ctx, ctx.keycloak.list_workflows().realm(ctx.realm()), &name).await;
    let delete = ctx.keycloak.delete_workflow().realm(ctx.realm()).id(&id);
    ctx.call(delete).await;
    Some(())
}

/// Checks that the answer to a call that asks for YAML is YAML with this workflow in it.
async fn answers_yaml<C: ApiCall>(ctx: &Context, mut call: C, name: &str) {
    call.request_mut().set_accept(YAML);
    let answer = call.into_request().send_raw().await;
    let is_yaml = answer.is_ok_and(|answer| {
        let is_yaml = answer.content_type().is_some_and(|is| is.starts_with(YAML));
        is_yaml && answer.text().is_ok_and(|text| text.contains(name))
    });
    ctx.check::<C>(is_yaml, "the answer is not YAML with the workflow in it");
}

/// A workflow that runs for whom it is activated; gives its id.
async fn ad_hoc(ctx: &Context) -> Option<String> {
    let workflow = WorkflowRepresentation::new()
        .with_name(ctx.name("ad-hoc"))
        .with_enabled(true)
        .with_steps(steps());
    let create = ctx.keycloak.create_workflow().realm(ctx.realm());
    ctx.create(create.body(workflow)).await
}

/// The id of a step of the workflow.
async fn step_id(ctx: &Context, workflow_id: &str, index: usize) -> Option<String> {
    let steps = read(ctx, workflow_id).await?.steps?;
    steps.into_iter().nth(index)?.id
}

/// The workflow that is scheduled for the user, as soon as it is this one: the server schedules in the background.
async fn scheduled(ctx: &Context, user_id: &str, id: &str) -> Option<WorkflowRepresentation> {
    let started = Instant::now();
    while started.elapsed() < SCHEDULING_TIMEOUT {
        let list = ctx.keycloak.list_scheduled_workflows();
        let list = list.realm(ctx.realm()).resource_id(user_id);
        let found = ctx.call(list).await?.into_inner();
        let is_it = |found: &WorkflowRepresentation| found.id.as_deref() == Some(id);
        if let Some(workflow) = found.into_iter().find(is_it) {
            return Some(workflow);
        }
    }
    None
}

async fn scheduled_steps(ctx: &Context) -> Option<()> {
    let user_id = make::user(ctx, &ctx.name("idle")).await?;
    let (mut id, other) = (ad_hoc(ctx).await?, ad_hoc(ctx).await?);
    let activate = ctx.keycloak.activate_workflow().realm(ctx.realm()).id(&id);
    let activate = activate.r#type("USERS").resource_id(&user_id);
    ctx.call(activate.not_before("10d")).await?;
    let workflow = scheduled(ctx, &user_id, &id).await;
    ctx.check::<ActivateWorkflow>(
        workflow.is_some_and(|workflow| is_in_ten_days(&workflow)),
        "the first step is scheduled in ten days",
    );

    if migrate(ctx, &user_id, &id, &other).await.is_some() {
        id = other;
    }
    let deactivate = ctx.keycloak.deactivate_workflow().realm(ctx.realm());
    let deactivate = deactivate.id(&id).r#type("USERS").resource_id(&user_id);
    ctx.call(deactivate).await?;
    let list = ctx.keycloak.list_scheduled_workflows();
    let list = list.realm(ctx.realm()).resource_id(&user_id);
    let is_empty = ctx.call(list).await?.is_empty();
    ctx.check::<DeactivateWorkflow>(is_empty, "nothing is scheduled any more");
    Some(())
}

/// Moves the user from the first step of one workflow to the second of the other.
async fn migrate(ctx: &Context, user_id: &str, from_id: &str, to_id: &str) -> Option<()> {
    if ctx.target().version.starts_with("26.5.") {
        // The server takes the path for that of a workflow, so it does not answer as for a missing endpoint.
        ctx.skip::<MigrateWorkflows>("before 26.6 there is no such endpoint");
        return None;
    }
    let (from, to) = (
        step_id(ctx, from_id, 0).await?,
        step_id(ctx, to_id, 1).await?,
    );
    let migrate = ctx.keycloak.migrate_workflows().realm(ctx.realm());
    ctx.call(migrate.from(from).to(to)).await?;
    let workflow = scheduled(ctx, user_id, to_id).await;
    let status = |index: usize| {
        workflow
            .as_ref()?
            .steps
            .as_ref()?
            .get(index)?
            .status
            .clone()
    };
    ctx.check::<MigrateWorkflows>(
        status(0) == Some(StepExecutionStatus::Completed)
            && status(1) == Some(StepExecutionStatus::Pending),
        "the other workflow is scheduled from its second step on",
    );
    Some(())
}

/// Returns whether the first step is at the time that activation asked for, and not at its own.
fn is_in_ten_days(workflow: &WorkflowRepresentation) -> bool {
    const HOUR: i64 = 3_600_000;
    let first = workflow.steps.iter().flatten().next();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|now| i64::try_from(now.as_millis()).ok());
    match (first.and_then(|step| step.scheduled_at), now) {
        (Some(at), Some(now)) => (at - now - 10 * 24 * HOUR).abs() < HOUR,
        _ => false,
    }
}
