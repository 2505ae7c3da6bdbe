//! What runs in the instances: something that can be scraped, under the addresses 127.0.0.1 to 127.0.0.8 of loopback.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// The exporters of all instances, on one port.
pub struct Exporter(u16);

impl Exporter {
    /// Starts them; they end with the tests.
    pub fn start() -> Self {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let others = (2..=8).map(|last| TcpListener::bind((Ipv4Addr::new(127, 0, 0, last), port)).unwrap());
        for listener in [first].into_iter().chain(others) {
            std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
        }
        Self(port)
    }

    pub fn port(&self) -> u16 {
        self.0
    }
}

/// Answers one scrape, and ends the connection.
fn answer(mut connection: TcpStream) {
    let mut request = [0; 4096];
    // A client that goes away has its answer already.
    let _ = connection.read(&mut request);
    let text = "# TYPE shop_orders_total counter\nshop_orders_total 1\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n";
    let _ = write!(connection, "{head}Content-Length: {}\r\n\r\n{text}", text.len());
}
