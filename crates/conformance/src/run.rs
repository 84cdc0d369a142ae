//! From the command line to the exit code.

use std::env;
use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use tokio::runtime::Builder;

use crate::area::{self, Area};
use crate::context::{Context, Target};
use crate::descriptions::Descriptions;
use crate::record::{Api, Outcome, Record, Row, judge_statuses};
use crate::report;
use crate::second_try::{self, SecondTry};

/// Call every operation on real servers, and report the fields that the types lack
///
/// It starts the servers it needs, two at a time: every supported Keycloak from the newest on, one of them with Phase Two's
/// extensions. If `KEYCLOAK_URL` or `KEYCLOAK_PHASETWO_URL` is set (with `…_VERSION`, as `cargo xtask server start` prints
/// them), these servers are used instead. `…_CA_FILE` names the authority of a server with TLS. The exit code is 1 if an operation failed, or
/// if more than one area passed only at the second try.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask conformance", bin_name = "cargo xtask conformance")]
pub struct Args {
    /// One Keycloak version, such as 26.7.5; 26.5.7 is the one with Phase Two's extensions
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Only areas whose name contains this text or, if no area does, operations whose id contains it
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Write the results to this file, as JSON
    #[arg(long, value_name = "PATH")]
    report: Option<PathBuf>,
    /// Keep every answer: a file of JSON lines for each operation, in `PATH/VERSION/API`, which is added to. They hold the secrets of the
    /// realms that are made for the run
    #[arg(long, value_name = "PATH")]
    bodies: Option<PathBuf>,
    /// The folder with the documents whose descriptions the answers are compared with; `cargo xtask conformance` names it
    #[arg(long, value_name = "PATH", hide = true)]
    documents: PathBuf,
    /// Write docs/conformance.md; for a run of everything
    #[arg(long, conflicts_with_all = ["version", "only"])]
    write_docs: bool,
    /// Write specs/API/answers.json, which has the fields of all answers without their values; for a run of everything
    #[arg(long, conflicts_with_all = ["version", "only"])]
    write_answers: bool,
}

/// The number of servers that are started and called at the same time. With one, a processor of two is idle half of the time.
const SERVERS_AT_A_TIME: usize = 2;

/// The settings that all servers of a run share.
struct Shared {
    bodies: Option<PathBuf>,
    descriptions: Arc<Descriptions>,
}

/// The results on one server or on several.
#[derive(Default)]
struct Results {
    rows: Vec<Row>,
    second_tries: Vec<SecondTry>,
}

impl Results {
    fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.second_tries.extend(other.second_tries);
    }
}

/// Runs these areas and prints the results. Returns true if nothing failed.
pub fn run(args: &Args, areas: &'static [Area]) -> Result<bool> {
    area::check(areas)?;
    let selection = Selection::new(areas, args.only.as_deref())?;
    let shared = Shared {
        bodies: args.bodies.clone(),
        descriptions: Arc::new(Descriptions::read(&args.documents)?),
    };
    let given = given_servers(&shared)?;
    if (args.write_docs || args.write_answers) && !given.is_empty() {
        bail!(
            "--write-docs and --write-answers run on all servers: unset KEYCLOAK_URL and KEYCLOAK_PHASETWO_URL"
        );
    }
    let mut results = Results::default();
    if given.is_empty() {
        keycloak_server::stop_servers_on_ctrl_c()?;
        for specs in specs(args.version.as_deref())?.chunks(SERVERS_AT_A_TIME) {
            results.extend(run_on_new_servers(specs, &shared, &selection)?);
        }
    }
    let is_wanted = |target: &&Target| args.version.as_ref().is_none_or(|v| *v == target.version);
    for target in given.iter().filter(is_wanted) {
        results.extend(run_on(target, &selection)?);
    }
    let Results {
        mut rows,
        second_tries,
    } = results;
    if rows.is_empty() {
        bail!("no server of the version that was asked for, or nothing to call on it");
    }
    // A success that the document names may be one of an old server's.
    if given.is_empty() && args.version.is_none() && args.only.is_none() {
        judge_statuses(&mut rows);
    }
    print!(
        "\n{}{}",
        report::summary(&rows),
        second_try::summary(&second_tries)
    );
    if let Some(path) = &args.report {
        write(path, &report::json(&rows)?)?;
    }
    if args.write_docs {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        fs::create_dir_all(&docs)?;
        let text = report::markdown(&rows, &second_tries);
        write(&docs.join("conformance.md"), &text)?;
    }
    if args.write_answers {
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
        for api in Api::ALL {
            let path = specs.join(api.name()).join("answers.json");
            write(&path, &report::examples(api, &rows))?;
        }
    }
    let has_failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
    Ok(!has_failed && !second_try::are_too_many(&second_tries))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn specs(version: Option<&str>) -> Result<Vec<ServerSpec>> {
    let known = ServerSpec::supported();
    let specs = match version {
        None => known.to_vec(),
        Some(version) => {
            let found = known.into_iter().find(|spec| spec.version() == version);
            vec![found.map_or_else(|| ServerSpec::new(version, false), Ok)?]
        }
    };
    Ok(specs
        .into_iter()
        .map(ServerSpec::with_all_features)
        .collect())
}

/// The servers that the environment names.
fn given_servers(shared: &Shared) -> Result<Vec<Target>> {
    let is_set = |prefix| env::var_os(format!("{prefix}URL")).is_some_and(|url| !url.is_empty());
    let mut targets = Vec::new();
    if is_set(harness::KEYCLOAK) {
        targets.push(given_server(harness::keycloak(), shared)?);
    }
    if is_set(harness::PHASETWO) {
        targets.push(given_server(harness::phasetwo(), shared)?);
    }
    Ok(targets)
}

fn given_server(target: &harness::Target, shared: &Shared) -> Result<Target> {
    let version = target.version.clone();
    Ok(Target {
        url: target.url.clone(),
        version: version.with_context(|| {
            format!("{} is given without a version: set KEYCLOAK_VERSION (or KEYCLOAK_PHASETWO_VERSION) too", target.url)
        })?,
        phasetwo: target.phasetwo,
        ca_pem: target.ca_pem(),
        admin_username: target.admin_username.clone(),
        admin_password: target.admin_password.clone(),
        bodies: shared.bodies.clone(),
        descriptions: Arc::clone(&shared.descriptions),
    })
}

/// Runs the suite on these servers at the same time.
fn run_on_new_servers(
    specs: &[ServerSpec],
    shared: &Shared,
    selection: &Selection,
) -> Result<Results> {
    let run = |spec| move || run_on_new_server(spec, shared, selection);
    let all = thread::scope(|scope| {
        let running: Vec<_> = specs.iter().map(|spec| scope.spawn(run(spec))).collect();
        let ended = running.into_iter().map(ScopedJoinHandle::join);
        ended.collect::<Vec<_>>()
    });
    let mut results = Results::default();
    for one in all {
        results.extend(one.unwrap_or_else(|panic| resume_unwind(panic))?);
    }
    Ok(results)
}

fn run_on_new_server(spec: &ServerSpec, shared: &Shared, selection: &Selection) -> Result<Results> {
    let mut line = ProgressLine::stderr();
    let server = Server::start(spec, &mut |message| line.show(message))?;
    drop(line);
    let target = Target {
        url: server.url().to_owned(),
        version: spec.version().to_owned(),
        phasetwo: spec.has_phasetwo(),
        ca_pem: None,
        admin_username: server.admin_username().to_owned(),
        admin_password: server.admin_password().to_owned(),
        bodies: shared.bodies.clone(),
        descriptions: Arc::clone(&shared.descriptions),
    };
    let results = run_on(&target, selection);
    server.stop()?;
    results
}

/// Runs the areas that are selected and that the server has, one after another.
fn run_on(target: &Target, selection: &Selection) -> Result<Results> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut record = Record::default();
    let mut results = Results::default();
    for area in selection.areas.iter().filter(|area| area.is_on(target)) {
        let (seen, first_failure) = second_try::run(|| runtime.block_on(run_area(area, target)))?;
        record.merge(seen);
        results
            .second_tries
            .extend(first_failure.map(|failure| SecondTry {
                area: area.name,
                version: target.version.clone(),
                failure,
            }));
    }
    let rows = &mut results.rows;
    for api in Api::ALL {
        let operations = api.operations().iter();
        let wanted = operations.filter(|info| selection.has(api, info));
        if api == Api::Keycloak || target.phasetwo {
            rows.extend(wanted.map(|info| record.row(api, info, &target.version)));
        }
    }
    Ok(results)
}

/// Runs one area in a realm of its own, which is deleted also where the area fails.
async fn run_area(area: &Area, target: &Target) -> Result<Record> {
    let started = Instant::now();
    let context = Arc::new(Context::open(target, area.name).await?);
    // A task of its own, so that a panic ends there.
    let result = tokio::spawn((area.run)(Arc::clone(&context))).await;
    let record = context.take_record();
    context
        .delete_realm()
        .await
        .with_context(|| format!("the realm of area {} stays", area.name))?;
    result.with_context(|| format!("area {} broke off", area.name))?;

    let counts = record.counts();
    let count = |outcome| counts.get(&outcome).copied().unwrap_or_default();
    eprintln!(
        "{:<9}{:<28}{:>4} passed{:>4} absent{:>4} skipped{:>4} failed  {:.1} s",
        target.version,
        area.name,
        count(Outcome::Passed),
        count(Outcome::Absent),
        count(Outcome::Skipped),
        count(Outcome::Failed),
        started.elapsed().as_secs_f64(),
    );
    Ok(record)
}

/// The areas and operations that `--only` selects.
struct Selection {
    areas: Vec<&'static Area>,
    /// Part of the ids of the operations to report; without it, all those of the areas.
    operation: Option<String>,
    everything: bool,
}

impl Selection {
    fn new(all: &'static [Area], only: Option<&str>) -> Result<Self> {
        let Some(pattern) = only else {
            return Ok(Self {
                areas: all.iter().collect(),
                operation: None,
                everything: true,
            });
        };
        let named: Vec<_> = all
            .iter()
            .filter(|area| area.name.contains(pattern))
            .collect();
        let by_name = !named.is_empty();
        let areas = if by_name {
            named
        } else {
            let has = |area: &&Area| area.operations().any(|info| info.id().contains(pattern));
            all.iter().filter(has).collect()
        };
        if areas.is_empty() {
            bail!("`{pattern}` is part of no area's name and of no operation's id in an area");
        }
        Ok(Self {
            areas,
            operation: (!by_name).then(|| pattern.to_owned()),
            everything: false,
        })
    }

    /// Returns whether the operation is to be reported.
    fn has(&self, api: Api, info: &keycloak_session::OperationInfo) -> bool {
        let covered = self.areas.iter().any(|area| area.covers(api, info));
        let named = |part: &String| info.id().contains(part.as_str());
        self.everything || covered && self.operation.as_ref().is_none_or(named)
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, specs};
    use crate::area::tests::area;
    use crate::record::Api;

    fn selection(only: &str) -> anyhow::Result<Selection> {
        let areas = vec![area("users", &["Users"]), area("groups", &["Groups"])];
        Selection::new(areas.leak(), Some(only))
    }

    fn selected(only: &str) -> Vec<&'static str> {
        let selection = selection(only).unwrap();
        let operations = Api::Keycloak.operations().iter();
        operations
            .filter(|info| selection.has(Api::Keycloak, info))
            .map(|info| info.id())
            .collect()
    }

    #[test]
    fn a_pattern_is_an_area_or_an_operation() {
        assert!(selected("users").contains(&"create_user"));
        assert_eq!(selected("execute_actions"), ["execute_actions_email"]);
        assert!(selection("no such thing").is_err());
    }

    #[test]
    fn the_version_of_phase_two_comes_with_it() {
        let version = |version| specs(Some(version)).unwrap();
        assert!(version("26.5.7")[0].has_phasetwo());
        assert!(!version("26.6.4")[0].has_phasetwo());
        assert_eq!(specs(None).unwrap().len(), 4);
        assert!(specs(Some("newest")).is_err());
    }
}
