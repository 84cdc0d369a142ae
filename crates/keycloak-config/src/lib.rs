//! Realms as code: reads the files of a realm, plans the changes that bring a server's realm to them, and applies the plan.
//!
//! ```no_run
//! use keycloak_config::{Desired, PlanOptions, Values};
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_config::ConfigError> {
//! let desired = Desired::read(&["realm.yaml"], &Values::environment())?;
//! let actual = keycloak_config::read_actual(&keycloak, &desired).await?;
//! let plan = keycloak_config::plan(&desired, &actual, &PlanOptions::default())?;
//! print!("{plan}");
//! keycloak_config::apply(&keycloak, &plan, &desired, &actual, &|_| {}).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Files
//!
//! A file is Keycloak's own realm export, or a part of it, in JSON or YAML. Several files are merged. [`Desired::read_realms`] also reads files with
//! several realms: a list of them, or several documents of YAML.
//!
//! `$(env:NAME)` inside of a text becomes a value of the environment, `$(sys:NAME)` and `$(NAME)` one of the caller's
//! [properties](Values::with_properties), and `$(file:PATH)` the content of a file. `$(env:NAME:-TEXT)` becomes TEXT if there is no value. The
//! values themselves are not expanded. In JSON, such a value may stand without quotes: then it is JSON itself, such as a number or an object. A relative
//! path starts at the working directory. Keycloak's own `${...}` stays.
//!
//! An unknown field, a field that is there twice, a value of a wrong type and a reference to an object that is neither declared nor on the server are
//! [problems](Problem) with file, line and path.
//!
//! A file may also have the list `workflows`, with the form of Keycloak's API. Keycloak's export leaves workflows out.
//!
//! # Meaning
//!
//! - An object that is not declared is not touched. Nor is a field that is not declared, or a key of a map.
//! - A declared list is the whole list. An item with a name keeps the undeclared fields of the item of this name. The order counts only
//!   in lists whose order Keycloak uses, such as the executions of a flow.
//! - Objects are known by their natural keys, such as the path of a group and the alias of a flow. Ids in files are not used.
//! - Objects are deleted only if their [`Kind`] is in [`PlanOptions::prune`] and their list is declared. Built-in objects are never deleted.
//! - A masked value (`**********`) is neither compared nor written. The plan has a [note](Plan::notes) about it.
//!
//! # Permissions of administrators
//!
//! Fine-grained permissions are policies of the client `admin-permissions`, or `realm-management` in version 1. Keycloak writes ids into them. In a file
//! `$NAME` stands in place of an id: `$app` for a client, `$/staff/new` for a group, `$editor` or `$app/write` for a role, `$ali` for a user,
//! `$partner` for an identity provider. An id of an object in the same file is understood too.
//!
//! In version 2, `$NAME` is a whole item of `resources`. In version 1 it is the end of a name that Keycloak makes, such as `client.resource.$app`.
//! A `$` in another name is a plain letter.
//!
//! # Limits
//!
//! - Credentials and consents are written only with a new user. They are not compared.
//! - A flow, a component or an identity provider whose type would change is a problem. A renamed object is a new one. So a flow of another type is
//!   declared under another alias, bound, and the old one pruned.
//! - A configuration that several flows share changes only if all of them are declared with it.
//! - Groups of organizations are not read. A plan has a note about declared ones.
//! - A realm file has no field for initial access tokens.
//! - Members of an organization and links of users to identity providers are added and never removed.
//! - Users and scope mappings are never deleted. A scope mapping with an empty list of roles loses its roles.
//! - The secrets of identity providers, components and mail servers are masked by Keycloak. So a changed secret alone is not seen.
//! - The exports of [`export()`] have no secrets, and only [with a choice](ExportOptions) the users and the members of organizations.

mod actual;
mod apply;
mod error;
mod export;
mod model;
mod plan;
mod read;
mod saved;

pub use actual::{Actual, read_actual};
pub use apply::{Progress, Report, apply};
pub use error::{ConfigError, Problem};
pub use export::{ExportOptions, export, export_until, export_with};
pub use model::{Key, Kind, Model, Object};
pub use plan::{Action, Change, Edit, Note, Plan, PlanOptions, diff, plan};
pub use read::{Desired, Place, Values, node};
pub use saved::SavedPlan;
