//! The targets of this client beside its results.

use crate::results::{Results, median};

/// A target with what was measured.
pub struct Target {
    pub what: String,
    pub wanted: String,
    pub measured: String,
    pub is_met: bool,
}

const OWN: [&str; 2] = ["facade", "generated"];

/// All targets that this run can say something about.
pub fn targets(results: &Results) -> Vec<Target> {
    let mut targets = Vec::new();
    targets.extend(OWN.map(|own| near_the_floor(results, own)));
    targets.push(not_slower(results));
    for (peer, name) in [
        ("python", "python-keycloak"),
        ("python-async", "python-keycloak, async"),
    ] {
        for (workload, factor) in [("get", 6.0), ("get-32", 30.0), ("list", 2.0)] {
            targets.extend(faster(results, peer, name, workload, factor));
        }
    }
    targets.extend(prefetch(results));
    targets.extend(OWN.map(|own| memory(results, own)).into_iter().flatten());
    targets.push(tokens(results));
    targets
}

fn title(results: &Results, workload: &str) -> String {
    let measured = results.workload(workload);
    measured.map_or_else(String::new, |measured| measured.title.clone())
}

/// One call takes at most 1.05 times as long as through plain reqwest.
fn near_the_floor(results: &Results, own: &str) -> Target {
    let ratio = results.ratio("get", own).unwrap_or(f64::NAN);
    Target {
        what: format!("{} of {own} to plain reqwest", title(results, "get")),
        wanted: "at most 1.05".to_owned(),
        measured: format!("{ratio:.3}"),
        is_met: ratio <= 1.05,
    }
}

/// No workload takes longer than through the crate `keycloak` with a token. Two that take as long as each other are slower in every second
/// repetition; slower is who is slower in three of four.
fn not_slower(results: &Results) -> Target {
    let mut slower = Vec::new();
    for measured in results.workloads.iter().filter(|it| !it.is_memory) {
        for own in OWN {
            let ratios = measured.ratios_to("keycloak", own);
            let times = ratios.iter().filter(|ratio| **ratio > 1.0).count();
            if !ratios.is_empty() && 4 * times >= 3 * ratios.len() {
                let ratio = median(&ratios).unwrap_or(f64::NAN);
                let (name, all) = (&measured.name, ratios.len());
                slower.push(format!("{own}, {name}: {ratio:.3} ({times} of {all})"));
            }
        }
    }
    Target {
        what: "slower than the `keycloak` crate in three of four repetitions".to_owned(),
        wanted: "nowhere".to_owned(),
        is_met: slower.is_empty(),
        measured: if slower.is_empty() {
            "nowhere".to_owned()
        } else {
            slower.join("; ")
        },
    }
}

/// The time of the client divided by ours in the same repetition, because slow clients have few repetitions and the speed of the machine varies.
fn faster(
    results: &Results,
    peer: &str,
    name: &str,
    workload: &str,
    factor: f64,
) -> Option<Target> {
    let ratio = median(&results.workload(workload)?.ratios_to("facade", peer))?;
    Some(Target {
        what: format!("{name}, {}: times ours", title(results, workload)),
        wanted: format!("at least {factor}"),
        measured: format!("{ratio:.1}"),
        is_met: ratio >= factor,
    })
}

/// Pages that are asked for ahead hide the latency.
fn prefetch(results: &Results) -> Option<Target> {
    let by_page = results.seconds("list-5ms", "facade")?;
    let ratio = by_page / results.seconds("list-5ms-8", "facade")?;
    let floor = results.seconds("list-5ms", "floor")?;
    let floor = floor / results.seconds("list-5ms-8", "floor")?;
    Some(Target {
        what: "at 5 ms latency, 8 pages in flight against page by page".to_owned(),
        wanted: "at least 6 times faster".to_owned(),
        measured: format!("{ratio:.1} (plain reqwest {floor:.1})"),
        is_met: ratio >= 6.0,
    })
}

/// A stream holds one page, however long the list.
fn memory(results: &Results, own: &str) -> Option<Target> {
    let peak = |workload| {
        let samples = results.workload(workload)?.by_client.get(own)?;
        median(&samples.peak_kb)
    };
    let more = (peak("memory-100k")? - peak("memory-10k")?) / 1024.0;
    Some(Target {
        what: format!("memory of a stream of 100,000 users over one of 10,000, {own}"),
        wanted: "at most 2 MiB more".to_owned(),
        measured: format!("{more:.1} MiB more"),
        is_met: more <= 2.0,
    })
}

fn tokens(results: &Results) -> Target {
    let measured = results.workloads.iter();
    let most = measured
        .flat_map(|measured| OWN.map(|own| measured.by_client.get(own)))
        .flatten()
        .map(|samples| samples.tokens)
        .max()
        .unwrap_or(0);
    Target {
        what: "token requests within a token's lifetime, in every workload".to_owned(),
        wanted: "one".to_owned(),
        measured: most.to_string(),
        is_met: most == 1,
    }
}
