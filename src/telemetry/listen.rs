//! The socket of the pages: one for IPv4 and IPv6 where the node has both.

use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// How many connections may wait to be accepted, as tokio's own listeners have it.
const BACKLOG: i32 = 1024;

/// Opens the address. `[::]` is every address of the node: those of IPv4 too, and these alone where it has no IPv6.
///
/// # Errors
/// When it is taken or not ours.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = match open(address) {
        Ok(listener) => listener,
        Err(error) => open(fallback(address, &error).ok_or(error)?)?,
    };
    // The port that was chosen, where any would do.
    tracing::info!(address = %listener.local_addr()?, "listening");
    Ok(listener)
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket(address)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn socket(address: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Said and not left to the node, where net.ipv6.bindv6only may be 1.
        socket.set_only_v6(false)?;
    }
    // As tokio's own listeners: a restart need not wait for connections of the last process to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The address that may do where this one cannot be opened. A node says in several ways that it has no IPv6; a port
/// that is taken is not one of them, and half of what was asked for would be worse than an error.
fn fallback(address: SocketAddr, error: &Error) -> Option<SocketAddr> {
    let is_every_address = address.ip() == Ipv6Addr::UNSPECIFIED;
    let may_do = is_every_address && error.kind() != ErrorKind::AddrInUse;
    may_do.then(|| (Ipv4Addr::UNSPECIFIED, address.port()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Linux says where IPv6 is switched off when it boots: EAFNOSUPPORT.
    const NO_SUCH_FAMILY: i32 = 97;

    #[test]
    fn a_node_without_ipv6_is_listened_on_by_ipv4() {
        let asked = "[::]:8080".parse().unwrap();
        let instead = Some("0.0.0.0:8080".parse().unwrap());
        assert_eq!(fallback(asked, &Error::from_raw_os_error(NO_SUCH_FAMILY)), instead);
        assert_eq!(fallback(asked, &ErrorKind::AddrNotAvailable.into()), instead);
    }

    #[test]
    fn there_is_no_other_address_for_one_that_is_taken_or_that_somebody_chose() {
        assert_eq!(fallback("[::]:8080".parse().unwrap(), &ErrorKind::AddrInUse.into()), None);
        for chosen in ["[::1]:8080", "127.0.0.1:8080", "0.0.0.0:8080"] {
            assert_eq!(
                fallback(chosen.parse().unwrap(), &ErrorKind::AddrNotAvailable.into()),
                None,
                "{chosen}"
            );
        }
    }

    #[test]
    fn a_socket_for_ipv6_takes_ipv4_too_whatever_the_node_says() {
        assert!(!socket("[::]:0".parse().unwrap()).unwrap().only_v6().unwrap());
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error() {
        let first = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let error = listen(first.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
}
