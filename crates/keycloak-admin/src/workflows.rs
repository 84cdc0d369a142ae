//! Workflows: what is to be done with users and clients in time, step by step. Since Keycloak 26.5; before, they are an experiment that
//! reads and writes other JSON. They need the feature `workflows` of the server, without which every call is a 404.

use keycloak_api::Client as Api;
use keycloak_api::types::{WorkflowRepresentation, WorkflowResourceType};
use keycloak_api::workflows::{
    ActivateWorkflow, CreateWorkflow, DeactivateWorkflow, DeleteWorkflow, GetWorkflow,
    ListScheduledWorkflows, ListWorkflows, MigrateWorkflows, UpdateWorkflow,
};
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, RawCall, Realm, modify};

const YAML: &str = "application/yaml";

impl<'a> Realm<'a> {
    /// The realm's workflows.
    #[must_use]
    #[inline]
    pub fn workflows(self) -> Workflows<'a> {
        Workflows { realm: self }
    }
}

/// The workflows of a realm, from [`Realm::workflows`].
#[derive(Clone, Copy, Debug)]
pub struct Workflows<'a> {
    realm: Realm<'a>,
}

impl<'a> Workflows<'a> {
    /// Lists the workflows. `GET /admin/realms/{realm}/workflows`
    #[inline]
    pub fn list(self) -> Call<ListWorkflows> {
        self.realm.at(Api::list_workflows)
    }

    /// Creates a workflow and returns its id. `POST /admin/realms/{realm}/workflows`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its name; without, a name that is taken is a 400 and not a conflict.
    /// The server looks before it creates and not while it does: callers at the same time can make several of one name.
    ///
    /// ```no_run
    /// use keycloak_admin::types::{WorkflowRepresentation, WorkflowStepRepresentation};
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let lock_idle = WorkflowRepresentation {
    ///     name: Some("lock-idle".to_owned()),
    ///     enabled: Some(true),
    ///     on: Some("user-authenticated".to_owned()),
    ///     steps: Some(vec![WorkflowStepRepresentation {
    ///         uses: Some("disable-user".to_owned()),
    ///         after: Some("90d".to_owned()),
    ///         ..Default::default()
    ///     }]),
    ///     ..Default::default()
    /// };
    /// keycloak.realm("acme").workflows().create(&lock_idle).exist_ok().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, workflow: &WorkflowRepresentation) -> Create<CreateWorkflow> {
        let name = workflow.name.as_deref();
        let find = |name: &str| self.find_by_name(name);
        let key = NaturalKey::new("name", name, find, |workflow| workflow.id);
        let call = self.realm.at(|api| api.create_workflow().body(workflow));
        // Keycloak says 400 of a name that is taken.
        Create::new(call, key.taken_as(400))
    }

    /// Creates a workflow from YAML, which is how Keycloak's documentation writes them, and returns its id.
    /// `POST /admin/realms/{realm}/workflows`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn create_yaml(self, yaml: &str) -> BoxFuture<'static, Result<String, Error>> {
        let call = self.realm.at(Api::create_workflow);
        let call = call.query(|mut q| {
            q.request_mut().set_body(YAML, yaml.to_owned());
            q
        });
        call.created_id()
    }

    /// The workflow that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/workflows`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<WorkflowRepresentation>, Error>> {
        let list = self.list().query(|q| q.search(name).exact(true));
        let name = name.to_owned();
        find_in_pages(list, move |workflow| workflow.name.as_ref() == Some(&name))
    }

    /// Lists the workflows that have something scheduled for a resource, such as a user's id, with the state of their steps.
    /// `GET /admin/realms/{realm}/workflows/scheduled/{resource-id}`
    #[inline]
    pub fn scheduled_for(self, resource_id: &str) -> Call<ListScheduledWorkflows> {
        self.realm
            .at(|api| api.list_scheduled_workflows().resource_id(resource_id))
    }

    /// Moves all that wait for one step to another, of the same workflow or of another. Since Keycloak 26.6.
    /// `POST /admin/realms/{realm}/workflows/migrate`
    ///
    /// Steps have ids, which [`Workflow::get`] tells.
    #[inline]
    pub fn migrate(self, from_step_id: &str, to_step_id: &str) -> Call<MigrateWorkflows> {
        self.realm
            .at(|api| api.migrate_workflows().from(from_step_id).to(to_step_id))
    }

    /// The workflow of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Workflow<'a> {
        Workflow {
            realm: self.realm,
            id,
        }
    }
}

/// One workflow of a realm, from [`Workflows::id`].
#[derive(Clone, Copy, Debug)]
pub struct Workflow<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Workflow<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the workflow. `GET /admin/realms/{realm}/workflows/{id}`
    ///
    /// One that is not there is a 400; [`find`](Self::find) knows.
    #[inline]
    pub fn get(self) -> Call<GetWorkflow> {
        self.at(Api::get_workflow)
    }

    /// Reads the workflow as YAML, without ids, so that it can be created elsewhere. `GET /admin/realms/{realm}/workflows/{id}`
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String) -> Result<(), keycloak_admin::Error> {
    /// let yaml = keycloak.realm("acme").workflows().id(&id).get_yaml().await?;
    /// println!("{}", yaml.text()?);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get_yaml(self) -> RawCall {
        self.get().query(|q| q.include_id(false)).raw().accept(YAML)
    }

    /// Like [`get`](Self::get); `None` where there is no such workflow.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<WorkflowRepresentation>, Error>> {
        let get = self.get();
        Box::pin(async move {
            match get.await {
                Ok(workflow) => Ok(Some(workflow)),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Replaces the workflow. `PUT /admin/realms/{realm}/workflows/{id}`
    ///
    /// While something is scheduled, the number and the order of the steps cannot be changed (400).
    #[inline]
    pub fn update(self, workflow: &WorkflowRepresentation) -> Call<UpdateWorkflow> {
        self.at(|api| api.update_workflow().body(workflow))
    }

    /// Replaces the workflow by what the YAML says. `PUT /admin/realms/{realm}/workflows/{id}`
    #[inline]
    pub fn update_yaml(self, yaml: &str) -> Call<UpdateWorkflow> {
        self.at(|api| {
            let mut call = api.update_workflow();
            call.request_mut().set_body(YAML, yaml.to_owned());
            call
        })
    }

    /// Reads the workflow, changes it and writes it back whole. Where nothing is changed, nothing is written.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut WorkflowRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_workflow), change)
    }

    /// Deletes the workflow with all that it has scheduled. `DELETE /admin/realms/{realm}/workflows/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteWorkflow> {
        self.at(Api::delete_workflow)
    }

    /// Deletes the workflow if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        let (delete, find) = (self.delete(), self.find());
        Box::pin(async move {
            match delete.await {
                Ok(()) => Ok(true),
                Err(error) if is_missing(&error) && find.await?.is_none() => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    /// Starts the workflow for a user or a client. `.query(|q| q.not_before("10d"))` sets when its first step is due, instead of
    /// what the step says. `POST /admin/realms/{realm}/workflows/{id}/activate/{type}/{resourceId}`
    ///
    /// The server schedules in the background: [`scheduled_for`](Workflows::scheduled_for) may not tell of it at once.
    ///
    /// ```no_run
    /// use keycloak_admin::types::WorkflowResourceType;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak, id: String, user: String) -> Result<(), keycloak_admin::Error> {
    /// let workflow = keycloak.realm("acme").workflows().id(&id);
    /// workflow.activate(&WorkflowResourceType::Users, &user).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn activate(
        self,
        resource_type: &WorkflowResourceType,
        resource_id: &str,
    ) -> Call<ActivateWorkflow> {
        self.at(|api| {
            let call = api.activate_workflow().r#type(resource_type.as_str());
            call.resource_id(resource_id)
        })
    }

    /// Cancels what the workflow has scheduled for a user or a client.
    /// `POST /admin/realms/{realm}/workflows/{id}/deactivate/{type}/{resourceId}`
    #[inline]
    pub fn deactivate(
        self,
        resource_type: &WorkflowResourceType,
        resource_id: &str,
    ) -> Call<DeactivateWorkflow> {
        self.at(|api| {
            let call = api.deactivate_workflow().r#type(resource_type.as_str());
            call.resource_id(resource_id)
        })
    }
}

/// Whether this may be how the server says that there is no such workflow: it says "bad request".
fn is_missing(error: &Error) -> bool {
    error.is_bad_request() || error.is_not_found()
}
