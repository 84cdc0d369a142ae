//! The role, the groups and the actions that a creation gives to each new user, and a partial import does not.

use keycloak_api::types::UserRepresentation;
use keycloak_session::Error;

use crate::Realm;

/// The role, the groups and the actions of each new user of a realm. The default value gives nothing.
#[derive(Clone, Debug, Default)]
pub struct NewUsers {
    role: Option<String>,
    /// The paths of the default groups.
    groups: Vec<String>,
    required_actions: Vec<String>,
    email_is_username: bool,
}

impl NewUsers {
    pub(super) async fn read(realm: &Realm) -> Result<Self, Error> {
        let settings = realm.get().await?;
        let actions = realm.authentication().list_required_actions().await?;
        let is_default = |flag: Option<bool>| flag == Some(true);
        Ok(Self {
            role: settings.default_role.and_then(|role| role.name),
            groups: settings.default_groups.unwrap_or_default(),
            required_actions: actions
                .into_iter()
                .filter(|action| is_default(action.enabled) && is_default(action.default_action))
                .filter_map(|action| action.alias)
                .collect(),
            email_is_username: is_default(settings.registration_email_as_username),
        })
    }

    pub(super) fn add_to(&self, user: &mut UserRepresentation) {
        if self.email_is_username && user.email.is_some() {
            user.username.clone_from(&user.email);
        }
        add(&mut user.realm_roles, self.role.as_slice());
        add(&mut user.groups, &self.groups);
        add(&mut user.required_actions, &self.required_actions);
    }
}

/// Adds those texts that the list lacks.
fn add(list: &mut Option<Vec<String>>, texts: &[String]) {
    for text in texts {
        let list = list.get_or_insert_default();
        if !list.contains(text) {
            list.push(text.clone());
        }
    }
}
