//! The operations, in a file for each tag: a method on `Client`, a marker type, and the parameters as methods of `Call<marker>`.

use anyhow::{Context, Result, bail, ensure};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::visit_mut::VisitMut as _;

use super::types::{Shorten, Types, map_value};
use super::{Builder, generic_argument, text};
use crate::document::{OperationRef, base_path, key, operations, rust_name};

/// The sentence in the documentation of an operation with the mark `x-idempotent`.
const REPEATED: &str =
    "This call may be sent twice without harm, so the retry policy repeats it as it repeats a PUT.";

/// The code of one operation.
pub struct Emitted {
    /// The tag it stands under.
    pub tag: String,
    /// The name of its builder.
    pub builder: syn::Ident,
    method: TokenStream,
    /// The alias of its call, and the methods of it.
    call: TokenStream,
    /// Its marker type.
    marker: TokenStream,
}

/// The file of one tag.
pub fn file(tag: &str, operations: &[Emitted]) -> TokenStream {
    let doc = format!(" {}.", text::line(tag));
    let methods = operations.iter().map(|operation| &operation.method);
    let calls = operations.iter().map(|operation| &operation.call);
    let markers = operations.iter().map(|operation| &operation.marker);
    quote! {
        #![doc = #doc]

        #[allow(unused_imports)]
        use ::std::borrow::Borrow;
        use super::{Call, Client};
        #[allow(unused_imports)]
        use super::types;

        impl Client { #(#methods)* }
        #(#calls)*

        /// The operations themselves: markers that say which operation a [`Call`] is.
        pub mod op {
            use ::keycloak_session::{Error, Operation, OperationInfo, RawResponse};
            #[allow(unused_imports)]
            use ::keycloak_session::{Paged, RawBody};
            #[allow(unused_imports)]
            use super::super::types;

            #(#markers)*
        }
    }
}

/// Emits every operation of a document.
pub fn emit(
    document: &Value,
    types: &Types,
    builders: &std::collections::BTreeMap<String, Builder>,
) -> Result<Vec<Emitted>> {
    let base_path = base_path(document);
    operations(document)
        .map(|operation| {
            let id = operation.value["operationId"]
                .as_str()
                .context("operations have ids here")?;
            let builder = builders
                .get(&id.to_upper_camel_case())
                .with_context(|| format!("progenitor wrote no builder for {id}"))?;
            let operation = OperationCode {
                id,
                operation,
                base_path: &base_path,
                types,
            };
            operation
                .emit(builder)
                .with_context(|| operation.operation.key())
        })
        .collect()
}

struct OperationCode<'a> {
    id: &'a str,
    operation: OperationRef<'a>,
    base_path: &'a str,
    types: &'a Types,
}

impl OperationCode<'_> {
    fn emit(&self, builder: &Builder) -> Result<Emitted> {
        ensure!(
            self.operation.value.get("x-idempotent").is_none()
                || matches!(self.operation.method, "post" | "patch"),
            "x-idempotent is for POST and PATCH: the other methods are idempotent themselves"
        );
        let ident = format_ident!("{}", self.id.to_upper_camel_case());
        let method = format_ident!("{}", self.id);
        let tag = self.operation.value["tags"][0]
            .as_str()
            .context("the pass `tags` gave it one")?;
        let doc = text::doc(&self.doc());
        let setters = self.setters(builder)?;
        let info = self.info(tag, &builder.output);
        let (output, decode) = self.output(&builder.output)?;
        let paged = self.paged(&ident, &output)?;
        let call = self.shown();
        let call_doc = text::doc(&format!(
            "{}\n\n{call}, made by [`Client::{}`].",
            self.summary(),
            self.id
        ));
        let marker_doc = text::doc(&format!("{call}."));
        let setters = (!setters.is_empty()).then(|| quote!(impl Call<op::#ident> { #setters }));
        Ok(Emitted {
            tag: tag.to_owned(),
            builder: ident.clone(),
            method: quote! {
                #doc
                #[inline]
                pub fn #method(&self) -> #ident {
                    Call::new(&self.session)
                }
            },
            call: quote! {
                #call_doc
                pub type #ident = Call<op::#ident>;

                #setters
            },
            marker: quote! {
                #marker_doc
                #[derive(Clone, Copy, Debug)]
                pub enum #ident {}

                impl Operation for #ident {
                    type Output = #output;
                    const INFO: &'static OperationInfo = &#info;
                    // Inline, so that a program compiles the decoding of what it calls, and this crate compiles none.
                    #[inline]
                    fn decode(response: &RawResponse) -> Result<Self::Output, Error> { #decode }
                }

                #paged
            },
        })
    }

    /// Method and path, as documentation shows them.
    fn shown(&self) -> String {
        text::code(&key(self.operation.method, &self.full_path()))
    }

    fn full_path(&self) -> String {
        format!("{}{}", self.base_path, self.operation.path)
    }

    /// The first paragraph of the operation's documentation.
    fn summary(&self) -> String {
        let doc = self.doc();
        doc.split("\n\n").next().unwrap_or_default().to_owned()
    }

    /// Summary, description, and where the call goes.
    fn doc(&self) -> String {
        let operation = self.operation.value;
        let part = |key: &str| {
            operation[key]
                .as_str()
                .map(text::sentence)
                .unwrap_or_default()
        };
        let mut paragraphs = vec![part("summary"), part("description")];
        paragraphs[0] = paragraphs[0]
            .replace(" Returns ", ". Returns ")
            .replace(".. ", ". ");
        if paragraphs[0] == paragraphs[1] {
            paragraphs.pop();
        }
        if operation["deprecated"] == true {
            paragraphs.push("Deprecated by the API.".to_owned());
        }
        if operation["x-idempotent"] == true {
            paragraphs.push(REPEATED.to_owned());
        }
        paragraphs.push(self.shown());
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        paragraphs.join("\n\n")
    }

    fn info(&self, tag: &str, output: &syn::Type) -> TokenStream {
        let (id, method) = (self.id, self.operation.method.to_uppercase());
        let path = self.full_path();
        let mut info = quote!(OperationInfo::new(#id, #method, #path).tag(#tag));
        if let Some(media_types) = self.operation.raw_media_types() {
            info = quote!(#info.accept(#media_types));
        } else if type_name(output).is_none() {
            info = quote!(#info.accepts_anything());
        }
        if let Some(key) = self.answer_key() {
            info = quote!(#info.answer_field(#key));
        }
        for parameter in self.operation.parameters() {
            if parameter["x-multi-segment"] == true {
                let name = parameter["name"].as_str();
                info = quote!(#info.multi_segment(#name));
            }
        }
        let required = self.operation.required_parameters();
        if !required.is_empty() {
            info = quote!(#info.requires(&[#(#required),*]));
        }
        if self.operation.requires_body() {
            info = quote!(#info.requires_body());
        }
        let statuses = self.operation.success_statuses();
        let statuses: Vec<_> = statuses.map(proc_macro2::Literal::u16_unsuffixed).collect();
        if !statuses.is_empty() {
            info = quote!(#info.succeeds_with(&[#(#statuses),*]));
        }
        if self.operation.value["x-renews-token"] == true {
            info = quote!(#info.renews_token());
        }
        if self.operation.value["x-idempotent"] == true {
            info = quote!(#info.idempotent());
        }
        let lost_race = self.operation.value["x-lost-race"].as_array();
        if let Some(statuses) = lost_race {
            let statuses = statuses.iter().filter_map(Value::as_u64);
            let statuses = statuses.map(proc_macro2::Literal::u64_unsuffixed);
            info = quote!(#info.loses_races_with(&[#(#statuses),*]));
        }
        info
    }

    fn setters(&self, builder: &Builder) -> Result<TokenStream> {
        let (bodies, fields): (Vec<_>, Vec<_>) = builder
            .fields
            .iter()
            .partition(|(ident, _)| ident == "body" && self.operation.media_type().is_some());
        let parameters: Vec<&Value> = self.operation.parameters().collect();
        ensure!(
            parameters.len() == fields.len(),
            "progenitor has {} parameters, the document {}",
            fields.len(),
            parameters.len()
        );
        let mut setters = TokenStream::new();
        for (parameter, (field, ty)) in parameters.into_iter().zip(fields) {
            let name = parameter["name"]
                .as_str()
                .context("parameters have names")?;
            ensure!(
                field.to_string().trim_end_matches('_').replace("r#", "") == name.to_snake_case(),
                "progenitor's field `{field}` is not the parameter `{name}`"
            );
            setters.extend(self.setter(parameter, name, ty)?);
        }
        for (_, ty) in bodies {
            setters.extend(self.body_setter(ty)?);
        }
        Ok(setters)
    }

    fn setter(&self, parameter: &Value, name: &str, ty: &syn::Type) -> Result<TokenStream> {
        let rust_name = rust_name(parameter);
        let ident = syn::parse_str::<syn::Ident>(&rust_name)
            .unwrap_or_else(|_| format_ident!("r#{}", rust_name));
        let place = parameter["in"].as_str().unwrap_or_default();
        let description = parameter["description"]
            .as_str()
            .map(text::sentence)
            .unwrap_or_default();
        let kind = match place {
            "path" => "Path parameter",
            "header" => "Header",
            _ => "Query parameter",
        };
        let required = if place != "path" && parameter["required"] == true {
            " Required."
        } else {
            ""
        };
        let shown = text::code(name);
        let doc = text::doc(&if description.is_empty() {
            format!("{kind} {shown}.{required}")
        } else {
            format!("{kind} {shown}: {description}{required}")
        });
        let ty = shortened(ty);
        let (argument, value) = match (place, type_name(&ty).as_deref()) {
            (_, Some("String")) => (quote!(impl AsRef<str>), quote!(value.as_ref())),
            (_, Some("bool" | "i32" | "i64" | "u32" | "u64" | "f32" | "f64")) => {
                (quote!(#ty), quote!(value))
            }
            (_, Some("Vec")) if place == "query" => (
                quote!(impl IntoIterator<Item = impl ::std::fmt::Display>),
                quote!(value),
            ),
            (_, Some(other)) if self.types.is_open_enum(other) => {
                (quote!(impl Into<#ty>), quote!(value.into()))
            }
            _ => bail!(
                "{kind} `{name}` has the type {}, which cannot be written into a {place}; give it a scalar in the overlay",
                quote!(#ty)
            ),
        };
        let set = match place {
            "path" => format_ident!("set_path"),
            "header" => format_ident!("set_header"),
            _ if type_name(&ty).as_deref() == Some("Vec") => format_ident!("set_query_list"),
            _ => format_ident!("set_query"),
        };
        Ok(quote! {
            #doc
            pub fn #ident(mut self, value: #argument) -> Self {
                self.request.#set(#name, #value);
                self
            }
        })
    }

    fn body_setter(&self, ty: &syn::Type) -> Result<TokenStream> {
        let media_type = self
            .operation
            .media_type()
            .context("a body has a media type")?;
        let description = self.operation.value["requestBody"]["description"]
            .as_str()
            .map(text::sentence)
            .unwrap_or_default();
        let doc = |what: &str| text::doc(format!("{what} {description}").trim());
        let ty = shortened(ty);
        let element = generic_argument(&ty, "Vec");
        Ok(match (media_type, type_name(&ty).as_deref()) {
            ("application/octet-stream", _) => {
                let offered = self.operation.value["x-request-media-types"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>();
                let offered = if offered.is_empty() {
                    "application/octet-stream".to_owned()
                } else {
                    offered.join(", ")
                };
                let doc = doc(&format!(
                    "The body as bytes with their content type (the API takes {}).",
                    text::line(&offered)
                ));
                quote! {
                    #doc
                    pub fn body(mut self, content_type: impl AsRef<str>, bytes: impl Into<Vec<u8>>) -> Self {
                        self.request.set_body(content_type.as_ref(), bytes.into());
                        self
                    }
                }
            }
            ("text/plain", _) => {
                let doc = doc("The body, a text.");
                quote! {
                    #doc
                    pub fn body(mut self, text: impl Into<String>) -> Self {
                        self.request.set_body("text/plain; charset=utf-8", text.into());
                        self
                    }
                }
            }
            ("application/x-www-form-urlencoded", _) => {
                let doc = doc("The body, sent as a form.");
                quote! {
                    #doc
                    pub fn body(mut self, form: impl Borrow<#ty>) -> Self {
                        self.request.set_form(form.borrow());
                        self
                    }
                }
            }
            (_, Some("String")) => {
                let doc = doc("The body, sent as a JSON string.");
                quote! {
                    #doc
                    pub fn body(mut self, text: impl AsRef<str>) -> Self {
                        self.request.set_json(text.as_ref());
                        self
                    }
                }
            }
            (_, Some("Vec")) if element.and_then(type_name).as_deref() == Some("String") => {
                let doc = doc("The body, sent as a JSON array.");
                quote! {
                    #doc
                    pub fn body(mut self, items: impl IntoIterator<Item = impl Into<String>>) -> Self {
                        let items: Vec<String> = items.into_iter().map(Into::into).collect();
                        self.request.set_json(&items);
                        self
                    }
                }
            }
            (_, Some("Vec")) => {
                let doc = doc("The body, sent as a JSON array.");
                quote! {
                    #doc
                    pub fn body(mut self, items: impl AsRef<[#element]>) -> Self {
                        self.request.set_json(items.as_ref());
                        self
                    }
                }
            }
            _ => {
                let doc = doc("The body, sent as JSON.");
                quote! {
                    #doc
                    pub fn body(mut self, value: impl Borrow<#ty>) -> Self {
                        self.request.set_json(value.borrow());
                        self
                    }
                }
            }
        })
    }

    /// The one field of the answer that is the value of the call (`x-answer-key` in the overlay).
    fn answer_key(&self) -> Option<&str> {
        self.operation.value["x-answer-key"].as_str()
    }

    /// The value of a call, and the expression that decodes it. If the document names a success without a body beside one with JSON, one
    /// thing is optional and a list may be empty.
    fn output(&self, ty: &syn::Type) -> Result<(syn::Type, TokenStream)> {
        let ty = shortened(ty);
        if let Some(key) = self.answer_key() {
            let value = map_value(&ty).with_context(|| {
                format!(
                    "x-answer-key names `{key}`, but the answer is {} and no map",
                    quote!(#ty)
                )
            })?;
            return Ok((count(value), quote!(response.json_field(#key))));
        }
        let may_be_nothing = self.operation.value["x-statuses"]
            .as_array()
            .is_some_and(|statuses| statuses.iter().any(|status| status == "204"));
        Ok(match type_name(&ty).as_deref() {
            Some("ByteStream") => (
                syn::parse_quote!(RawBody),
                quote!(Ok(RawBody::clone(response))),
            ),
            None => (
                ty,
                quote! {
                    let _ = response;
                    Ok(())
                },
            ),
            Some("Vec") if may_be_nothing => (ty, quote!(response.json_or_default())),
            Some(_) if may_be_nothing => (
                syn::parse_quote!(Option<#ty>),
                quote!(response.json_or_default()),
            ),
            Some(_) => (count(&ty), quote!(response.json())),
        })
    }

    /// An operation with `first` and `max` that returns a list is read page by page. `x-paged` in the overlay names other parameters, and
    /// the field of the answer that holds the items.
    fn paged(&self, ident: &syn::Ident, output: &syn::Type) -> Result<Option<TokenStream>> {
        let marked = self.operation.value.get("x-paged");
        let name = |key: &str, default| {
            let name = marked.and_then(|marked| marked[key].as_str());
            name.unwrap_or(default).to_owned()
        };
        let (first, max) = (name("first", "first"), name("max", "max"));
        let has = |name: &str| {
            self.operation
                .parameters()
                .any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
        };
        let list = generic_argument(output, "Vec");
        if marked.is_none() && !(self.operation.method == "get" && list.is_some()) {
            return Ok(None);
        }
        if !(has(&first) && has(&max)) {
            ensure!(
                marked.is_none(),
                "x-paged names `{first}` and `{max}`, but the operation has no such query parameters"
            );
            return Ok(None);
        }
        let (item, items) = if let Some(item) = list {
            (item.clone(), quote!(output))
        } else {
            let field = name("items", "items");
            let of = type_name(output).unwrap_or_default();
            let item = self.types.field(&of, &field.to_snake_case());
            let item = item.and_then(|ty| generic_argument(ty, "Option"));
            let item = item.and_then(|ty| generic_argument(ty, "Vec"));
            let item = item.with_context(|| format!("x-paged: {of} has no list `{field}`"))?;
            let field = format_ident!("{}", field.to_snake_case());
            (in_types(item), quote!(output.#field.unwrap_or_default()))
        };
        let id = type_name(&item).and_then(|name| self.types.field(&name, "id"));
        let key = match id {
            Some(ty)
                if generic_argument(ty, "Option")
                    .and_then(type_name)
                    .as_deref()
                    == Some("String") =>
            {
                quote!(item.id.as_deref())
            }
            _ => quote!({
                let _ = item;
                None
            }),
        };
        let names = (first != "first" || max != "max").then(|| {
            quote! {
                const FIRST: &'static str = #first;
                const MAX: &'static str = #max;
            }
        });
        Ok(Some(quote! {
            impl Paged for #ident {
                type Item = #item;
                #names
                #[inline]
                fn items(output: Self::Output) -> Vec<Self::Item> { #items }
                #[inline]
                fn key(item: &Self::Item) -> Option<&str> { #key }
            }
        }))
    }
}

/// An answer that is a bare integer counts something, so it is never negative.
fn count(ty: &syn::Type) -> syn::Type {
    match type_name(ty).as_deref() {
        Some("i32" | "i64") => syn::parse_quote!(u64),
        _ => ty.clone(),
    }
}

/// A type of `types.rs`, as the files of tags write it.
fn in_types(ty: &syn::Type) -> syn::Type {
    syn::parse_quote!(types::#ty)
}

/// The type as it is written in the files of tags.
fn shortened(ty: &syn::Type) -> syn::Type {
    let mut ty = ty.clone();
    Shorten.visit_type_mut(&mut ty);
    WithoutBuilder.visit_type_mut(&mut ty);
    ty
}

/// Reads `types::builder::X` as `types::X`.
struct WithoutBuilder;

impl syn::visit_mut::VisitMut for WithoutBuilder {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        syn::visit_mut::visit_path_mut(self, path);
        let is_builder = path.segments.len() == 3
            && path.segments[0].ident == "types"
            && path.segments[1].ident == "builder";
        if is_builder {
            path.segments = path
                .segments
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != 1)
                .map(|(_, segment)| segment.clone())
                .collect();
        }
    }
}

/// The last segment of a type's path; none for `()`.
fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}
