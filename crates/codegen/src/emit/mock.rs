//! The mocks of an API: a method of a mock server for each operation, in a file for each tag.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::{Header, text};
use crate::document::{base_path, key, operations};
use crate::emit::Files;

/// The files of the `generated` folder of the mocks of this API, whose client is the crate `of`.
pub fn files(header: &Header<'_>, document: &Value, of: &str) -> Result<Files> {
    let client = format_ident!("{}", of.to_snake_case());
    let mut tags: BTreeMap<&str, Vec<TokenStream>> = BTreeMap::new();
    let base_path = base_path(document);
    for operation in operations(document) {
        let tag = operation.value["tags"][0].as_str();
        let id = operation.value["operationId"].as_str();
        let (tag, id) = tag.zip(id).context("the passes gave it a tag and an id")?;
        let path = format!("{base_path}{}", operation.path);
        let call = key(operation.method, &path);
        tags.entry(tag)
            .or_default()
            .push(method(&client, tag, id, &call));
    }
    let mut files = Files::new();
    for (tag, methods) in &tags {
        let code = header.file(&quote! {
            use ::keycloak_mock::{Mock, Then};
            use super::MockServer;

            impl MockServer { #(#methods)* }
        })?;
        files.insert(format!("{}.rs", tag.to_snake_case()), code);
    }
    let root = header.file(&root(header, &client, tags.keys()))? + &header.inputs();
    files.insert("mod.rs".to_owned(), root);
    Ok(files)
}

/// One method: the builder of the operation goes into the closure, and comes out of it with what a request must have.
fn method(client: &syn::Ident, tag: &str, id: &str, call: &str) -> TokenStream {
    let name = format_ident!("{id}");
    let module = format_ident!("{}", tag.to_snake_case());
    let builder = format_ident!("{}", id.to_upper_camel_case());
    let doc = text::doc(&format!("Mocks {}.", text::code(call)));
    quote! {
        #doc
        pub fn #name(
            &self,
            say: impl FnOnce(
                ::#client::#module::#builder,
                Then<::#client::#module::#builder>,
            ) -> (::#client::#module::#builder, Then<::#client::#module::#builder>),
        ) -> Mock<::#client::#module::#builder> {
            self.server.mock(self.api.#name(), say)
        }
    }
}

/// `mod.rs`: the server, and the other files.
fn root<'a>(
    header: &Header<'_>,
    client: &syn::Ident,
    tags: impl Iterator<Item = &'a &'a str>,
) -> TokenStream {
    let modules = tags.map(|tag| {
        let module = format_ident!("{}", tag.to_snake_case());
        quote!(mod #module;)
    });
    let doc = text::doc(&format!(
        "A mock of the {}: a method for each of its operations, which adds a mock of it.\n\n\
         It stands on a [`keycloak_mock::MockServer`], to which it dereferences. Cheap to clone: clones are the same server.",
        header.title
    ));
    quote! {
        #(#modules)*

        #doc
        #[derive(Clone, Debug)]
        pub struct MockServer {
            server: ::keycloak_mock::MockServer,
            api: ::#client::Client,
        }

        impl MockServer {
            /// Starts a server on 127.0.0.1, on a free port, that has a token endpoint and no mock yet.
            ///
            /// # Panics
            ///
            /// If no port of 127.0.0.1 is free.
            #[must_use]
            pub fn start() -> Self {
                Self::on(&::keycloak_mock::MockServer::start())
            }

            /// Mocks this API on a server that is there already, such as one that mocks another API too.
            #[must_use]
            pub fn on(server: &::keycloak_mock::MockServer) -> Self {
                server.knows(::#client::OPERATIONS);
                let api = ::#client::Client::new(server.session());
                Self { server: server.clone(), api }
            }
        }

        impl ::std::ops::Deref for MockServer {
            type Target = ::keycloak_mock::MockServer;

            fn deref(&self) -> &::keycloak_mock::MockServer {
                &self.server
            }
        }
    }
}
