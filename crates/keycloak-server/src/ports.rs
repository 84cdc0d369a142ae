use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Two free ports on 127.0.0.1, held until [`release`](Self::release), so that nothing else on this
/// machine is given them while the server is being made ready.
#[derive(Debug)]
pub(crate) struct Ports {
    http: TcpListener,
    management: TcpListener,
}

impl Ports {
    pub(crate) fn hold() -> io::Result<Self> {
        let any = (Ipv4Addr::LOCALHOST, 0);
        Ok(Self {
            http: TcpListener::bind(any)?,
            management: TcpListener::bind(any)?,
        })
    }

    /// The ports for HTTP and for management, free again.
    pub(crate) fn release(self) -> io::Result<(u16, u16)> {
        Ok((
            self.http.local_addr()?.port(),
            self.management.local_addr()?.port(),
        ))
    }
}

/// The ports from which [`lasting`] chooses. The system gives none of them to outgoing connections, so a process that ends and starts again
/// finds its port free.
const LASTING: std::ops::Range<u16> = 11_000..15_500;
/// JGroups also listens on the port that is this much above its own.
const JGROUPS_OFFSET: u16 = 50_000;
const LASTING_ATTEMPTS: u32 = 100;

/// Chooses a free port on 127.0.0.1 that stays free while its process is started again.
pub(crate) fn lasting() -> io::Result<u16> {
    choose(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop))
}

/// Chooses a free port on 127.0.0.1 for JGroups, which needs two.
pub(crate) fn jgroups() -> io::Result<u16> {
    choose(|port| {
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port + JGROUPS_OFFSET)).map(drop)
    })
}

fn choose(try_port: impl Fn(u16) -> io::Result<()>) -> io::Result<u16> {
    let mut attempt = 1;
    loop {
        let port = fastrand::u16(LASTING);
        match try_port(port) {
            Ok(()) => return Ok(port),
            Err(error) if attempt == LASTING_ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{Ipv4Addr, TcpListener};

    use super::{JGROUPS_OFFSET, LASTING, Ports, jgroups, lasting};

    #[test]
    fn lasting_ports_are_free_and_outside_of_those_of_outgoing_connections() {
        let port = lasting().unwrap();
        assert!(LASTING.contains(&port), "{port}");
        let second = jgroups().unwrap().checked_add(JGROUPS_OFFSET);
        assert!(second.is_some_and(|second| second > 60_999), "{second:?}");
    }

    #[test]
    fn ports_are_held_and_then_free() {
        let ports = Ports::hold().unwrap();
        let held = ports.http.local_addr().unwrap();
        let error = TcpListener::bind(held).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);

        let (http, management) = ports.release().unwrap();
        assert_ne!(http, management);
        TcpListener::bind((Ipv4Addr::LOCALHOST, http)).unwrap();
        TcpListener::bind((Ipv4Addr::LOCALHOST, management)).unwrap();
    }
}
