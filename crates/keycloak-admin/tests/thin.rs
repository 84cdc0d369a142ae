//! The crate stays thin: it declares nothing that the generated crates have, and a test calls each of its methods. That a function fits on a
//! screen is held by `too_many_lines`, see clippy.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprMethodCall, ExprPath, File, ImplItemFn, ItemImpl, ItemMod, Macro, Token,
    Visibility,
};

/// The Rust files of a folder of this crate.
fn files(folder: &str) -> Vec<(PathBuf, File)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                found.push((path, file));
            }
        }
    }
    found
}

/// Returns whether an item is compiled for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        let condition = attribute.parse_args::<syn::Path>();
        attribute.path().is_ident("cfg") && condition.is_ok_and(|path| path.is_ident("test"))
    };
    attributes.iter().any(is_test)
}

/// The identifiers among these tokens, in their order.
fn words(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The items of a file that repeat what the generated crates have.
#[derive(Default)]
struct Declared {
    serde: Vec<String>,
    sets_query: bool,
}

impl Visit<'_> for Declared {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_attribute(&mut self, attribute: &Attribute) {
        let mut found = vec![];
        let tokens = attribute
            .meta
            .require_list()
            .map(|list| list.tokens.clone());
        words(tokens.unwrap_or_default(), &mut found);
        let is_derive = attribute.path().is_ident("derive");
        let is_serde = |word: &String| matches!(word.as_str(), "Serialize" | "Deserialize");
        if attribute.path().is_ident("serde") || is_derive && found.iter().any(is_serde) {
            self.serde.push(found.join(" "));
        }
    }

    fn visit_item_impl(&mut self, item: &ItemImpl) {
        let of = item.trait_.as_ref().and_then(|of| of.0.segments.last());
        let name = of.map(|segment| segment.ident.to_string());
        self.serde
            .extend(name.filter(|name| matches!(name.as_str(), "Serialize" | "Deserialize")));
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.sets_query |= call.method == "set_query";
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, of: &Macro) {
        let mut found = Vec::new();
        words(of.tokens.clone(), &mut found);
        self.sets_query |= found.iter().any(|word| word == "set_query");
        let is_serde = |word: &&String| matches!(word.as_str(), "Serialize" | "Deserialize");
        self.serde.extend(found.iter().find(is_serde).cloned());
    }
}

#[test]
fn no_representation_and_no_parameter_is_declared_again() {
    for (path, file) in files("src") {
        let mut declared = Declared::default();
        declared.visit_file(&file);
        let name = path.display();
        assert_eq!(declared.serde, [""; 0], "{name} implements serde's traits");
        // The pager sets the two parameters of pages; nothing else sets one by its name.
        let may_set = path.ends_with("page.rs");
        assert!(
            may_set || !declared.sets_query,
            "{name} sets a query parameter"
        );
    }
}

/// The public methods, other than `async` ones, that give a call its body and are not `#[inline]`.
#[derive(Default)]
struct CompiledBodies(Vec<String>);

/// Looks for `.body(..)` in a method.
#[derive(Default)]
struct SetsBody(bool);

impl Visit<'_> for SetsBody {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.0 |= call.method == "body";
        visit::visit_expr_method_call(self, call);
    }
}

impl Visit<'_> for CompiledBodies {
    fn visit_impl_item_fn(&mut self, method: &ImplItemFn) {
        let mut sets = SetsBody::default();
        sets.visit_block(&method.block);
        let is_public = matches!(method.vis, Visibility::Public(_));
        let is_inline = method.attrs.iter().any(|it| it.path().is_ident("inline"));
        if sets.0 && is_public && method.sig.asyncness.is_none() && !is_inline {
            self.0.push(method.sig.ident.to_string());
        }
    }
}

/// Then a program compiles the bodies that it sends, and this crate none: a quarter of the time that this crate takes to build.
#[test]
fn a_method_that_gives_a_body_is_inline() {
    for (path, file) in files("src") {
        let mut compiled = CompiledBodies::default();
        compiled.visit_file(&file);
        let name = path.display();
        assert_eq!(compiled.0, [""; 0], "{name} has methods without #[inline]");
    }
}

/// The public methods of the crate, with how many there are of each name. Those that a macro declares count once.
#[derive(Default)]
struct Methods(BTreeMap<String, usize>);

impl Visit<'_> for Methods {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_impl_item_fn(&mut self, method: &ImplItemFn) {
        if matches!(method.vis, Visibility::Public(_)) {
            *self.0.entry(method.sig.ident.to_string()).or_default() += 1;
        }
    }

    fn visit_macro(&mut self, of: &Macro) {
        let mut found = Vec::new();
        words(of.tokens.clone(), &mut found);
        for public in found.split(|word| word == "pub").skip(1) {
            let public = public.iter().map(String::as_str);
            let mut rest = public.skip_while(|word| *word == "async");
            if let (Some("fn"), Some(name)) = (rest.next(), rest.next()) {
                *self.0.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
}

/// The number of calls of each name: `x.name()`, `T::name()`, and `T::name` as a value.
#[derive(Default)]
struct Calls(BTreeMap<String, usize>);

impl Calls {
    /// Counts the names that stand after a dot.
    fn count_after_dots(&mut self, tokens: TokenStream) {
        let mut is_after_dot = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(name) if is_after_dot => {
                    *self.0.entry(name.to_string()).or_default() += 1;
                }
                TokenTree::Group(group) => self.count_after_dots(group.stream()),
                _ => {}
            }
            is_after_dot = matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.');
        }
    }
}

impl Visit<'_> for Calls {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        *self.0.entry(call.method.to_string()).or_default() += 1;
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &ExprPath) {
        let segments = &path.path.segments;
        if let (2.., Some(last)) = (segments.len(), segments.last()) {
            *self.0.entry(last.ident.to_string()).or_default() += 1;
        }
    }

    /// Looks into `assert!`, `format!`, `join!` and what else takes expressions, and into macros that the tests declare.
    fn visit_macro(&mut self, of: &Macro) {
        let expressions = Punctuated::<Expr, Token![,]>::parse_terminated;
        match expressions.parse2(of.tokens.clone()) {
            Ok(expressions) => expressions.iter().for_each(|it| self.visit_expr(it)),
            Err(_) => self.count_after_dots(of.tokens.clone()),
        }
    }
}

/// For each name as many calls in tests on a real server as there are methods of that name.
#[test]
fn every_public_method_is_called_by_a_test() {
    let (mut methods, mut calls) = (Methods::default(), Calls::default());
    for (_, file) in files("src") {
        methods.visit_file(&file);
    }
    for (_, file) in files("tests") {
        calls.visit_file(&file);
    }
    assert!(methods.0.len() > 50, "{:?}", methods.0);
    let calls_of = |name: &str| calls.0.get(name).copied().unwrap_or(0);
    let missing: BTreeSet<String> = methods
        .0
        .into_iter()
        .filter(|(name, count)| calls_of(name) < *count)
        .map(|(name, count)| format!("{name}: {count} methods, {} calls", calls_of(&name)))
        .collect();
    assert!(missing.is_empty(), "no test calls {missing:#?}");
}

#[test]
fn methods_and_calls_are_counted_wherever_they_stand() {
    let file = syn::parse_file(
        "impl A { pub fn a(&self) {} pub(crate) fn hidden(&self) {} pub async fn b(&self) {} }
         macro_rules! m { ($t:ty) => { impl $t { pub fn a(&self) {} pub async fn c(&self) {} fn own(&self) {} } } }
         #[cfg(test)] mod tests { impl A { pub fn in_tests(&self) {} } }",
    );
    let mut methods = Methods::default();
    methods.visit_file(&file.unwrap());
    let named = |count: &[(&str, usize)]| {
        let count = count
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        count.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(methods.0, named(&[("a", 2), ("b", 1), ("c", 1)]));

    let file = syn::parse_file(
        "fn f() { x.a().b::<T>(); A::c(1); list.map(A::d); assert_eq!(x.a(), \"y.a()\", \"{}\", A::e()); /* x.a() */ g(); }
         macro_rules! m { ($x:expr) => { $x.h(\".i()\") } }",
    );
    let mut calls = Calls::default();
    calls.visit_file(&file.unwrap());
    let expected = [
        ("a", 2),
        ("b", 1),
        ("c", 1),
        ("d", 1),
        ("e", 1),
        ("h", 1),
        ("map", 1),
    ];
    assert_eq!(calls.0, named(&expected));
}
