//! The proxy of a cluster: TLS, and round robin without stickiness.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::part::{Part, Programs};
use super::record::ClusterRecord;
use crate::server::{PORT_ATTEMPTS, PORT_TAKEN, START_TIMEOUT, last_lines};
use crate::{Error, ports};

const POLL: Duration = Duration::from_millis(50);

/// The certificate of the proxy, in its folder.
pub(super) const CERTIFICATE: &str = "server.pem";
/// The key of the certificate.
pub(super) const KEY: &str = "server.key";

/// The log of the proxy.
pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join("nginx.log")
}

/// Starts the proxy on a free port, without nodes, and returns the port. It answers 502 until [`set_nodes`] is called.
pub(super) fn start(programs: &Programs, record: &mut ClusterRecord) -> Result<u16, Error> {
    let log = log(record.proxy.folder());
    let mut attempt = 1;
    loop {
        let port = ports::lasting()
            .map_err(|error| Error::new(format!("no free port on 127.0.0.1: {error}")))?;
        write_configuration(record.proxy.folder(), port, &[])?;
        let mut command = Command::new(&programs.nginx);
        command
            .arg("-p")
            .arg(record.proxy.folder())
            .args(["-c", "nginx.conf", "-e", "stderr"]);
        record.spawn_proxy(&mut command)?;
        let Err(error) = wait_until_it_listens(&record.proxy, port, &log) else {
            return Ok(port);
        };
        let said = fs::read_to_string(&log).unwrap_or_default();
        if !said.contains(PORT_TAKEN) || attempt == PORT_ATTEMPTS {
            return Err(error);
        }
        fs::remove_file(&log).map_err(|error| Error::io("remove", &log, error))?;
        attempt += 1;
    }
}

fn wait_until_it_listens(process: &Part, port: u16, log: &Path) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let is_running = process.is_running();
        // Another process may listen there.
        if is_running && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(());
        }
        if !is_running || started.elapsed() > START_TIMEOUT {
            let said = fs::read_to_string(log).unwrap_or_default();
            return Err(Error::new(format!(
                "nginx did not start. The end of {}:\n{}",
                log.display(),
                last_lines(&said, 10)
            )));
        }
        thread::sleep(POLL);
    }
}

/// Tells the proxy which nodes there are, such as `127.0.0.1:12345`, and waits until it uses them.
pub(super) fn set_nodes(process: &Part, port: u16, nodes: &[String]) -> Result<(), Error> {
    let old_workers = process.children()?;
    write_configuration(process.folder(), port, nodes)?;
    reload(process);
    let started = Instant::now();
    loop {
        // An old worker still takes connections until it ends, and knows no nodes.
        let workers = process.children()?;
        if !workers.is_empty() && workers.is_disjoint(&old_workers) {
            return Ok(());
        }
        if started.elapsed() > START_TIMEOUT {
            return Err(Error::new("nginx does not read its configuration again"));
        }
        thread::sleep(POLL);
    }
}

/// Makes the proxy read its configuration again. New processes take the next connections, and the earlier processes end with their own.
pub(super) fn reload(process: &Part) {
    process.signal(Signal::HUP);
}

fn write_configuration(folder: &Path, port: u16, nodes: &[String]) -> Result<(), Error> {
    let is_root = rustix::process::geteuid().is_root();
    let path = folder.join("nginx.conf");
    fs::write(&path, configuration(port, nodes, is_root))
        .map_err(|error| Error::io("write", &path, error))
}

/// nginx without nodes would be refused, so a closed port stands for them.
fn configuration(port: u16, nodes: &[String], is_root: bool) -> String {
    let mut servers = String::new();
    for node in nodes {
        let _ = writeln!(servers, "    server {node};");
    }
    if nodes.is_empty() {
        servers.push_str("    server 127.0.0.1:1;\n");
    }
    // The account that nginx takes for its workers may not read the folder.
    let user = if is_root { "user root;\n" } else { "" };
    format!(
        "{user}{PROCESS}http {{
{HTTP}  upstream keycloak {{
    zone keycloak 64k;
{servers}    keepalive 32;
  }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {CERTIFICATE};
    ssl_certificate_key {KEY};
    location / {{
{LOCATION}    }}
  }}
}}
"
    )
}

const PROCESS: &str = "daemon off;
worker_processes 2;
pid nginx.pid;
events { worker_connections 1024; }
";

/// The limit of a body is that of Keycloak. If nginx took more, Keycloak would close the connection under the body, and nginx would answer 502
/// and ask this node nothing for 10 s.
const HTTP: &str = "  access_log off;
  client_max_body_size 10m;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
";

/// Keycloak's answers have long headers. A path goes on as it came, because nginx would unescape it.
const LOCATION: &str = "      proxy_pass http://keycloak;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffer_size 32k;
      proxy_buffers 8 32k;
      proxy_busy_buffers_size 64k;
      proxy_read_timeout 60s;
      add_header X-Node $upstream_addr always;
";

#[cfg(test)]
mod tests {
    use super::configuration;

    #[test]
    fn the_nodes_are_asked_in_turn() {
        let nodes = ["127.0.0.1:10001".to_owned(), "127.0.0.1:10002".to_owned()];
        let text = configuration(10003, &nodes, true);
        assert!(text.starts_with("user root;\n"));
        assert!(text.contains("listen 127.0.0.1:10003 ssl;"));
        assert!(text.contains(
            "    server 127.0.0.1:10001;\n    server 127.0.0.1:10002;\n    keepalive 32;"
        ));
        assert!(!text.contains("ip_hash"));
        assert!(text.contains("client_max_body_size 10m;"));
        assert!(!configuration(10003, &[], false).contains("user root"));
    }
}
