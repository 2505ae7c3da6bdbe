//! A proxy on loopback that leads every tunnel to one place, whatever name it is asked for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Proxy {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

/// Reads what is asked for, and answers it.
type Greet = dyn Fn(&mut TcpStream) -> Option<Asked> + Send + Sync;

/// What a proxy was asked for, and where it leads; `None` where it refuses.
struct Asked {
    by: String,
    to: Option<SocketAddr>,
}

impl Proxy {
    /// A proxy of HTTP that answers CONNECT with this status, and leads on if that is one of success.
    pub fn http(status: &'static str, to: SocketAddr) -> Self {
        Self::start(move |stream| {
            let head = read_head(stream)?;
            let asked = head.lines().filter(|line| !line.starts_with("Host")).collect::<Vec<_>>().join(" ");
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).ok()?;
            Some(Asked { by: asked.trim().to_owned(), to: status.starts_with('2').then_some(to) })
        })
    }

    /// A proxy of SOCKS version 5 that wants no user.
    pub fn socks(to: SocketAddr) -> Self {
        Self::start(move |stream| {
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).ok()?;
            assert_eq!(greeting, [5, 1, 0]);
            stream.write_all(&[5, 0]).ok()?;
            let mut head = [0; 5];
            stream.read_exact(&mut head).ok()?;
            assert_eq!(head[..4], [5, 1, 0, 3], "it is for the proxy to resolve names");
            let mut name = vec![0; usize::from(head[4]) + 2];
            stream.read_exact(&mut name).ok()?;
            let port = u16::from_be_bytes([name[name.len() - 2], name[name.len() - 1]]);
            name.truncate(name.len() - 2);
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
            Some(Asked { by: format!("SOCKS {}:{port}", String::from_utf8(name).unwrap()), to: Some(to) })
        })
    }

    fn start(greet: impl Fn(&mut TcpStream) -> Option<Asked> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (seen, greet): (_, Arc<Greet>) = (proxy.seen.clone(), Arc::new(greet));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, greet) = (seen.clone(), greet.clone());
                std::thread::spawn(move || serve(stream, &*greet, &seen));
            }
        });
        proxy
    }

    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// What it was asked for so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, greet: &Greet, seen: &Mutex<Vec<String>>) {
    let Some(Asked { by, to }) = greet(&mut stream) else { return };
    seen.lock().unwrap().push(by);
    let Some(mut upstream) = to.and_then(|to| TcpStream::connect(to).ok()) else { return };
    let (mut back, mut from) = (stream.try_clone().unwrap(), upstream.try_clone().unwrap());
    // Either end may be gone before the other has said all.
    let answers = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(&mut stream, &mut upstream);
    let _ = upstream.shutdown(std::net::Shutdown::Both);
    let _ = answers.join();
}

/// The head of a request; `None` where what comes is something else, such as TLS.
fn read_head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
        if head[0] != b'C' {
            return None;
        }
    }
    String::from_utf8(head).ok()
}
