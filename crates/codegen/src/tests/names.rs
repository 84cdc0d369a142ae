//! The names in `operations.toml` are what a person would call the operations.

use std::collections::BTreeSet;

use workspace::root;

use crate::document;
use crate::names::OperationNames;
use crate::pipeline::Input;
use crate::sources::Specs;

fn names() -> Vec<(String, String, String)> {
    let specs = Specs::read(&root().join("specs")).unwrap();
    let mut all = Vec::new();
    for api in specs.all() {
        let text = api.operations_text().unwrap();
        let names = OperationNames::parse(&text, &api.name).unwrap();
        all.extend(
            names
                .iter()
                .map(|(key, id)| (api.name.clone(), key.to_owned(), id.to_owned())),
        );
    }
    assert!(all.len() >= 413 + 80 + 21 + 2, "only {} names", all.len());
    all
}

#[test]
fn every_operation_has_a_name() {
    let specs = Specs::read(&root().join("specs")).unwrap();
    for (name, count) in [
        ("keycloak", 413),
        ("phasetwo", 80),
        ("folio-users", 21),
        ("idshield", 2),
    ] {
        let normalised = Input::read(&specs.api(name).unwrap())
            .unwrap()
            .normalise()
            .unwrap();
        let ids: BTreeSet<_> = document::operations(&normalised.document)
            .map(|operation| operation.value["operationId"].as_str().unwrap().to_owned())
            .collect();
        assert!(ids.len() >= count, "{name}: {} different names", ids.len());
        assert_eq!(
            ids.len(),
            document::operations(&normalised.document).count(),
            "{name}: names are unique"
        );
    }
}

#[test]
fn names_begin_with_a_verb() {
    // Reads and writes have the same verbs everywhere. An action keeps its own.
    let verbs: BTreeSet<&str> = [
        "list",
        "get",
        "find",
        "count",
        "check",
        "create",
        "update",
        "delete",
        "add",
        "remove",
        "clear",
        "set",
        "accept",
        "activate",
        "bulk",
        "convert",
        "copy",
        "deactivate",
        "disable",
        "download",
        "evaluate",
        "execute",
        "export",
        "generate",
        "impersonate",
        "import",
        "invalidate",
        "invite",
        "join",
        "link",
        "logout",
        "lower",
        "migrate",
        "move",
        "partial",
        "push",
        "query",
        "raise",
        "recover",
        "regenerate",
        "register",
        "reload",
        "reject",
        "resend",
        "reset",
        "revoke",
        "send",
        "switch",
        "sync",
        "test",
        "unlink",
        "unregister",
        "upload",
        "validate",
        "verify",
    ]
    .into();
    let odd: Vec<_> = names()
        .into_iter()
        .filter(|(_, _, id)| !verbs.contains(id.split('_').next().unwrap()))
        .collect();
    assert_eq!(odd, []);
}

#[test]
fn names_are_no_path_salad() {
    let salad = [
        "realms_realm",
        "_realm_realm",
        "_user_id",
        "_client_id",
        "_client_uuid",
        "_group_id",
        "_org_id",
        "_role_id",
        "_role_name",
        "representation",
        "_service_",
        "_resource_server_",
    ];
    for (api, key, id) in names() {
        let words: Vec<&str> = id.split('_').collect();
        assert!(
            words.len() <= 7,
            "{api} {key}: {id} has {} words",
            words.len()
        );
        for part in salad {
            // Service accounts are Keycloak's own term.
            let id = id.replace("_service_account", "");
            assert!(!id.contains(part), "{api} {key}: {id} holds `{part}`");
        }
        // The whole path spelled out: every literal segment and every parameter in its order.
        let path_words: Vec<&str> = key
            .split(['/', '-', '{', '}', ' '])
            .filter(|word| !word.is_empty())
            .collect();
        if path_words.len() > 6 {
            let longest_run = words
                .windows(5)
                .any(|window| path_words.windows(5).any(|path| path == window));
            assert!(!longest_run, "{api} {key}: {id} spells the path");
        }
    }
}

#[test]
fn reading_and_writing_verbs_fit_their_methods() {
    for (api, key, id) in names() {
        let method = key.split(' ').next().unwrap();
        let fits = match id.split('_').next().unwrap() {
            "list" | "get" | "find" | "count" | "check" => method == "GET",
            "update" => method == "PUT",
            "delete" => method == "DELETE",
            // A cache is cleared by a POST.
            "clear" => matches!(method, "DELETE" | "POST"),
            _ => true,
        };
        assert!(fits, "{api} {key}: {id}");
    }
}
