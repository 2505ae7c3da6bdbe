//! What a Service of Kubernetes does: it sends each connection to one of the replicas in turn, whether or not it leads.

use std::io::{Read as _, Write as _, copy};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A Service.
pub struct Service {
    port: u16,
    replicas: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Starts one before these replicas; it ends with the tests.
    pub fn start(replicas: impl IntoIterator<Item = String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let replicas = Arc::new(Mutex::new(replicas.into_iter().collect::<Vec<_>>()));
        let known = replicas.clone();
        std::thread::spawn(move || {
            for (turn, connection) in listener.incoming().flatten().enumerate() {
                let replicas = known.lock().unwrap();
                let replica = replicas[turn % replicas.len()].clone();
                drop(replicas);
                std::thread::spawn(move || forward(&connection, &replica));
            }
        });
        Self { port, replicas }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends connections to these replicas from now on.
    pub fn send_to(&self, replicas: impl IntoIterator<Item = String>) {
        *self.replicas.lock().unwrap() = replicas.into_iter().collect();
    }
}

/// Copies both ways until the replica has answered. One that is gone refuses the connection, and the client sees its end.
fn forward(connection: &TcpStream, replica: &str) {
    let Ok(upstream) = TcpStream::connect(replica) else { return };
    let (mut from, mut to) = (connection.try_clone().unwrap(), upstream.try_clone().unwrap());
    std::thread::spawn(move || copy(&mut from, &mut to));
    let (mut from, mut to) = (&upstream, connection);
    let _ = copy(&mut from, &mut to);
    let _ = connection.shutdown(Shutdown::Both);
}

/// The status and the text of a page; `None` without an answer.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Of version 1.0, so that the text ends with the connection and comes in one piece.
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, text) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, text.to_owned()))
}
