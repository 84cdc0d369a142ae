//! A property that one type keeps out of `Debug` is kept out by every type of every API that has a property of that name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::schemas;
use crate::passes::secrets::{bare_name, holds_text};
use crate::pipeline::Input;

/// Properties that have the name of a secret and hold none, each with the reason.
const NO_SECRET: &[(&str, &str)] = &[
    ("BruteUser.attributes", PERSON),
    ("User.attributes", PERSON),
    ("UserRepresentation.attributes", PERSON),
    ("UserWithOrgsRepresentation.attributes", PERSON),
    ("MemberRepresentation.attributes", PERSON),
    (
        "OrganizationMemberAttributeRepresentation.attributes",
        PERSON,
    ),
    ("GroupRepresentation.attributes", GROUP),
    ("RoleRepresentation.attributes", GROUP),
    ("OrganizationRepresentation.attributes", GROUP),
    ("MyOrganizationRepresentation.attributes", GROUP),
    ("OrganizationExportDetailsRepresentation.attributes", GROUP),
    ("InvitationRepresentation.attributes", GROUP),
    ("InvitationRequestRepresentation.attributes", GROUP),
    (
        "OrganizationExportInvitationRepresentation.attributes",
        GROUP,
    ),
    ("ResourceRepresentation.attributes", GROUP),
    ("ClientScopeRepresentation.attributes", SETTINGS),
    ("ClientTemplateRepresentation.attributes", SETTINGS),
    ("RealmRepresentation.attributes", SETTINGS),
    ("UIRealmRepresentation.attributes", SETTINGS),
    ("RealmAttributeRepresentation.value", SETTINGS),
    ("UPConfig.attributes", "the declarations of attributes"),
    (
        "UserProfileMetadata.attributes",
        "the declarations of attributes",
    ),
    ("FacetValue.value", "the value that a search counts"),
];

const PERSON: &str = "data of a person, which tokens and the account console show; Keycloak keeps credentials elsewhere";
const GROUP: &str = "notes of administrators, which tokens may show";
const SETTINGS: &str = "settings of the protocol and of the login pages; keys are in components, and secrets in clients";

/// Properties that hold what other types keep secret, under a name of their own.
const SECRET: &[&str] = &["WebhookSendRepresentation.payload"];

/// A property that can hold text.
struct Property {
    /// `Type.property`
    place: String,
    name: String,
    is_secret: bool,
}

fn properties() -> Vec<Property> {
    let mut found = Vec::new();
    for api in super::apis() {
        let document = Input::read(&api).unwrap().normalise().unwrap().document;
        for (name, schema) in schemas(&document) {
            collect(name, schema, &mut found);
        }
    }
    found
}

/// Collects the properties of a schema, also of those within it.
fn collect(place: &str, schema: &Value, found: &mut Vec<Property>) {
    let properties = schema["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        let place = format!("{place}.{name}");
        if holds_text(property.get("type")) {
            found.push(Property {
                place: place.clone(),
                name: bare_name(name),
                is_secret: property["x-secret"] == true,
            });
        }
        collect(&place, property, found);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            collect(place, inner, found);
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(place, part, found);
    }
}

#[test]
fn a_name_that_is_secret_in_one_type_is_secret_in_all() {
    let properties = properties();
    let secret: BTreeSet<&str> = properties
        .iter()
        .filter(|property| property.is_secret)
        .map(|property| property.name.as_str())
        .collect();
    let excused: BTreeSet<&str> = NO_SECRET.iter().map(|(place, _)| *place).collect();
    let mut shown = BTreeSet::new();
    for property in &properties {
        if !property.is_secret && secret.contains(property.name.as_str()) {
            shown.insert(property.place.as_str());
        }
    }
    let unexcused: Vec<_> = shown.difference(&excused).collect();
    assert!(unexcused.is_empty(), "Debug shows {unexcused:#?}");
    let idle: Vec<_> = excused.difference(&shown).collect();
    assert!(idle.is_empty(), "these need no excuse: {idle:#?}");
    for place in SECRET {
        let mut named = properties
            .iter()
            .filter(|property| property.place == *place);
        assert!(named.next().unwrap().is_secret, "Debug shows {place}");
    }
}
