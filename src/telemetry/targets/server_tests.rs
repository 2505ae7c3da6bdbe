//! What a client of `/sd` sees.

use std::net::SocketAddr;

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::Listing;
use super::super::tests::{put, usual};
use super::*;
use crate::telemetry::readiness::{Phase, Readiness};

/// A server of these targets, in this phase.
struct Served {
    address: SocketAddr,
    readiness: Readiness,
    stop: CancellationToken,
    /// As the operator does.
    targets: Arc<Targets>,
    current: CurrentTargets,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(phase: Phase) -> Served {
    let (current, readiness, stop) =
        (CurrentTargets::default(), Readiness::default(), CancellationToken::new());
    readiness.enter(phase);
    let targets = current.begin();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new(current.clone(), readiness.clone()).serve(listener, stop.clone()));
    Served { address, readiness, stop, targets, current }
}

/// So many instances, just observed.
fn fresh(instances: usize) -> Listing {
    Listing { observed_at: Some(Timestamp::now()), ..usual(instances) }
}

/// The head of a response and its body, the chunks put together.
async fn request(address: SocketAddr, line: &str) -> (String, String) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let (head, mut rest) = (head.to_ascii_lowercase(), body);
    if !head.contains("transfer-encoding: chunked") {
        return (head, body.to_owned());
    }
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = after[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    (head, whole)
}

async fn status(address: SocketAddr, line: &str) -> u16 {
    request(address, line).await.0.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn targets_are_json_and_an_empty_list_is_one_too() {
    let served = serve(Phase::Working).await;
    let (head, body) = request(served.address, "GET /sd?port=80").await;
    assert!(head.starts_with("http/1.1 200 ok") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(body, "[]\n");
    put(&served.targets, "shop", &fresh(3));
    let (_, body) = request(served.address, "GET /sd?port=80").await;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&body).unwrap().len(), 3);
}

#[tokio::test]
async fn only_get_sd_is_known_and_a_wrong_query_is_said_in_a_sentence() {
    let served = serve(Phase::Working).await;
    for (line, expected) in [
        ("GET /", 404),
        ("GET /metrics", 404),
        ("GET /sd/", 404),
        ("POST /sd", 405),
        ("HEAD /sd", 405),
        ("DELETE /sd", 405),
        ("GET /sd?port=0", 400),
    ] {
        assert_eq!(status(served.address, line).await, expected, "{line}");
    }
    let (head, body) = request(served.address, "GET /sd?team=shop").await;
    assert!(head.contains("content-type: text/plain"), "{head}");
    assert_eq!(body, "there is no parameter \"team\": port, namespace and selector are known\n");
    assert!(request(served.address, "POST /sd").await.0.contains("allow: get"));
}

#[tokio::test]
async fn a_replica_that_does_not_work_or_has_no_list_yet_gives_no_list() {
    let mut served = serve(Phase::Listing).await;
    let of = async |served: &Served| request(served.address, "GET /sd").await;
    let (head, body) = of(&served).await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert_eq!(body, "waiting for the first list of watches\n");
    served.readiness.enter(Phase::StandingBy);
    assert_eq!(of(&served).await.1, "standing by for the replica that works\n");
    served.readiness.enter(Phase::Working);
    assert_eq!(status(served.address, "GET /sd").await, 200);
    // It has lost the lease, and with it the table.
    served.targets = Arc::new(Targets::default());
    assert_eq!(status(served.address, "GET /sd").await, 503);
    served.targets = served.current.begin();
    assert_eq!(status(served.address, "GET /sd").await, 200);
}

/// A client that asks and does not read.
async fn ask_and_wait(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // As little as the system gives, so that the response does not fit into its buffers.
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut client = TcpStream::from_std(socket.into()).unwrap();
    client.write_all(b"GET /sd?port=80 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut begin = [0; 15];
    client.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    client
}

#[tokio::test]
async fn four_clients_that_do_not_read_take_every_place_for_ten_seconds_and_no_longer() {
    let served = serve(Phase::Working).await;
    // Some 20 MB, more than the system keeps for a connection.
    for number in 0..200 {
        put(&served.targets, &format!("watch-{number}"), &fresh(200));
    }
    let mut slow = Vec::new();
    for _ in 0..RESPONSES {
        slow.push(ask_and_wait(served.address).await);
    }
    let (head, body) = request(served.address, "GET /sd?namespace=other").await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert_eq!(body, "as many responses are under way as may be\n");
    tokio::time::pause();
    tokio::time::advance(TIMEOUT).await;
    tokio::time::resume();
    assert_eq!(status(served.address, "GET /sd?namespace=other").await, 200);
    let mut rest = Vec::new();
    let read = slow.remove(0).read_to_end(&mut rest).await;
    assert!(read.is_err() || !rest.ends_with(b"]\n\r\n0\r\n\r\n"), "a response that is cut is no whole list");
}
