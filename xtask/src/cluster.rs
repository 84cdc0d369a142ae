//! The part of `cargo xtask test --all` that runs on a cluster.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use keycloak_server::cluster::CLUSTER;
use keycloak_server::{Cluster, ProgressLine, ServerSpec, harness};
use workspace::target;

use crate::test_programs::{self, Environment, Extent};

/// The tests of the facade that run on a cluster: those that create, find, change and delete objects of each kind.
const TESTS: [&str; 10] = [
    "groups::a_group_is_created_changed_and_deleted",
    "groups::the_tree_is_whole_and_every_child_comes_once",
    "organizations::an_organization_is_created_found_changed_and_deleted",
    "organizations::members_come_and_go",
    "realms::a_realm_is_created_changed_and_deleted",
    "realms::a_realm_of_twelve_megabytes_is_refused_with_its_length",
    "roles::realm_roles_do_what_keycloak_lets_them",
    "roles::roles_are_made_of_roles_by_name",
    "users::a_user_is_created_changed_and_deleted",
    "users::users_join_and_leave_groups",
];

/// Runs tests of the facade on a cluster, and then the short ledger.
pub fn check() -> Result<()> {
    let mut line = ProgressLine::stderr();
    let spec = ServerSpec::newest().with_all_features();
    let cluster = Cluster::start(&spec, &mut |message| line.show(message))?;
    drop(line);
    println!("{spec} on two nodes at {}", cluster.record().url);
    let result = facade(&cluster).and_then(|()| short_ledger(&cluster));
    cluster.stop()?;
    result
}

fn facade(cluster: &Cluster) -> Result<()> {
    // The whole workspace, so that nothing is built again with other features.
    let mut selection = vec!["--workspace", "--test", "facade", "--", "--exact"];
    selection.extend(TESTS);
    let environment = Environment {
        variables: cluster.record().env(harness::KEYCLOAK),
        extent: Extent::Usual,
    };
    let totals = test_programs::run_one(test_programs::cargo_test(&selection, &environment))?;
    ensure!(
        totals.succeeded && totals.failed == 0,
        "the tests of the facade failed on a cluster"
    );
    // A test with another name is left out silently.
    ensure!(
        totals.passed == TESTS.len(),
        "{} of {} tests of the facade ran on a cluster",
        totals.passed,
        TESTS.len()
    );
    Ok(())
}

fn short_ledger(cluster: &Cluster) -> Result<()> {
    // The build of the tests has made it.
    let status = Command::new(target().join("debug/ledger"))
        .args(["--short", "--workers", "4"])
        .env(CLUSTER, cluster.record().folder())
        .status()
        .context("cannot start the ledger")?;
    if !status.success() {
        bail!("the ledger found violations");
    }
    Ok(())
}
