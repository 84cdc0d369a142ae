//! The kinds of objects that can be imported.

use keycloak_api::types::{GroupRepresentation, PartialImportRepresentation, UserRepresentation};

use super::new_users::NewUsers;

/// A representation that can be imported: that of a user or of a group at the top.
pub trait Importable: Clone + Send + Sync + 'static {
    /// Returns the name by which the answer lists the object.
    fn name(&self) -> Option<&str>;

    /// Makes an import of these objects alone.
    fn import(items: Vec<Self>) -> PartialImportRepresentation;

    /// Fills in what the server needs.
    fn complete(&mut self, _defaults: &NewUsers) {}

    /// Returns the user, if the object is one.
    fn as_user(&self) -> Option<&UserRepresentation> {
        None
    }
}

impl Importable for UserRepresentation {
    fn name(&self) -> Option<&str> {
        self.username.as_deref().or(self.email.as_deref())
    }

    fn import(items: Vec<Self>) -> PartialImportRepresentation {
        PartialImportRepresentation::new().with_users(items)
    }

    fn complete(&mut self, defaults: &NewUsers) {
        defaults.add_to(self);
    }

    fn as_user(&self) -> Option<&UserRepresentation> {
        Some(self)
    }
}

impl Importable for GroupRepresentation {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn import(items: Vec<Self>) -> PartialImportRepresentation {
        PartialImportRepresentation::new().with_groups(items)
    }

    /// The server looks for the group by its path. Without a path it answers 500.
    fn complete(&mut self, _defaults: &NewUsers) {
        if let (None, Some(name)) = (&self.path, &self.name) {
            self.path = Some(format!("/{name}"));
        }
    }
}
