//! The faults of the cluster, one after another.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use keycloak_server::Cluster;
use keycloak_server::cluster::DatabaseEnd;

/// The shortest and the longest time without a fault, in milliseconds.
const QUIET: std::ops::Range<u64> = 3_000..10_000;

const START_ATTEMPTS: u32 = 3;

/// A fault of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A node ends as in a crash and is started again.
    NodeCrash(usize),
    /// A node ends in order and is started again.
    NodeRestart(usize),
    /// nginx replaces its processes.
    ProxyReload,
    /// PostgreSQL ends and is started again.
    DatabaseRestart(DatabaseEnd),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeCrash(node) => write!(f, "node {} is killed and started", node + 1),
            Self::NodeRestart(node) => write!(f, "node {} is stopped and started", node + 1),
            Self::ProxyReload => f.write_str("nginx reloads"),
            Self::DatabaseRestart(DatabaseEnd::Fast) => f.write_str("PostgreSQL restarts"),
            Self::DatabaseRestart(DatabaseEnd::Immediate) => {
                f.write_str("PostgreSQL crashes and starts")
            }
        }
    }
}

impl Fault {
    /// Each fault once, for a short run. The node crash is the longest.
    pub const SHORT: [Self; 4] = [
        Self::ProxyReload,
        Self::DatabaseRestart(DatabaseEnd::Fast),
        Self::DatabaseRestart(DatabaseEnd::Immediate),
        Self::NodeCrash(0),
    ];

    fn random(rng: &mut Rng) -> Self {
        match rng.u8(0..8) {
            0 => Self::NodeCrash(0),
            1 => Self::NodeCrash(1),
            2 => Self::NodeRestart(0),
            3 => Self::NodeRestart(1),
            4 | 5 => Self::ProxyReload,
            6 => Self::DatabaseRestart(DatabaseEnd::Fast),
            _ => Self::DatabaseRestart(DatabaseEnd::Immediate),
        }
    }

    fn make(self, cluster: &mut Cluster) -> Result<(), keycloak_server::Error> {
        match self {
            Self::NodeCrash(node) => {
                cluster.kill_node(node);
                start(cluster, node)
            }
            Self::NodeRestart(node) => {
                cluster.stop_node(node)?;
                start(cluster, node)
            }
            Self::ProxyReload => {
                cluster.reload_proxy();
                Ok(())
            }
            Self::DatabaseRestart(how) => cluster.restart_database(how),
        }
    }
}

/// Starts a node again. On a busy machine the start may exceed its time limit, so it is attempted again.
fn start(cluster: &mut Cluster, node: usize) -> Result<(), keycloak_server::Error> {
    let mut attempt = 1;
    loop {
        match cluster.start_node(node, &mut |_| {}) {
            Err(_) if attempt < START_ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

/// A fault that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub fault: Fault,
    /// The time from the start of the run.
    pub at: Duration,
    /// The time until the part was ready again.
    pub took: Duration,
}

/// Makes faults with pauses between them until the time is over, or each of a list. The last fault is repaired before it returns. It sets `is_over`
/// at its end, also if a part does not come back.
pub fn make(
    cluster: &mut Cluster,
    plan: Plan,
    is_over: &AtomicBool,
) -> Result<Vec<Made>, keycloak_server::Error> {
    let result = make_all(cluster, plan);
    is_over.store(true, Ordering::SeqCst);
    result
}

/// The faults of a run.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Those of this list, with this pause between them.
    List(Vec<Fault>, Duration),
    /// Random ones with random pauses, for so long.
    Random(Rng, Duration),
}

impl Plan {
    /// Returns the pause before the next fault, and the fault.
    fn next(&mut self, elapsed: Duration) -> Option<(Duration, Fault)> {
        match self {
            Self::List(faults, pause) if !faults.is_empty() => Some((*pause, faults.remove(0))),
            Self::List(..) => None,
            Self::Random(rng, length) => {
                let pause = Duration::from_millis(rng.u64(QUIET));
                let fault = Fault::random(rng);
                (elapsed + pause < *length).then_some((pause, fault))
            }
        }
    }

    /// The time without a fault at the end.
    fn rest(&self, elapsed: Duration) -> Duration {
        match self {
            Self::List(_, pause) => *pause,
            Self::Random(_, length) => length.saturating_sub(elapsed),
        }
    }
}

fn make_all(cluster: &mut Cluster, mut plan: Plan) -> Result<Vec<Made>, keycloak_server::Error> {
    let started = Instant::now();
    let mut made = Vec::new();
    while let Some((pause, fault)) = plan.next(started.elapsed()) {
        thread::sleep(pause);
        let at = started.elapsed();
        fault.make(cluster)?;
        let took = started.elapsed().saturating_sub(at);
        eprintln!(
            "{:>6.1} s  {fault} ({:.1} s)",
            at.as_secs_f64(),
            took.as_secs_f64()
        );
        made.push(Made { fault, at, took });
    }
    thread::sleep(plan.rest(started.elapsed()));
    Ok(made)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fastrand::Rng;

    use super::{Fault, Plan};

    #[test]
    fn the_seed_decides_about_the_faults() {
        let faults = |seed| {
            let mut plan = Plan::Random(Rng::with_seed(seed), Duration::from_secs(600));
            let next = |_| plan.next(Duration::ZERO);
            (0..20).map(next).collect::<Vec<_>>()
        };
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
    }

    #[test]
    fn a_plan_ends() {
        let mut plan = Plan::List(Fault::SHORT.to_vec(), Duration::ZERO);
        let mut made = 0;
        while plan.next(Duration::ZERO).is_some() {
            made += 1;
        }
        assert_eq!(made, Fault::SHORT.len());
        let mut plan = Plan::Random(Rng::with_seed(7), Duration::from_secs(600));
        assert_eq!(plan.next(Duration::from_secs(600)), None);
    }
}
