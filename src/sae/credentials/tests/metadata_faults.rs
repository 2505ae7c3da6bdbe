//! The metadata service as it fails on real machines: version 1 serves then, within the time of one search, unless it
//! is switched off.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::captured::{Arrived, ISSUED, arrived, assert_issued, exchange, header};
use crate::sae::credentials::exchange::LOCAL_TIMEOUT;
use crate::sae::credentials::exchange::NoKeys;
use crate::sae::credentials::plan::{Found, Plan};
use crate::sae::credentials::{Keys, ecs_ram_role};
use crate::sae::{Class, Environment};

const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const TIME: &str = "2026-11-22T20:11:36Z";
/// How much longer than its limit a search may take on a busy machine.
const SLACK: Duration = Duration::from_millis(700);

/// What the service does with a request.
#[derive(Debug, Clone, Copy)]
enum Reply {
    Answer(u16, &'static str),
    Silence,
    Reset,
}

/// Which requests a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Struck {
    /// The one for a token.
    Put,
    /// Those that carry a token.
    GetWithToken,
    /// The one for keys, if it carries a token.
    KeysWithToken,
}

const FAULTS: [Reply; 7] = [
    Reply::Silence,
    Reply::Reset,
    Reply::Answer(400, "400 - Bad Request"),
    Reply::Answer(401, "401 - Unauthorized"),
    Reply::Answer(403, "403 - Forbidden"),
    Reply::Answer(404, "404 - Not Found"),
    Reply::Answer(503, "<html>"),
];

/// A metadata service on loopback that serves both versions but for its fault. Each connection has its own thread,
/// so that a silent one holds up no other.
fn service(reply: impl Fn(&Arrived) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let reply = Arc::new(reply);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, reply) = (stream.unwrap(), reply.clone());
            std::thread::spawn(move || match reply(&arrived(&mut stream)) {
                Reply::Silence => std::thread::sleep(Duration::from_mins(1)),
                Reply::Reset => drop(stream),
                Reply::Answer(status, body) => {
                    let length = body.len();
                    let head =
                        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close");
                    // The other side may have gone.
                    let _ = write!(stream, "{head}\r\n\r\n{body}");
                }
            });
        }
    });
    base
}

/// What an honest service answers.
fn honest(request: &Arrived) -> Reply {
    match (request.method.as_str(), request.target.as_str()) {
        ("PUT", "/latest/api/token") => Reply::Answer(200, "METATOKEN=="),
        ("GET", "/latest/meta-data/ram/security-credentials/") => Reply::Answer(200, "my-role\n"),
        ("GET", "/latest/meta-data/ram/security-credentials/my-role") => Reply::Answer(200, ISSUED),
        _ => Reply::Answer(404, "404 - Not Found"),
    }
}

fn is_struck(struck: Struck, request: &Arrived) -> bool {
    let has_token = header(&request.headers, TOKEN).is_some();
    match struck {
        Struck::Put => request.method == "PUT",
        Struck::GetWithToken => has_token,
        Struck::KeysWithToken => has_token && request.target.ends_with("/my-role"),
    }
}

/// The plan of a machine in this environment.
fn plan(variables: &[(&str, &str)]) -> Plan {
    match ecs_ram_role::find(&Environment::of(variables.iter().copied())) {
        Found::Plan(plan) => plan,
        Found::Nothing(why) => panic!("{why}"),
    }
}

/// Searches for keys; how it ended, how long it took and what was asked.
async fn search(
    variables: &[(&str, &str)],
    struck: Struck,
    fault: Reply,
) -> (Result<Keys, NoKeys>, Duration, Vec<String>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let base = service({
        let asked = asked.clone();
        move |request| {
            let version = if header(&request.headers, TOKEN).is_some() { "v2" } else { "" };
            asked.lock().unwrap().push(format!("{} {version}", request.method));
            if is_struck(struck, request) { fault } else { honest(request) }
        }
    });
    let start = Instant::now();
    let keys = exchange(&base, TIME, "unused").keys(&plan(variables)).await;
    let asked = asked.lock().unwrap().clone();
    (keys, start.elapsed(), asked)
}

#[tokio::test]
async fn version_1_serves_when_version_2_is_silent_reset_or_refused() {
    for struck in [Struck::Put, Struck::GetWithToken, Struck::KeysWithToken] {
        for fault in FAULTS {
            for variables in [&[][..], &[("ALIBABA_CLOUD_ECS_METADATA", "my-role")]] {
                let (keys, took, _) = search(variables, struck, fault).await;
                println!("{struck:?} {fault:?} {variables:?}: {took:?}");
                assert_issued(keys);
                assert!(took < LOCAL_TIMEOUT + SLACK, "{struck:?} {fault:?}: {took:?}");
            }
        }
    }
}

#[tokio::test]
async fn version_1_is_not_asked_when_it_is_switched_off() {
    for struck in [Struck::Put, Struck::GetWithToken] {
        for fault in [Reply::Silence, Reply::Reset, Reply::Answer(401, ""), Reply::Answer(503, "")] {
            let variables = [("ALIBABA_CLOUD_IMDSV1_DISABLED", "True")];
            let (keys, took, asked) = search(&variables, struck, fault).await;
            let error = keys.unwrap_err().into_error("credentials").to_string();
            assert!(error.contains("ALIBABA_CLOUD_IMDSV1_DISABLED is true"), "{struck:?} {fault:?}: {error}");
            assert!(!asked.contains(&"GET ".to_owned()), "{struck:?} {fault:?}: {asked:?}");
            assert!(took < LOCAL_TIMEOUT + SLACK, "{struck:?} {fault:?}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_service_that_answers_nothing_costs_one_time_limit_and_is_absent() {
    let start = Instant::now();
    let base = service(|_| Reply::Silence);
    let keys = exchange(&base, TIME, "unused").keys(&plan(&[])).await;
    assert!(start.elapsed() < LOCAL_TIMEOUT + SLACK, "{:?}", start.elapsed());
    let Err(NoKeys::NotThere(why)) = keys else { panic!("{keys:?}") };
    assert_eq!(why, "no metadata service: no answer within 1s; version 1: no answer within 2s");
}

#[tokio::test]
async fn a_service_that_named_a_role_and_gives_no_keys_is_there() {
    let base = service(|request| match request.target.as_str() {
        "/latest/meta-data/ram/security-credentials/my-role" => Reply::Answer(503, ""),
        _ => honest(request),
    });
    let keys = exchange(&base, TIME, "unused").keys(&plan(&[])).await;
    let Err(NoKeys::Failed(error)) = keys else { panic!("{keys:?}") };
    assert_eq!((error.class, error.status), (Class::Transient(None), Some(503)));
}
