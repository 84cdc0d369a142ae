//! Enumerations with values that are not known yet.

use std::collections::BTreeSet;

keycloak_session::open_enum! {
    /// How policies are combined.
    pub enum Logic {
        /// As they are.
        Positive = "POSITIVE",
        Negative = "NEGATIVE",
    }
}

#[test]
fn every_value_makes_the_round_trip() {
    for text in [
        "POSITIVE",
        "NEGATIVE",
        "positive",
        "SOMETHING_NEW",
        "",
        "é\n",
    ] {
        let json = serde_json::to_string(text).unwrap();
        let value: Logic = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(value.as_str(), text);
        assert_eq!(value.to_string(), text);
        assert_eq!(Logic::from(text), value);
        assert_eq!(Logic::from(text.to_owned()), value);
        assert_eq!(text.parse::<Logic>(), Ok(value));
    }
}

#[test]
fn only_unknown_values_are_unknown() {
    assert_eq!(Logic::from("POSITIVE"), Logic::Positive);
    assert_eq!(Logic::from("NEGATIVE".to_owned()), Logic::Negative);
    assert_eq!(
        Logic::from("positive"),
        Logic::Unknown("positive".to_owned())
    );
    // From a string with an escape serde hands over an owned text, from a value a moved one.
    let escaped: Logic = serde_json::from_str(r#""\u0050OSITIVE""#).unwrap();
    assert_eq!(escaped, Logic::Positive);
    let moved: Logic = serde_json::from_value(serde_json::json!("NEW")).unwrap();
    assert_eq!(moved, Logic::Unknown("NEW".to_owned()));
}

#[test]
fn values_of_other_types_are_errors() {
    for json in ["1", "null", "{}", "[\"POSITIVE\"]"] {
        serde_json::from_str::<Logic>(json).unwrap_err();
    }
}

#[test]
fn values_can_be_sorted() {
    let set: BTreeSet<Logic> = ["B", "A", "NEGATIVE", "POSITIVE", "A"]
        .map(Logic::from)
        .into();
    let texts: Vec<_> = set.iter().map(Logic::as_str).collect();
    assert_eq!(texts, ["POSITIVE", "NEGATIVE", "A", "B"]);
}
