//! The workloads, and their sizes.

/// A workload on the stub server.
pub struct Workload {
    /// Its name in the JSON and for `--only`.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// The arguments of the client.
    pub action: &'static str,
    /// The prefix of the server's paths.
    pub prefix: &'static str,
    pub realm: &'static str,
    pub count: usize,
    pub in_flight: usize,
    /// The number of calls (or users, or lists) in a quick run.
    pub quick_count: usize,
    /// True if it is about memory, not time.
    pub is_memory: bool,
    /// The repetitions of the Rust clients in a full run.
    pub repetitions: usize,
}

/// The base of the other workloads. The user lists of another length are in a realm of another name, so a quick list is as long as any.
const LIST: Workload = Workload {
    name: "list",
    title: "20,000 users listed, page by page",
    action: "list",
    prefix: "",
    realm: "users-20000",
    count: 20_000,
    in_flight: 1,
    quick_count: 20_000,
    is_memory: false,
    repetitions: REPETITIONS,
};

/// The base of the workloads with single calls.
const GET: Workload = Workload {
    name: "get",
    title: "2,000 GET in sequence",
    action: "get",
    count: 2_000,
    quick_count: 500,
    repetitions: SHORT_REPETITIONS,
    ..LIST
};

/// All of them.
pub const WORKLOADS: [Workload; 9] = [
    GET,
    Workload {
        name: "get-32",
        title: "2,000 GET, 32 in flight",
        in_flight: 32,
        ..GET
    },
    Workload {
        name: "create-32",
        title: "1,000 users created, 32 in flight",
        action: "create",
        count: 1_000,
        in_flight: 32,
        ..GET
    },
    LIST,
    Workload {
        name: "list-5ms",
        title: "the same at 5 ms latency",
        prefix: "/delay-5",
        ..LIST
    },
    Workload {
        name: "list-5ms-8",
        title: "the same, 8 pages in flight",
        prefix: "/delay-5",
        in_flight: 8,
        ..LIST
    },
    Workload {
        name: "decode",
        title: "a list of 10 MB, 5 times",
        action: "decode",
        count: 5,
        quick_count: 2,
        ..LIST
    },
    Workload {
        name: "memory-10k",
        title: "10,000 users streamed",
        realm: "users-10000",
        count: 10_000,
        quick_count: 10_000,
        is_memory: true,
        repetitions: MEMORY_REPETITIONS,
        ..LIST
    },
    Workload {
        name: "memory-100k",
        title: "100,000 users streamed",
        realm: "users-100000",
        count: 100_000,
        quick_count: 100_000,
        is_memory: true,
        repetitions: MEMORY_REPETITIONS,
        ..LIST
    },
];

/// The number of users that are made on a real server.
pub const REAL_USERS: usize = 500;

/// The parts of the workload on a real server, with their titles.
pub const REAL: [(&str, &str); 3] = [
    ("create", "500 users created, in sequence"),
    ("list", "500 users listed"),
    ("map", "a role given to each"),
];

/// The repetitions of the Rust clients in a full run. Of two clients that are equal, one is the slower in three of four of 25 once in 140 workloads; of
/// nine it would be once in eleven.
const REPETITIONS: usize = 25;
/// The repetitions of a workload of less than a second, which a busy moment of the machine disturbs more.
const SHORT_REPETITIONS: usize = 75;
/// Memory is the same every time, and nothing that a slow moment of the machine could change.
const MEMORY_REPETITIONS: usize = 3;
/// The repetitions of the slower clients.
pub const PEER_REPETITIONS: usize = 2;
/// The most repetitions in a quick run.
pub const QUICK_REPETITIONS: usize = 5;
/// On the real server, and how often everybody does the workload there before that.
pub const REAL_REPETITIONS: usize = 25;
pub const REAL_WARM_UPS: usize = 4;
