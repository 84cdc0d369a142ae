//! The workflows cannot run here. What can be known of them is that they are YAML, that actions are pinned, that they may do little, that their
//! steps are commands that there are, and that their one script does what it is for, with a stand-in for `gh`.

use std::fs;
use std::path::PathBuf;
use std::process;

use clap::Parser as _;
use serde_json::Value;

use crate::Command;
use crate::document::parse_yaml;
use crate::semver;
use crate::workspace::root;

struct Workflow {
    name: String,
    text: String,
    value: Value,
}

fn workflows() -> Vec<Workflow> {
    let folder = root().join(".github/workflows");
    let workflows: Vec<Workflow> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            Workflow {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                value: parse_yaml(&text).unwrap(),
                text,
            }
        })
        .collect();
    assert_eq!(workflows.len(), 2);
    workflows
}

fn workflow(name: &str) -> Workflow {
    let mut all = workflows().into_iter();
    all.find(|workflow| workflow.name == name).unwrap()
}

impl Workflow {
    fn steps(&self) -> Vec<&Value> {
        let jobs = self.value["jobs"].as_object().unwrap().values();
        jobs.flat_map(|job| job["steps"].as_array().unwrap())
            .collect()
    }

    fn scripts(&self) -> Vec<&str> {
        let steps = self.steps().into_iter();
        steps.filter_map(|step| step["run"].as_str()).collect()
    }
}

/// The calls of cargo in a script, each with its arguments.
fn calls_of_cargo(script: &str) -> Vec<Vec<&str>> {
    let commands = script.split(['\n', ';', '|', '&', '(', ')', '`']);
    commands
        .filter_map(|command| {
            let (_, arguments) = command.split_once("cargo ")?;
            let words = arguments.split_whitespace();
            Some(words.take_while(|word| !word.starts_with('>')).collect())
        })
        .collect()
}

/// Why a call of cargo is none that there is.
fn problem(call: &[&str]) -> Option<String> {
    match call {
        ["xtask", arguments @ ..] => {
            let words = std::iter::once("cargo xtask").chain(arguments.iter().copied());
            let error = Command::try_parse_from(words).err()?;
            Some(error.to_string())
        }
        ["deny", "check"] | ["install", "cargo-deny", "--locked", "--version", _] => None,
        [
            "install",
            "cargo-semver-checks",
            "--locked",
            "--version",
            version,
        ] => (*version != semver::TOOL)
            .then(|| format!("{version} is not the version that xtask names")),
        _ => Some("not a command that is known here".to_owned()),
    }
}

#[test]
fn every_call_of_cargo_is_a_command_that_there_is() {
    let mut calls = 0;
    for workflow in workflows() {
        for script in workflow.scripts() {
            for call in calls_of_cargo(script) {
                assert_eq!(problem(&call), None, "{}: {call:?}", workflow.name);
                calls += 1;
            }
        }
    }
    assert_eq!(calls, 5);
}

#[test]
fn a_call_that_is_wrong_is_seen() {
    let calls = calls_of_cargo(
        "x=1; cargo xtask upgrad keycloak > \"$FILE\"\ncargo xtask api --semver | tee x",
    );
    assert_eq!(calls[0], ["xtask", "upgrad", "keycloak"]);
    assert!(problem(&calls[0]).unwrap().contains("upgrad"));
    assert_eq!(problem(&calls[1]), None);
    assert!(
        problem(&[
            "install",
            "cargo-semver-checks",
            "--locked",
            "--version",
            "0.1.0"
        ])
        .is_some()
    );
    assert!(problem(&["publish"]).is_some());
}

#[test]
fn actions_are_pinned_by_commit_and_say_which_version_that_is() {
    for workflow in workflows() {
        let mut uses = 0;
        for line in workflow.text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            uses += 1;
            let (action, version) = action.split_once(" # v").unwrap();
            let (_, commit) = action.split_once('@').unwrap();
            assert_eq!(commit.len(), 40, "{line}");
            assert!(
                commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{line}"
            );
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        }
        let steps = workflow.steps();
        let named = steps.iter().filter(|step| step["uses"].is_string());
        assert_eq!(uses, named.count());
        assert!(uses > 0);
    }
}

#[test]
fn workflows_may_read_and_one_job_may_write_what_it_needs() {
    for workflow in workflows() {
        let reads = serde_json::json!({"contents": "read"});
        assert_eq!(workflow.value["permissions"], reads, "{}", workflow.name);
        for (name, job) in workflow.value["jobs"].as_object().unwrap() {
            let expected = (workflow.name == "upgrade" && name == "keycloak").then(|| {
                serde_json::json!({"contents": "write", "pull-requests": "write", "actions": "write"})
            });
            assert_eq!(job.get("permissions"), expected.as_ref(), "{name}");
            assert!(job["timeout-minutes"].is_u64(), "{name} may run for ever");
        }
        // What is put into a script by GitHub would be run by the shell.
        for script in workflow.scripts() {
            assert!(!script.contains("${{"), "{script}");
        }
    }
}

#[test]
fn the_check_is_what_a_developer_runs_and_the_upgrade_is_asked_for_weekly() {
    let check = workflow("ci");
    assert!(check.scripts().contains(&".ci/run"));
    assert!(root().join(".ci/run").is_file());
    assert!(check.value["on"].get("pull_request").is_some());
    let upgrade = workflow("upgrade");
    assert_eq!(upgrade.value["on"]["schedule"].as_array().unwrap().len(), 1);
    assert!(upgrade.value["on"].get("workflow_dispatch").is_some());
    // It starts the check by hand, which the check has to allow.
    assert!(
        upgrade
            .scripts()
            .concat()
            .contains("gh workflow run ci.yml")
    );
    assert!(check.value["on"].get("workflow_dispatch").is_some());
}

/// A clone of a repository with one commit, and a `gh` that writes down what it is asked for.
struct Runner(tempfile::TempDir);

impl Runner {
    fn new() -> Self {
        let runner = Self(tempfile::tempdir().unwrap());
        fs::create_dir(runner.path("bin")).unwrap();
        let said = runner.path("said");
        let gh = format!("#!/bin/sh\necho \"$@\" >> {}\n", said.display());
        fs::write(runner.path("bin/gh"), gh).unwrap();
        runner.bash(
            "chmod +x bin/gh; git init --quiet --bare --initial-branch main origin; git clone --quiet origin clone; cd clone; \
             git config user.name t; git config user.email t@example.com; echo 1 > pinned; git add .; git commit --quiet -m 1; \
             git push --quiet origin HEAD:main",
            ".",
        );
        let title = "# keycloak: 26.7.4 → 26.8.0";
        fs::write(runner.path("difference.md"), format!("{title}\n\nText.\n")).unwrap();
        runner
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn bash(&self, script: &str, folder: &str) -> String {
        let path = std::env::var("PATH").unwrap();
        let output = process::Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(self.path(folder))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("RUNNER_TEMP", self.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn asked_of_gh(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }
}

#[test]
fn the_script_opens_one_pull_request_for_a_version() {
    let upgrade = workflow("upgrade");
    let scripts = upgrade.scripts();
    let script = scripts
        .iter()
        .find(|script| script.contains("gh pr create"))
        .unwrap();
    let runner = Runner::new();
    assert_eq!(runner.bash(script, "clone"), "nothing changed\n");
    assert_eq!(runner.asked_of_gh(), "");

    runner.bash("echo 2 > pinned; echo new > another", "clone");
    runner.bash(script, "clone");
    let asked = runner.asked_of_gh();
    let expected = format!(
        "pr create --title Upgrade keycloak: 26.7.4 → 26.8.0 --body-file {} --head upgrade/keycloak-26.8.0\n\
         workflow run ci.yml --ref upgrade/keycloak-26.8.0\n",
        runner.path("body.md").display()
    );
    assert_eq!(asked, expected);
    let pushed = "git show --format= --name-only upgrade/keycloak-26.8.0";
    assert_eq!(runner.bash(pushed, "origin"), "another\npinned\n");
    let body = fs::read_to_string(runner.path("body.md")).unwrap();
    assert!(body.ends_with("\n\nText.\n"), "{body}");

    // A week later the pull request is still open.
    runner.bash("git switch --quiet main; echo 2 > pinned", "clone");
    runner.bash(script, "clone");
    assert_eq!(runner.asked_of_gh(), expected);
}
