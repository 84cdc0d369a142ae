//! Workflows: steps that the server takes for users and clients, one by one and after some time.
//!
//! The methods need Keycloak 26.5 or newer, because the workflows of older servers are an experiment with other JSON. They need the server's
//! feature `workflows`: without it the answer to every call is 404.

use keycloak_api::types::{WorkflowRepresentation, WorkflowResourceType};
use keycloak_api::workflows::{
    ActivateWorkflow, CreateWorkflow, DeactivateWorkflow, DeleteWorkflow, GetWorkflow,
    ListScheduledWorkflows, ListWorkflows, MigrateWorkflows, UpdateWorkflow,
};
use keycloak_session::{ApiCall as _, Error, RawCall};

use crate::create::{NaturalKey, created_id};
use crate::find::find_in_pages;
use crate::{Create, Modify, Realm};

const YAML: &str = "application/yaml";

impl Realm {
    /// Returns a handle on all workflows of the realm.
    #[must_use]
    pub fn workflows(&self) -> Workflows {
        Workflows {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the workflow of this id. Nothing is sent, so the workflow need not exist.
    #[must_use]
    pub fn workflow(&self, id: impl Into<String>) -> Workflow {
        Workflow {
            realm: self.clone(),
            id: id.into(),
        }
    }
}

/// The workflows of a realm, from [`Realm::workflows`].
#[derive(Clone, Debug)]
pub struct Workflows {
    realm: Realm,
}

impl Workflows {
    /// Lists the workflows. `GET /admin/realms/{realm}/workflows`
    pub fn list(&self) -> ListWorkflows {
        self.realm.api().list_workflows().realm(self.realm.name())
    }

    fn post(&self) -> CreateWorkflow {
        self.realm.api().create_workflow().realm(self.realm.name())
    }

    /// Creates a workflow and returns its id. `POST /admin/realms/{realm}/workflows`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the workflow by its name. Without `exist_ok`, the answer to a name that exists is 400 and not a
    /// conflict. The server does not check the name and create the workflow in one step, so callers at the same time can create several
    /// workflows of one name.
    ///
    /// ```no_run
    /// use keycloak_admin::types::{WorkflowRepresentation, WorkflowStepRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let lock_idle = WorkflowRepresentation::new()
    ///     .with_name("lock-idle")
    ///     .with_enabled(true)
    ///     .with_on("user-authenticated")
    ///     .with_steps([WorkflowStepRepresentation::new()
    ///         .with_uses("disable-user")
    ///         .with_after("90d")]);
    /// keycloak.realm("acme").workflows().create(&lock_idle).exist_ok().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(&self, workflow: &WorkflowRepresentation) -> Create<CreateWorkflow> {
        let name = workflow.name.as_deref();
        let key = NaturalKey::new(&self.realm, "name", name, |realm, name| async move {
            let found = realm.workflows().find_by_name(&name).await?;
            Ok(found.and_then(|workflow| workflow.id))
        });
        // Keycloak answers 400 if the name exists.
        Create::new(self.post().body(workflow), key.conflict_status(400))
    }

    /// Creates a workflow from YAML and returns its id. `POST /admin/realms/{realm}/workflows`
    ///
    /// Keycloak's documentation writes workflows in YAML.
    pub async fn create_yaml(&self, yaml: &str) -> Result<String, Error> {
        let mut call = self.post();
        call.request_mut().set_body(YAML, yaml.to_owned());
        created_id(call).await
    }

    /// Returns the workflow that has exactly this name; `None` if no workflow has it. `GET /admin/realms/{realm}/workflows`
    pub async fn find_by_name(&self, name: &str) -> Result<Option<WorkflowRepresentation>, Error> {
        let list = self.list().search(name).exact(true);
        find_in_pages(list, |workflow| workflow.name.as_deref() == Some(name)).await
    }

    /// Lists the workflows that have scheduled steps for a resource, such as a user's id, with the state of the steps.
    /// `GET /admin/realms/{realm}/workflows/scheduled/{resource-id}`
    pub fn list_scheduled_for(&self, resource_id: &str) -> ListScheduledWorkflows {
        self.realm
            .api()
            .list_scheduled_workflows()
            .realm(self.realm.name())
            .resource_id(resource_id)
    }

    /// Moves all resources that wait for one step to another step, of the same workflow or of another. Since Keycloak 26.6.
    /// `POST /admin/realms/{realm}/workflows/migrate`
    ///
    /// [`Workflow::get`] returns the ids of the steps.
    pub fn migrate(&self, from_step_id: &str, to_step_id: &str) -> MigrateWorkflows {
        self.realm
            .api()
            .migrate_workflows()
            .realm(self.realm.name())
            .from(from_step_id)
            .to(to_step_id)
    }
}

/// One workflow of a realm, from [`Realm::workflow`].
#[derive(Clone, Debug)]
pub struct Workflow {
    realm: Realm,
    id: String,
}

impl Workflow {
    /// Reads the workflow. `GET /admin/realms/{realm}/workflows/{id}`
    ///
    /// If there is no such workflow, the answer is 400. [`find`](Self::find) returns `None` then.
    pub fn get(&self) -> GetWorkflow {
        self.realm
            .api()
            .get_workflow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Reads the workflow as YAML, without ids, so that it can be created elsewhere. `GET /admin/realms/{realm}/workflows/{id}`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let yaml = keycloak.realm("acme").workflow(&id).get_yaml().await?;
    /// println!("{}", yaml.text()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_yaml(&self) -> RawCall {
        self.get().include_id(false).raw().accept(YAML)
    }

    /// Reads the workflow; `None` if there is no such workflow. `GET /admin/realms/{realm}/workflows/{id}`
    pub async fn find(&self) -> Result<Option<WorkflowRepresentation>, Error> {
        match self.get().await {
            Ok(workflow) => Ok(Some(workflow)),
            Err(error) if may_be_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put(&self) -> UpdateWorkflow {
        self.realm
            .api()
            .update_workflow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Replaces the workflow. `PUT /admin/realms/{realm}/workflows/{id}`
    ///
    /// A field that is `None` is emptied. A workflow that was read with [`get`](Self::get) and is written back loses the fields that the types do not
    /// know. [`modify`](Self::modify) keeps them.
    /// While steps are scheduled, the number and the order of the steps cannot be changed: the answer is 400.
    #[inline]
    pub fn update(&self, workflow: &WorkflowRepresentation) -> UpdateWorkflow {
        self.put().body(workflow)
    }

    /// Replaces the workflow with the one in the YAML. `PUT /admin/realms/{realm}/workflows/{id}`
    pub fn update_yaml(&self, yaml: &str) -> UpdateWorkflow {
        let mut call = self.put();
        call.request_mut().set_body(YAML, yaml.to_owned());
        call
    }

    /// Reads the workflow, changes it and writes it back whole. If nothing is changed, nothing is written.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut WorkflowRepresentation) + Send + 'f,
    ) -> Modify<'f, WorkflowRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the workflow with its scheduled steps. `DELETE /admin/realms/{realm}/workflows/{id}`
    pub fn delete(&self) -> DeleteWorkflow {
        self.realm
            .api()
            .delete_workflow()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Deletes the workflow if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/workflows/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        match self.delete().await {
            Ok(()) => Ok(true),
            Err(error) if may_be_missing(&error) && self.find().await?.is_none() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Starts the workflow for a user or a client. `POST /admin/realms/{realm}/workflows/{id}/activate/{type}/{resourceId}`
    ///
    /// `.not_before("10d")` sets when the first step is due, instead of the time in the step. The server schedules in the background, so
    /// [`list_scheduled_for`](Workflows::list_scheduled_for) may not list the steps at once.
    ///
    /// ```no_run
    /// use keycloak_admin::types::WorkflowResourceType;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String, user: String) -> Result<(), keycloak_admin::Error> {
    /// let workflow = keycloak.realm("acme").workflow(&id);
    /// workflow.activate(&WorkflowResourceType::Users, &user).not_before("10d").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn activate(
        &self,
        resource_type: &WorkflowResourceType,
        resource_id: &str,
    ) -> ActivateWorkflow {
        self.realm
            .api()
            .activate_workflow()
            .realm(self.realm.name())
            .id(&self.id)
            .r#type(resource_type.as_str())
            .resource_id(resource_id)
    }

    /// Cancels the workflow's scheduled steps for a user or a client.
    /// `POST /admin/realms/{realm}/workflows/{id}/deactivate/{type}/{resourceId}`
    pub fn deactivate(
        &self,
        resource_type: &WorkflowResourceType,
        resource_id: &str,
    ) -> DeactivateWorkflow {
        self.realm
            .api()
            .deactivate_workflow()
            .realm(self.realm.name())
            .id(&self.id)
            .r#type(resource_type.as_str())
            .resource_id(resource_id)
    }
}

/// Returns true for an answer of 400, which may mean that there is no such workflow.
fn may_be_missing(error: &Error) -> bool {
    error.is_bad_request() || error.is_not_found()
}
