//! A mail server for tests: takes every mail on 127.0.0.1 and keeps it in memory.
//!
//! It speaks as much SMTP as Keycloak's mail client needs, without TLS or login; that is less code
//! than configuring a general server crate for it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mailparse::{MailHeaderMap as _, ParsedMail};

use crate::Error;

/// A client that falls silent does not keep its thread for longer.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The sender's address, from `MAIL FROM`.
    pub from: String,
    /// The recipients' addresses, from `RCPT TO`.
    pub to: Vec<String>,
    /// Headers and body as they were sent, lines ending in CRLF.
    pub data: Vec<u8>,
}

impl Mail {
    /// The decoded subject. It is empty if the mail has no subject.
    #[must_use]
    pub fn subject(&self) -> String {
        let mail = mailparse::parse_mail(&self.data);
        mail.ok()
            .and_then(|mail| mail.headers.get_first_value("Subject"))
            .unwrap_or_default()
    }

    /// The `http` and `https` links in all text parts, decoded, each once, in the order of their
    /// first appearance.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        if let Ok(mail) = mailparse::parse_mail(&self.data) {
            for part in mail.parts() {
                for link in links_of(part) {
                    if !links.contains(&link) {
                        links.push(link);
                    }
                }
            }
        }
        links
    }
}

fn links_of(part: &ParsedMail<'_>) -> Vec<String> {
    let kind = part.ctype.mimetype.as_str();
    if !kind.starts_with("text/") {
        return Vec::new();
    }
    let text = part.get_body().unwrap_or_default();
    let starts = text.match_indices("http").map(|(start, _)| &text[start..]);
    starts
        .filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"))
        .map(|rest| {
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>');
            let link = rest.split(ends).next().unwrap_or_default();
            let link = link.trim_end_matches(['.', ',', ')']);
            if kind == "text/html" {
                link.replace("&amp;", "&")
            } else {
                link.to_owned()
            }
        })
        .collect()
}

/// A running mail server. It ends when dropped.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    inbox: Arc<Inbox>,
}

#[derive(Debug, Default)]
struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    mails: Vec<Mail>,
    closed: bool,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SmtpSink {
    /// Starts a mail server on a free port.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn start() -> Result<Self, Error> {
        let open = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = open().map_err(|error: io::Error| {
            Error::new(format!("cannot open a port for mail on 127.0.0.1: {error}"))
        })?;
        let inbox = Arc::new(Inbox::default());
        let shared = Arc::clone(&inbox);
        thread::spawn(move || accept(&listener, &shared));
        Ok(Self { address, inbox })
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails that arrived for an address so far, the oldest first. Case does not matter.
    #[must_use]
    pub fn messages_for(&self, recipient: &str) -> Vec<Mail> {
        select(&self.inbox.lock().mails, recipient)
    }

    /// Waits for the first mail to an address. A mail that arrived before counts.
    ///
    /// # Errors
    /// When none arrived within `timeout`.
    pub fn wait_for_message(&self, recipient: &str, timeout: Duration) -> Result<Mail, Error> {
        let mut mails = self.wait_for_messages(recipient, 1, timeout)?;
        Ok(mails.swap_remove(0))
    }

    /// Waits until `count` mails arrived for an address, and gives all that did, the oldest first.
    ///
    /// # Errors
    /// When fewer arrived within `timeout`.
    pub fn wait_for_messages(
        &self,
        recipient: &str,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Mail>, Error> {
        let too_few = |state: &mut State| select(&state.mails, recipient).len() < count;
        let (state, _) = self
            .inbox
            .changed
            .wait_timeout_while(self.inbox.lock(), timeout, too_few)
            .unwrap_or_else(PoisonError::into_inner);
        let mails = select(&state.mails, recipient);
        if mails.len() >= count {
            return Ok(mails);
        }
        Err(Error::new(format!(
            "{} of {count} mails for {recipient} arrived within {timeout:?}; {} arrived in all",
            mails.len(),
            state.mails.len()
        )))
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.inbox.lock().closed = true;
        // Wakes the thread that waits for clients, so that it sees the end.
        let _ = TcpStream::connect(self.address);
    }
}

fn select(mails: &[Mail], recipient: &str) -> Vec<Mail> {
    let is_to = |mail: &&Mail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(recipient));
    mails.iter().filter(is_to).cloned().collect()
}

fn accept(listener: &TcpListener, inbox: &Arc<Inbox>) {
    for client in listener.incoming() {
        if inbox.lock().closed {
            return;
        }
        let inbox = Arc::clone(inbox);
        // A client that breaks off has sent no mail: the test that waits for it says so.
        thread::spawn(move || client.and_then(|client| converse(client, &inbox)));
    }
}

fn converse(mut client: TcpStream, inbox: &Inbox) -> io::Result<()> {
    client.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    let mut input = BufReader::new(client.try_clone()?);
    let mut reply = |line: &str| client.write_all(format!("{line}\r\n").as_bytes());
    let (mut from, mut to) = (String::new(), Vec::new());
    reply("220 localhost ready")?;
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "NOOP" => reply("250 localhost")?,
            "MAIL" => {
                from = address(command);
                to.clear();
                reply("250 ok")?;
            }
            "RCPT" => {
                to.push(address(command));
                reply("250 ok")?;
            }
            "DATA" if to.is_empty() => reply("503 RCPT comes first")?,
            "DATA" => {
                reply("354 end with a line that is a dot")?;
                let mail = Mail {
                    from: std::mem::take(&mut from),
                    to: std::mem::take(&mut to),
                    data: read_data(&mut input)?,
                };
                inbox.lock().mails.push(mail);
                inbox.changed.notify_all();
                reply("250 ok")?;
            }
            "RSET" => {
                from.clear();
                to.clear();
                reply("250 ok")?;
            }
            "QUIT" => return reply("221 bye"),
            _ => reply("500 unknown command")?,
        }
    }
}

/// The text between angle brackets.
fn address(command: &str) -> String {
    let inside = command.split_once('<').unwrap_or_default().1;
    inside.split('>').next().unwrap_or_default().to_owned()
}

/// Reads up to the line that is a dot, and takes away the dot that the client puts before a line
/// that starts with one.
fn read_data(input: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.strip_prefix(b".") {
            Some(b"\r\n" | b"\n") => return Ok(data),
            Some(stuffed) => data.extend_from_slice(stuffed),
            None => data.extend_from_slice(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{Ipv4Addr, TcpStream};
    use std::time::Duration;

    use super::{Mail, SmtpSink};

    const LONG: Duration = Duration::from_secs(20);

    struct Client(BufReader<TcpStream>);

    impl Client {
        fn connect(sink: &SmtpSink) -> Self {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, sink.port())).unwrap();
            let mut client = Self(BufReader::new(stream));
            assert_eq!(client.reply(), "220");
            client
        }

        fn reply(&mut self) -> String {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            line.chars().take(3).collect()
        }

        /// Sends a line and gives the code of the answer.
        fn say(&mut self, line: &str) -> String {
            self.0
                .get_mut()
                .write_all(format!("{line}\r\n").as_bytes())
                .unwrap();
            self.reply()
        }

        fn send(&mut self, to: &str, data: &str) {
            assert_eq!(self.say("MAIL FROM:<keycloak@example.com> SIZE=100"), "250");
            assert_eq!(self.say(&format!("RCPT TO:<{to}>")), "250");
            assert_eq!(self.say("DATA"), "354");
            assert_eq!(self.say(&format!("{data}\r\n.")), "250");
        }
    }

    fn mail(data: &str) -> Mail {
        Mail {
            from: String::new(),
            to: Vec::new(),
            data: data.replace('\n', "\r\n").into_bytes(),
        }
    }

    #[test]
    fn a_mail_arrives_as_it_was_sent() {
        let sink = SmtpSink::start().unwrap();
        let mut client = Client::connect(&sink);
        assert_eq!(client.say("EHLO test"), "250");
        client.send(
            "Alice@example.com",
            "Subject: hello\r\n\r\n..stuffed\r\nlast",
        );
        assert_eq!(client.say("QUIT"), "221");

        let mail = sink.wait_for_message("alice@EXAMPLE.com", LONG).unwrap();
        assert_eq!(mail.from, "keycloak@example.com");
        assert_eq!(mail.to, ["Alice@example.com"]);
        assert_eq!(mail.data, b"Subject: hello\r\n\r\n.stuffed\r\nlast\r\n");
        assert_eq!(mail.subject(), "hello");
    }

    #[test]
    fn a_mail_that_comes_later_wakes_who_waits() {
        let sink = SmtpSink::start().unwrap();
        let mut client = Client::connect(&sink);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sink.wait_for_messages("bob@example.com", 2, LONG));
            client.send("bob@example.com", "Subject: one\r\n\r\n");
            client.send("carol@example.com", "Subject: other\r\n\r\n");
            client.send("bob@example.com", "Subject: two\r\n\r\n");
            let mails = waiting.join().unwrap().unwrap();
            let subjects: Vec<_> = mails.iter().map(Mail::subject).collect();
            assert_eq!(subjects, ["one", "two"]);
        });
        assert_eq!(sink.messages_for("carol@example.com").len(), 1);
    }

    #[test]
    fn a_mail_that_does_not_come_is_named() {
        let sink = SmtpSink::start().unwrap();
        let error = sink.wait_for_message("nobody@example.com", Duration::ZERO);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("0 of 1 mails for nobody@example.com"),
            "{error}"
        );
    }

    #[test]
    fn reset_forgets_and_order_is_kept() {
        let sink = SmtpSink::start().unwrap();
        let mut client = Client::connect(&sink);
        assert_eq!(client.say("HELO test"), "250");
        assert_eq!(client.say("NOOP"), "250");
        assert_eq!(client.say("MAIL FROM:<a@example.com>"), "250");
        assert_eq!(client.say("RCPT TO:<b@example.com>"), "250");
        assert_eq!(client.say("RSET"), "250");
        assert_eq!(client.say("DATA"), "503");
        assert_eq!(client.say("STARTTLS"), "500");
        assert!(sink.messages_for("b@example.com").is_empty());
    }

    #[test]
    fn links_are_decoded_from_every_part() {
        let mail = mail(
            "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\n\
             Content-Type: multipart/alternative; boundary=\"cut\"\n\
             \n\
             --cut\n\
             Content-Type: text/plain; charset=UTF-8\n\
             Content-Transfer-Encoding: quoted-printable\n\
             \n\
             Follow http://127.0.0.1/reset?key=3Dab=\n\
             cd&x=3D1.\n\
             --cut\n\
             Content-Type: text/html; charset=UTF-8\n\
             \n\
             <a href=\"http://127.0.0.1/reset?key=abcd&amp;x=1\">here</a> <p>https://example.com</p>\n\
             --cut--\n",
        );
        assert_eq!(mail.subject(), "Grüße");
        assert_eq!(
            mail.links(),
            ["http://127.0.0.1/reset?key=abcd&x=1", "https://example.com"]
        );
    }

    #[test]
    fn a_mail_without_anything_has_nothing() {
        assert_eq!(mail("").subject(), "");
        assert!(mail("\nno http here").links().is_empty());
    }
}
