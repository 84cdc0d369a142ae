//! The commands in documents and recipes: the tree knows each of them.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::tree;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the words of the first command of a line, without quotes, up to a pipe, a redirection or a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars().chain([' ']) {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, '|' | '>' | '<' | ';' | '&') => break,
            (None, '#') if word.is_none() => break,
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words
}

/// Checks that the tree knows each command of `keycloakctl` in a script. Returns their number.
fn check(script: &str) -> usize {
    let commands = script.lines().map(words);
    let commands = commands.filter(|words| words.first().is_some_and(|word| word == "keycloakctl"));
    let commands: Vec<_> = commands.collect();
    for words in &commands {
        let parsed = tree::command().try_get_matches_from(words);
        parsed.unwrap_or_else(|error| panic!("{}: {error}", words.join(" ")));
    }
    commands.len()
}

/// Returns the blocks of shell commands of a document.
fn shell_blocks(document: &str) -> String {
    let blocks = document.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap_or_default());
    blocks.collect()
}

/// Checks that the document of logins lists the variables of the program in a recipe.
fn check_variables<'n>(names: impl Iterator<Item = &'n str>) {
    let login = read("docs/keycloakctl-login.md");
    let own: BTreeSet<&str> = names
        .filter(|name| name.starts_with("KEYCLOAKCTL_"))
        .collect();
    assert!(!own.is_empty());
    for name in own {
        assert!(login.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn a_line_has_the_words_of_its_first_command() {
    let line = "keycloakctl plan 'a b' --out \"\" x#y > plan.txt || code=$?  # a comment";
    assert_eq!(
        words(line),
        ["keycloakctl", "plan", "a b", "--out", "", "x#y"]
    );
    assert_eq!(words("# keycloakctl plan"), Vec::<String>::new());
}

#[test]
fn the_commands_of_the_documents_are_in_the_tree() {
    for document in [
        "README.md",
        "crates/keycloakctl/README.md",
        "docs/keycloakctl-login.md",
        "docs/realms-as-code.md",
    ] {
        assert!(check(&shell_blocks(&read(document))) > 0, "{document}");
    }
}

#[derive(Deserialize)]
struct Workflow {
    env: std::collections::BTreeMap<String, String>,
    jobs: std::collections::BTreeMap<String, WorkflowJob>,
}

#[derive(Deserialize)]
struct WorkflowJob {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    run: Option<String>,
    uses: Option<String>,
}

#[test]
fn the_recipe_for_github_actions_plans_and_applies() {
    let text = read("docs/realms-as-code/github-actions.yaml");
    let workflow: Workflow = serde_saphyr::from_str(&text).expect("a workflow");
    check_variables(workflow.env.keys().map(String::as_str));
    for (job, command) in [
        ("plan", "keycloakctl plan "),
        ("apply", "keycloakctl apply "),
    ] {
        let steps = &workflow.jobs[job].steps;
        assert!(
            steps
                .iter()
                .all(|step| step.run.is_some() != step.uses.is_some())
        );
        let scripts = steps.iter().filter_map(|step| step.run.as_deref());
        let scripts = scripts.collect::<Vec<_>>().join("\n");
        assert_eq!(check(&scripts), 1, "{job}");
        assert!(scripts.contains(command), "{scripts}");
    }
}

#[test]
fn the_recipe_for_kubernetes_applies() {
    let text = read("docs/realms-as-code/kubernetes-job.yaml");
    let job: Value = serde_saphyr::from_str(&text).expect("a job");
    assert_eq!(
        (&job["apiVersion"], &job["kind"]),
        (&"batch/v1".into(), &"Job".into())
    );
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let command = container["command"].as_array().expect("a command");
    let words: Vec<&str> = command.iter().filter_map(Value::as_str).collect();
    assert_eq!(check(&words.join(" ")), 1);
    let variables = container["env"].as_array().expect("variables");
    check_variables(
        variables
            .iter()
            .filter_map(|variable| variable["name"].as_str()),
    );
    let volumes = pod["volumes"].as_array().expect("volumes");
    let mounts = container["volumeMounts"].as_array().expect("mounts");
    let names = |list: &[Value]| -> BTreeSet<String> {
        list.iter().map(|item| item["name"].to_string()).collect()
    };
    assert_eq!(names(volumes), names(mounts));
    assert_eq!(mounts[0]["mountPath"], *words.last().expect("a folder"));
}
