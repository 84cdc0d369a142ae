//! The representations: progenitor's structs and enums, made open and lenient.
//!
//! - A string enum becomes an `open_enum!`: a value that a newer server sends decodes and is sent back unchanged.
//! - A schema that is only a map or a list becomes an alias of that type.
//! - A representation is `#[non_exhaustive]`: `new()` and a `with_*` setter for each field make one, public fields read and change it.
//!   So a field that a newer Keycloak adds breaks nobody.
//! - A struct that holds a secret gets a `Debug` that does not print it.
//! - serde's traits come from `representation!`, whose code is checked in a quarter of the time of serde's derive.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase as _;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use serde_json::Value;
use syn::visit_mut::VisitMut;

use super::{generic_argument, text};
use crate::document;

/// All types of one API.
pub struct Types {
    items: Vec<syn::Item>,
    /// The schemas of the document, by the Rust name of their type.
    schemas: BTreeMap<String, Value>,
    open_enums: BTreeSet<String>,
    structs: BTreeMap<String, BTreeMap<String, syn::Type>>,
}

impl Types {
    /// Takes the items of progenitor's `types` module.
    pub fn new(document: &Value, mut items: Vec<syn::Item>) -> Self {
        for item in &mut items {
            Shorten.visit_item_mut(item);
        }
        let named = document::schemas(document)
            .map(|(name, schema)| (name.to_upper_camel_case(), schema.clone()));
        let schemas = named.chain(bodies(document)).collect();
        let mut open_enums = BTreeSet::new();
        let mut structs = BTreeMap::new();
        for item in &items {
            match item {
                syn::Item::Enum(item) if is_unit_enum(item) => {
                    open_enums.insert(item.ident.to_string());
                }
                syn::Item::Struct(item) => {
                    let fields = item
                        .fields
                        .iter()
                        .filter_map(|field| {
                            Some((field.ident.as_ref()?.to_string(), field.ty.clone()))
                        })
                        .collect();
                    structs.insert(item.ident.to_string(), fields);
                }
                _ => {}
            }
        }
        Self {
            items,
            schemas,
            open_enums,
            structs,
        }
    }

    /// Returns whether a type of this name is an open enum.
    pub fn is_open_enum(&self, name: &str) -> bool {
        self.open_enums.contains(name)
    }

    /// The schemas of the document that became structs, by the name of their type.
    pub fn representations(&self) -> Vec<(String, Value)> {
        self.schemas
            .iter()
            .filter(|(name, _)| {
                self.structs
                    .get(*name)
                    .is_some_and(|fields| !fields.is_empty())
            })
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect()
    }

    /// The type of a field of a struct.
    pub fn field(&self, name: &str, field: &str) -> Option<&syn::Type> {
        self.structs.get(name)?.get(field)
    }

    /// The code of `types.rs`.
    pub fn tokens(&self) -> Result<TokenStream> {
        let items = self
            .items
            .iter()
            .map(|item| self.item(item))
            .collect::<Result<Vec<_>>>()?;
        Ok(quote! {
            //! The representations that calls send and return.
            //!
            //! `new()` makes an empty representation, and a `with_*` method sets each field. Every field is public and optional.
            //! A field that is `None` is not sent. An empty list or map is `Some(vec![])`. An absent list or map is `None`, and so is
            //! `null`, because Keycloak treats both alike. Fields that a newer server sends are ignored. Enum values that a newer
            //! server sends are kept.
            //!
            //! Representations are `#[non_exhaustive]`, because each Keycloak release adds fields.

            #(#items)*
        })
    }

    fn item(&self, item: &syn::Item) -> Result<TokenStream> {
        Ok(match item {
            syn::Item::Struct(item) => match &item.fields {
                syn::Fields::Named(fields) => self.representation(item, fields)?,
                syn::Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    let doc = text::doc(&self.type_doc(&item.ident));
                    let (ident, target) = (&item.ident, &fields.unnamed[0].ty);
                    quote!(#doc pub type #ident = #target;)
                }
                _ => bail!(
                    "type {} has a shape that the emit step does not know",
                    item.ident
                ),
            },
            syn::Item::Enum(item) if is_unit_enum(item) => self.open_enum(item),
            syn::Item::Enum(item) => bail!(
                "type {} is an enum of several shapes (oneOf, anyOf); replace it in the overlay by the one the server sends",
                item.ident
            ),
            syn::Item::Type(item) => {
                let doc = text::doc(&self.type_doc(&item.ident));
                let (ident, target) = (&item.ident, &item.ty);
                quote!(#doc pub type #ident = #target;)
            }
            // Conversions, struct builders, and typify's error module: nothing of them is needed.
            _ => TokenStream::new(),
        })
    }

    fn representation(
        &self,
        item: &syn::ItemStruct,
        fields: &syn::FieldsNamed,
    ) -> Result<TokenStream> {
        let ident = &item.ident;
        let doc = text::doc(&self.type_doc(ident));
        let mut secret = false;
        let mut definitions = Vec::new();
        let mut debug_fields = Vec::new();
        let mut names = Vec::new();
        let mut setters = Vec::new();
        let mut further = TokenStream::new();
        for field in &fields.named {
            let name = field.ident.as_ref().context("a named field")?;
            if is_flattened(&field.attrs) {
                let ty = &field.ty;
                let label = plain_ident(name);
                definitions.push(quote! {
                    /// Further fields, under the names they have on the wire: the document leaves open which.
                    pub #name: #ty
                });
                further = quote!(further #name);
                debug_fields.push(quote!(.field(#label, &self.#name)));
                continue;
            }
            let wire = wire_name(&field.attrs).unwrap_or_else(|| plain_ident(name));
            let property = self.property(ident, &wire);
            let doc = text::doc(&field_doc(&wire, property));
            let alias = alias(&wire, &plain_ident(name));
            let ty = &field.ty;
            let Some(value) = generic_argument(ty, "Option") else {
                bail!(
                    "field `{name}` is {}, which is not optional; a pass should have made it so",
                    ty.to_token_stream()
                );
            };
            definitions.push(quote!(#doc #alias pub #name: #ty));
            setters.push(setter(name, self.alias_target(value)));
            names.push(quote!(#name: #wire));
            let label = plain_ident(name);
            let is_secret = property.is_some_and(|property| property["x-secret"] == true);
            secret |= is_secret;
            debug_fields.push(if is_secret {
                quote!(.field(#label, &self.#name.as_ref().map(|_| ::keycloak_session::REDACTED)))
            } else {
                quote!(.field(#label, &self.#name))
            });
        }
        let derive_debug = (!secret).then(|| quote!(Debug,));
        let debug = secret.then(|| {
            let label = ident.to_string();
            quote! {
                impl ::std::fmt::Debug for #ident {
                    #[inline]
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.debug_struct(#label) #(#debug_fields)* .finish()
                    }
                }
            }
        });
        Ok(quote! {
            #doc
            #[derive(Clone, #derive_debug Default, PartialEq)]
            #[non_exhaustive]
            pub struct #ident { #(#definitions),* }
            impl #ident {
                /// Makes an empty representation: every field is `None`.
                #[must_use]
                #[inline]
                pub fn new() -> Self { Self::default() }
                #(#setters)*
            }
            ::keycloak_session::representation! { #ident { #(#names),* } #further }
            #debug
        })
    }

    /// The type that an alias stands for; any other type is itself.
    fn alias_target<'a>(&'a self, ty: &'a syn::Type) -> &'a syn::Type {
        let syn::Type::Path(path) = ty else {
            return ty;
        };
        let target = self.items.iter().find_map(|item| match item {
            syn::Item::Struct(item) if path.path.is_ident(&item.ident) => match &item.fields {
                syn::Fields::Unnamed(fields) => fields.unnamed.first().map(|field| &field.ty),
                _ => None,
            },
            syn::Item::Type(item) if path.path.is_ident(&item.ident) => Some(&*item.ty),
            _ => None,
        });
        target.unwrap_or(ty)
    }

    fn open_enum(&self, item: &syn::ItemEnum) -> TokenStream {
        let ident = &item.ident;
        let doc = text::doc(&self.type_doc(ident));
        let descriptions = self.schemas.get(&ident.to_string());
        let descriptions = descriptions.map(|schema| &schema["x-enum-descriptions"]);
        let variants = item.variants.iter().map(|variant| {
            let name = &variant.ident;
            let wire = wire_name(&variant.attrs).unwrap_or_else(|| name.to_string());
            let description = descriptions.and_then(|of| of[&wire].as_str());
            let doc = text::doc(&match description {
                Some(description) => text::sentence(description),
                None => text::code(&wire),
            });
            quote!(#doc #name = #wire)
        });
        quote! {
            ::keycloak_session::open_enum! {
                #doc
                pub enum #ident { #(#variants),* }
            }
        }
    }

    fn type_doc(&self, ident: &syn::Ident) -> String {
        self.schemas
            .get(&ident.to_string())
            .and_then(|schema| schema["description"].as_str())
            .map(text::sentence)
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| format!("`{ident}`."))
    }

    fn property(&self, ident: &syn::Ident, wire: &str) -> Option<&Value> {
        self.schemas
            .get(&ident.to_string())?
            .get("properties")?
            .get(wire)
    }
}

/// The schemas that stand in the body of an operation, by the names that progenitor gives their types.
fn bodies(document: &Value) -> impl Iterator<Item = (String, Value)> {
    document::operations(document).filter_map(|operation| {
        let id = operation.value["operationId"].as_str()?;
        let content = operation.value.pointer("/requestBody/content")?;
        let schema = &content.as_object()?.values().next()?["schema"];
        let name = format!("{}Body", id.to_upper_camel_case());
        schema["properties"]
            .is_object()
            .then(|| (name, schema.clone()))
    })
}

/// The `with_*` method of a field that holds this type.
fn setter(name: &syn::Ident, ty: &syn::Type) -> TokenStream {
    let plain = plain_ident(name);
    let method = format_ident!("with_{}", plain.trim_end_matches('_'));
    let doc = text::doc(&format!("Sets [`{plain}`](Self::{plain})."));
    let (argument, value) = setter_argument(ty);
    quote! {
        #doc
        #[must_use]
        pub fn #method(mut self, #argument) -> Self {
            self.#name = Some(#value);
            self
        }
    }
}

/// The argument of a setter for this type, and its conversion to the value of the field.
fn setter_argument(ty: &syn::Type) -> (TokenStream, TokenStream) {
    let item = |ty: &syn::Type| quote!(impl Into<#ty>);
    if is_scalar(ty) {
        return (quote!(value: #ty), quote!(value));
    }
    if let Some(element) = generic_argument(ty, "Vec") {
        let element = item(element);
        return (
            quote!(values: impl IntoIterator<Item = #element>),
            quote!(values.into_iter().map(Into::into).collect()),
        );
    }
    if let Some(value) = map_value(ty) {
        let (value, convert) = match generic_argument(value, "Vec") {
            Some(element) => {
                let element = item(element);
                (
                    quote!(impl IntoIterator<Item = #element>),
                    quote!(value.into_iter().map(Into::into).collect()),
                )
            }
            None => (item(value), quote!(value.into())),
        };
        return (
            quote!(entries: impl IntoIterator<Item = (impl Into<String>, #value)>),
            quote!(entries.into_iter().map(|(key, value)| (key.into(), #convert)).collect()),
        );
    }
    let value = item(ty);
    (quote!(value: #value), quote!(value.into()))
}

/// The type of a map's values; its keys are strings.
pub fn map_value(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let is_map = last.ident == "BTreeMap" || last.ident == "Map";
    match (is_map, arguments.args.last()?) {
        (true, syn::GenericArgument::Type(value)) => Some(value),
        _ => None,
    }
}

fn is_scalar(ty: &syn::Type) -> bool {
    ["bool", "i32", "i64", "u32", "u64", "f32", "f64"]
        .iter()
        .any(|scalar| matches!(ty, syn::Type::Path(path) if path.path.is_ident(scalar)))
}

/// The words that describe a field. A field that nobody described yet has its name on the wire.
fn field_doc(wire: &str, property: Option<&Value>) -> String {
    let description = property
        .and_then(|property| property["description"].as_str())
        .map(text::sentence)
        .filter(|description| !description.is_empty())
        .unwrap_or_else(|| format!("{}.", text::code(wire)));
    let deprecated = property.is_some_and(|property| property["deprecated"] == true);
    if deprecated && !description.to_lowercase().contains("deprecated") {
        format!("{description} Deprecated by the API.")
    } else {
        description
    }
}

/// The name on the wire, by which a search in the documentation finds a field that has another name in Rust.
fn alias(wire: &str, name: &str) -> TokenStream {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.@:".contains(&byte);
    if wire == name || wire.is_empty() || !wire.bytes().all(is_plain) {
        return TokenStream::new();
    }
    quote!(#[doc(alias = #wire)])
}

/// Returns whether the field holds those that have no field of their own (`additionalProperties` beside `properties`).
fn is_flattened(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut flattened = false;
        if attribute.path().is_ident("serde") {
            let _ = attribute.parse_nested_meta(|meta| {
                flattened |= meta.path.is_ident("flatten");
                if meta.input.peek(syn::Token![=]) {
                    meta.value()?.parse::<syn::Lit>()?;
                }
                Ok(())
            });
        }
        flattened
    })
}

/// The `rename` of a serde attribute.
fn wire_name(attributes: &[syn::Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Lit>()?;
            }
            Ok(())
        });
    }
    name
}

fn plain_ident(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn is_unit_enum(item: &syn::ItemEnum) -> bool {
    item.variants
        .iter()
        .all(|variant| matches!(variant.fields, syn::Fields::Unit))
}

/// Writes `Option<String>` for `::std::option::Option<::std::string::String>`.
pub struct Shorten;

impl VisitMut for Shorten {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let in_prelude = path.leading_colon.is_some()
            && path.segments.len() == 3
            && path.segments[0].ident == "std"
            && matches!(
                path.segments[2].ident.to_string().as_str(),
                "Option" | "String" | "Vec" | "Result" | "Box"
            );
        if in_prelude {
            path.leading_colon = None;
            path.segments = path.segments.iter().skip(2).cloned().collect();
        }
    }
}
