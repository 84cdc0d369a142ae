//! Starts and stops a real Keycloak.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use keycloak_server::{ProgressLine, Record, Server, ServerSpec};

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

fn log_in(server: &Server) {
    let url = format!(
        "{}/realms/master/protocol/openid-connect/token",
        server.url()
    );
    let answer = ureq::post(url).config().proxy(None).build().send_form([
        ("grant_type", "password"),
        ("client_id", "admin-cli"),
        ("username", server.admin_username()),
        ("password", server.admin_password()),
    ]);
    let token = answer.unwrap().body_mut().read_to_string().unwrap();
    assert!(token.contains("access_token"));
}

fn is_listed(pid: u32) -> bool {
    let records = Record::list().unwrap();
    records.iter().any(|record| record.pid == pid)
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn a_server_starts_survives_a_crash_and_leaves_nothing_running() {
    let mut line = ProgressLine::stderr();
    let mut progress = |message: &str| line.show(message);
    let mut server =
        Server::start(&ServerSpec::newest().with_all_features(), &mut progress).unwrap();
    log_in(&server);
    assert!(is_listed(server.pid()));

    server.kill();
    let refused = TcpStream::connect(address(server.url())).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    server.start_again(&mut progress).unwrap();
    log_in(&server);

    let (record, log) = (server.record().clone(), server.log_path());
    let (http, management) = (address(server.url()), address(server.management_url()));
    assert!(record.is_running());
    server.stop().unwrap();
    assert!(!record.is_running());
    assert!(!is_listed(record.pid));
    for port in [http, management] {
        let refused = TcpStream::connect(port).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
    assert!(log.is_file());
    assert!(!Path::new(&log).with_file_name("home").exists());
}
