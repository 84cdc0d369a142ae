//! Every type and every field of the generated crates says more than its name, and every number and time says its unit.

use syn::{Attribute, Expr, Fields, Item, Lit, Meta};

use crate::gaps::Gaps;
use crate::pipeline::Input;
use crate::tests::apis;

/// Numbers whose unit nobody knows, each with the reason.
const NO_UNIT: [(&str, &str); 2] = [
    (
        "ResultInfo.responseTime",
        "FOLIO does not document the unit",
    ),
    (
        "ServicePoint.shelvingLagTime",
        "FOLIO does not document the unit",
    ),
];

#[test]
fn no_type_field_or_unit_is_left_out() {
    for api in apis() {
        let mut gaps = Input::read(&api).unwrap().normalise().unwrap().gaps;
        gaps.units
            .retain(|place| !NO_UNIT.iter().any(|(known, _)| known == place));
        assert_eq!(gaps, Gaps::default(), "{}: {gaps}", api.name);
    }
}

/// The lines of a doc comment as one text.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            Expr::Lit(text) if meta.path.is_ident("doc") => match &text.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Returns whether a text is a code span and nothing more.
fn is_a_name(text: &str) -> bool {
    let text = text.trim_end_matches('.');
    let inner = text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'));
    inner.is_none_or(|inner| !inner.contains('`')) && (inner.is_some() || text.is_empty())
}

/// The items of a file of types that are documented by their name alone.
fn undocumented(types: &str) -> Vec<String> {
    let mut found = Vec::new();
    for item in syn::parse_file(types).unwrap().items {
        let (attributes, ident, fields) = match item {
            Item::Struct(item) => (item.attrs, item.ident, item.fields),
            Item::Type(item) => (item.attrs, item.ident, Fields::Unit),
            Item::Enum(item) => (item.attrs, item.ident, Fields::Unit),
            _ => continue,
        };
        if is_a_name(&doc(&attributes)) {
            found.push(ident.to_string());
        }
        let bare = fields.iter().filter(|field| is_a_name(&doc(&field.attrs)));
        found.extend(bare.filter_map(|field| Some(format!("{ident}.{}", field.ident.as_ref()?))));
    }
    found
}

#[test]
fn no_generated_type_or_field_is_documented_by_its_name_alone() {
    for (api, files) in super::GENERATED.iter() {
        let bare = undocumented(&files["types.rs"]);
        assert!(bare.is_empty(), "{}: {bare:#?}", api.name);
    }
}

#[test]
fn a_name_alone_is_seen() {
    let types = "/// `A`.\npub struct A {\n/// `b`.\npub b: u8,\n/// `c` and more.\npub c: u8,\n/// `d` or `e`\npub d: u8 }\n\
                 /// A B.\npub type B = A;\npub enum C {}";
    assert_eq!(undocumented(types), ["A", "A.b", "C"]);
}
