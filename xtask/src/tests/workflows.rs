//! The workflows cannot run here. What can be known of them is that they are YAML, that actions are pinned, that they may do little, that their
//! steps are commands that there are, that what may write runs nothing else, and that the scripts of an upgrade do what they are for, with a stand-in
//! for `gh`.

use std::fs;
use std::path::PathBuf;
use std::process;

use clap::Parser as _;
use codegen::document::parse_yaml;
use serde_json::Value;
use workspace::root;

use crate::Command;
use crate::semver;

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
    assert_eq!(workflows.len(), 3);
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

/// The reason why a call of cargo does not exist.
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
            let expected = (workflow.name == "upgrade" && name == "pull-request").then(|| {
                serde_json::json!({"contents": "write", "pull-requests": "write", "actions": "write"})
            });
            assert_eq!(job.get("permissions"), expected.as_ref(), "{name}");
            assert!(job["timeout-minutes"].is_u64(), "{name} may run for ever");
        }
        // The shell would run text that GitHub puts into a script.
        for script in workflow.scripts() {
            assert!(!script.contains("${{"), "{script}");
        }
    }
}

#[test]
fn no_checkout_leaves_a_credential_to_the_steps_after_it() {
    let mut checkouts = 0;
    for workflow in workflows() {
        for step in workflow.steps() {
            let action = step["uses"].as_str().unwrap_or_default();
            if action.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{step}");
                checkouts += 1;
            }
        }
    }
    assert_eq!(checkouts, 6);
}

#[test]
fn a_job_that_may_write_runs_git_and_gh_alone() {
    // Programs and words of the shell that run nothing of the repository.
    const KNOWN: [&str; 14] = [
        "set",
        "with_token()",
        "with_token",
        "if",
        "echo",
        "exit",
        "fi",
        "git",
        "gh",
        "head",
        "#",
        "places",
        "then",
        "",
    ];
    let is_assignment = |word: &str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        [
            "patch",
            "difference",
            "heading",
            "title",
            "branch",
            "places",
        ]
        .contains(&name)
    };
    let mut steps = 0;
    for workflow in workflows() {
        for job in workflow.value["jobs"].as_object().unwrap().values() {
            let has_token = job.to_string().contains("github.token");
            assert_eq!(has_token, job.get("permissions").is_some(), "{job}");
            if job.get("permissions").is_none() {
                continue;
            }
            for step in job["steps"].as_array().unwrap() {
                steps += 1;
                if let Some(action) = step["uses"].as_str() {
                    let (name, _) = action.split_once('@').unwrap();
                    assert!(
                        ["actions/checkout", "actions/download-artifact"].contains(&name),
                        "{name}"
                    );
                }
                for line in step["run"].as_str().unwrap_or_default().lines() {
                    let word = line.trim().split(' ').next().unwrap();
                    assert!(KNOWN.contains(&word) || is_assignment(word), "{line}");
                }
            }
        }
    }
    assert_eq!(steps, 3);
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

/// A repository with one commit, a clone for each of the two jobs, and a `gh` that writes down what it is asked for.
struct Runner(tempfile::TempDir);

const TITLE: &str = "# keycloak: 26.7.4 → 26.8.0";

impl Runner {
    fn new() -> Self {
        let runner = Self(tempfile::tempdir().unwrap());
        fs::create_dir(runner.path("bin")).unwrap();
        fs::create_dir(runner.path("upgrade")).unwrap();
        let said = runner.path("said");
        let gh = format!("#!/bin/sh\necho \"$@\" >> {}\n", said.display());
        fs::write(runner.path("bin/gh"), gh).unwrap();
        runner.bash(
            "chmod +x bin/gh; git init --quiet --bare --initial-branch main origin; git clone --quiet origin clone; cd clone; \
             git config user.name t; git config user.email t@example.com; mkdir specs; echo 1 > specs/sources.toml; echo 1 > run; \
             chmod +x run; git add .; git commit --quiet -m 1; git push --quiet origin HEAD:main",
            ".",
        );
        runner.write_difference(&format!("{TITLE}\n\nText.\n"));
        runner
    }

    fn write_difference(&self, text: &str) {
        fs::write(self.path("upgrade/difference.md"), text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Runs a script in a folder; what it prints, or what it says when it fails.
    fn try_bash(&self, script: &str, folder: &str) -> Result<String, String> {
        let path = std::env::var("PATH").unwrap();
        let output = process::Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(self.path(folder))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("RUNNER_TEMP", self.0.path())
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        if output.status.success() {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{printed}{said}"))
    }

    fn bash(&self, script: &str, folder: &str) -> String {
        self.try_bash(script, folder).unwrap()
    }

    /// Both jobs, after this change to a fresh clone. The second job has a clone of its own, and the patch.
    fn upgrade(&self, change: &str) -> Result<String, String> {
        let clone = "rm -rf clone; git clone --quiet origin clone";
        let upgrade = workflow("upgrade");
        let scripts = upgrade.scripts();
        let script = |part: &str| {
            let mut found = scripts.iter().filter(|script| script.contains(part));
            *found.next().unwrap()
        };
        self.bash(clone, ".");
        self.bash(change, "clone");
        let printed = self.bash(script("changes.patch\""), "clone");
        let output = fs::read_to_string(self.path("output")).unwrap_or_default();
        let _ = fs::remove_file(self.path("output"));
        if output != "changed=true\n" {
            assert_eq!(output, "");
            return Ok(printed);
        }
        self.bash(clone, ".");
        self.try_bash(script("gh pr create"), "clone")
    }

    fn asked_of_gh(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    fn branches(&self) -> String {
        self.bash("git branch --format '%(refname:short)'", "origin")
    }
}

#[test]
fn the_scripts_open_one_pull_request_for_a_version() {
    let runner = Runner::new();
    assert_eq!(runner.upgrade("true").unwrap(), "nothing changed\n");
    assert_eq!(runner.asked_of_gh(), "");

    let change = "echo 2 > specs/sources.toml; mkdir -p crates/a-api/src/generated; printf 'a\\0b' > crates/a-api/src/generated/new.rs";
    runner.upgrade(change).unwrap();
    let expected = format!(
        "pr create --title Upgrade keycloak: 26.7.4 → 26.8.0 --body-file {} --head upgrade/keycloak-26.8.0\n\
         workflow run ci.yml --ref upgrade/keycloak-26.8.0\n",
        runner.path("body.md").display()
    );
    assert_eq!(runner.asked_of_gh(), expected);
    let pushed = "git show --format= --name-only upgrade/keycloak-26.8.0";
    assert_eq!(
        runner.bash(pushed, "origin"),
        "crates/a-api/src/generated/new.rs\nspecs/sources.toml\n"
    );
    let body = fs::read_to_string(runner.path("body.md")).unwrap();
    assert!(body.ends_with("\n\nText.\n"), "{body}");

    // A week later the pull request is still open.
    runner.upgrade(change).unwrap();
    assert_eq!(runner.asked_of_gh(), expected);
}

#[test]
fn a_patch_that_is_no_upgrade_is_not_pushed() {
    let changes = [
        (
            "mkdir -p .github/workflows; echo x > .github/workflows/x.yml",
            "does not write these files",
        ),
        ("echo 2 > run", "does not write these files"),
        ("git mv run specs/run", "does not write these files"),
        (
            "mkdir -p crates/a-api; echo x > crates/a-api/build.rs",
            "does not write these files",
        ),
        (
            "echo x > 'specs\nx'; mkdir -p xtask/src; echo x > xtask/src/main.rs",
            "does not write these files",
        ),
        ("ln -s /etc/passwd specs/link", "plain files alone"),
        ("echo x > specs/x; chmod +x specs/x", "plain files alone"),
    ];
    for (change, why) in changes {
        let runner = Runner::new();
        let said = runner.upgrade(change).unwrap_err();
        assert!(said.contains(why), "{change}: {said}");
        assert_eq!(runner.branches(), "main\n", "{change}");
        assert!(!runner.asked_of_gh().contains("pr create"), "{change}");
    }
}

#[test]
fn a_heading_that_names_no_versions_makes_no_branch() {
    for heading in [
        "",
        "# keycloak: 1 → --force",
        "# keycloak: 26.7.4 → 26.8.0 x",
        "# keycloak: $(id) → 1",
    ] {
        let runner = Runner::new();
        runner.write_difference(&format!("{heading}\n"));
        let said = runner.upgrade("echo 2 > specs/sources.toml").unwrap_err();
        assert!(said.contains("another heading"), "{heading}: {said}");
        assert_eq!(runner.branches(), "main\n", "{heading}");
    }
}
