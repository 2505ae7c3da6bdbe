//! `saewatch probe`: asks a running operator whether it is ready, for `helm test`.
//!
//! The image holds no shell and no client for HTTP, and another image for one question would be one more to mirror and
//! to trust. People ask with curl, so help does not name this.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args as ClapArgs;

use super::stdout;

/// How long the operator may take to accept the connection, and to answer; it answers in a millisecond.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Name or address of the operator, or of its Service
    host: String,
    /// Its port
    port: u16,
}

/// Prints what `/readyz` says.
///
/// # Errors
/// When there is no connection within five seconds, or then no answer, or another one than 200.
pub(super) fn probe(Args { host, port }: &Args) -> anyhow::Result<()> {
    let answer = ask(host, *port).with_context(|| format!("{host} does not answer on port {port}"))?;
    let (head, said) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) != Some("200") {
        bail!("{host} is not ready: {}", said.trim_end());
    }
    stdout::print_raw(said)?;
    Ok(())
}

fn ask(host: &str, port: u16) -> std::io::Result<String> {
    let mut failure = ErrorKind::AddrNotAvailable.into();
    for address in (host, port).to_socket_addrs()? {
        // Where packets are dropped, the system itself would try for minutes.
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => return read(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn read(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    // Of version 1.0, so that the answer ends with the connection.
    stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
