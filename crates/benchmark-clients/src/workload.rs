//! The workloads, the same for every client.

use std::time::Instant;

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde_json::{Map, Value, json};

use crate::Result;
use crate::client::{Client, PAGE};

/// The number of users of one large list, which has 10 MB.
const LARGE: u32 = 20_000;

/// One workload of one client.
pub(crate) struct Job {
    pub(crate) client: String,
    workload: String,
    pub(crate) url: String,
    pub(crate) realm: String,
    count: usize,
    in_flight: usize,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Job {
    /// From the command line and the environment.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let [client, workload, url, realm, count, in_flight] = arguments else {
            return Err("expected NAME WORKLOAD URL REALM COUNT IN_FLIGHT".into());
        };
        let set = |name| std::env::var(name).unwrap_or_else(|_| "admin".to_owned());
        Ok(Self {
            client: client.clone(),
            workload: workload.clone(),
            url: url.clone(),
            realm: realm.clone(),
            count: count.parse()?,
            in_flight: in_flight.parse::<usize>()?.max(1),
            username: set("BENCH_USERNAME"),
            password: set("BENCH_PASSWORD"),
        })
    }
}

/// Does the workload; how long each part of it took, and how much memory the process has held at most.
pub(crate) async fn run<C: Client>(job: &Job, client: C) -> Result<Value> {
    let seconds = match job.workload.as_str() {
        "get" => get(job, &client).await?,
        "list" => list(job, &client).await?,
        "create" => create(job, &client).await?,
        "decode" => pages(job, &client, LARGE).await?,
        "page" => pages(job, &client, PAGE).await?,
        "real" => real(job, &client).await?,
        other => return Err(format!("there is no workload `{other}`").into()),
    };
    Ok(json!({"seconds": seconds, "peak_kb": peak_kb()}))
}

/// The duration of each part.
type Seconds = Map<String, Value>;

fn one(name: &str, begun: Instant) -> Seconds {
    let took = begun.elapsed().as_secs_f64();
    Map::from_iter([(name.to_owned(), took.into())])
}

async fn get<C: Client>(job: &Job, client: &C) -> Result<Seconds> {
    gets(client, 2 * job.in_flight.max(16), job.in_flight).await?;
    let begun = Instant::now();
    gets(client, job.count, job.in_flight).await?;
    Ok(one("get", begun))
}

async fn gets<C: Client>(client: &C, count: usize, in_flight: usize) -> Result<()> {
    let check = |user: Result<C::User>| match C::id(&user?) {
        Some(id) if id == ID => Ok(()),
        _ => Err("another user came".into()),
    };
    if in_flight == 1 {
        for _ in 0..count {
            check(client.get(ID).await)?;
        }
        return Ok(());
    }
    iter(0..count)
        .map(|_| client.get(ID))
        .buffer_unordered(in_flight)
        .map(check)
        .try_collect()
        .await
}

/// The user that is read again and again.
const ID: &str = "00000000-0000-4000-8000-000000000007";

async fn list<C: Client>(job: &Job, client: &C) -> Result<Seconds> {
    iter(0..job.in_flight)
        .map(|_| client.page(0, PAGE))
        .buffered(job.in_flight)
        .try_collect::<Vec<_>>()
        .await?;
    let (mut count, mut in_order) = (0_usize, true);
    let begun = Instant::now();
    client
        .list(job.count, job.in_flight, |user| {
            in_order &= number_of(C::id(&user)) == Some(count);
            count += 1;
        })
        .await?;
    let seconds = one("list", begun);
    if count != job.count || !in_order {
        return Err(format!("{count} users came, in order: {in_order}").into());
    }
    Ok(seconds)
}

/// The number that the stub server has made the id of.
fn number_of(id: Option<&str>) -> Option<usize> {
    id?.rsplit('-').next()?.parse().ok()
}

async fn create<C: Client>(job: &Job, client: &C) -> Result<Seconds> {
    creates(client, job.in_flight, job.in_flight).await?;
    let begun = Instant::now();
    creates(client, job.count, job.in_flight).await?;
    Ok(one("create", begun))
}

async fn creates<C: Client>(client: &C, count: usize, in_flight: usize) -> Result<Vec<String>> {
    iter(0..count)
        .map(|number| client.create(number))
        .buffered(in_flight)
        .try_collect()
        .await
}

/// One list of this length, again and again.
async fn pages<C: Client>(job: &Job, client: &C, length: u32) -> Result<Seconds> {
    client.page(0, length).await?;
    let begun = Instant::now();
    for _ in 0..job.count {
        let page = client.page(0, length).await?;
        if page.len() != length as usize {
            return Err(format!("{} users came instead of {length}", page.len()).into());
        }
    }
    Ok(one("pages", begun))
}

/// On a real server: users are made one after the other, listed, and given a role.
async fn real<C: Client>(job: &Job, client: &C) -> Result<Seconds> {
    client.page(0, 1).await?;
    let begun = Instant::now();
    let ids = creates(client, job.count, 1).await?;
    let mut seconds = one("create", begun);

    let mut count = 0;
    let begun = Instant::now();
    client.list(job.count, 1, |_| count += 1).await?;
    seconds.extend(one("list", begun));
    if count != job.count {
        return Err(format!("{count} users came").into());
    }

    let begun = Instant::now();
    client.map_role("bench", &ids).await?;
    seconds.extend(one("map", begun));
    Ok(seconds)
}

/// The most memory that this process has held. `None` if the system does not tell.
pub(crate) fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
