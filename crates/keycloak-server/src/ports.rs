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

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{Ipv4Addr, TcpListener};

    use super::Ports;

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
