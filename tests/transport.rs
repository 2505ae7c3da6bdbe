//! The wire: HTTPS by trusted roots alone, no redirects, one time-out over everything, bounded bodies, connections
//! used again, and a query of any characters signed as the server reads it.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use sae_simulator::{Application, Fault, KEY_ID, KEY_SECRET, Operation, Simulator};
use saewatch::sae::{
    ApplicationsCall, Ask, AvailabilityCall, ChangeOrderCall, ChangeOrdersCall, Class, Client, Environment,
    Error, EventsCall, GroupsCall, InstancesCall, Keys, Settings, StatusCall, TransportError,
};

const TIMEOUT: Duration = Duration::from_secs(5);

fn client(endpoint: &str, environment: Environment) -> Result<Client, TransportError> {
    let settings = Settings::new().endpoint(endpoint.parse().unwrap()).environment(environment);
    Client::with_keys(settings, Keys::new(KEY_ID, KEY_SECRET, "a test"))
}

fn nothing_set() -> Environment {
    Environment::of([("", ""); 0])
}

fn shop() -> Application {
    Application::new("demo-shop").group("g-1", 2).running(2)
}

fn call(group: &str) -> InstancesCall {
    InstancesCall {
        region: "cn-hangzhou".parse().unwrap(),
        app: "demo-shop".parse().unwrap(),
        group: group.to_owned(),
        instance: None,
        pipeline: None,
        page: 1,
    }
}

async fn ask(client: &Client) -> Result<usize, Error> {
    client.ask(&call("g-1"), TIMEOUT).await.map(|page| page.entries.len())
}

#[tokio::test]
async fn a_server_is_trusted_by_the_certificates_of_ssl_cert_file() {
    let sim = Simulator::start_tls();
    sim.put_application(shop());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, sim.ca_pem().unwrap()).unwrap();
    let environment = Environment::of([("SSL_CERT_FILE", file.to_str().unwrap())]);
    assert_eq!(ask(&client(&sim.endpoint(), environment).unwrap()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_refused() {
    let sim = Simulator::start_tls();
    let error = ask(&client(&sim.endpoint(), nothing_set()).unwrap()).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None));
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(sim.calls().is_empty());
}

#[tokio::test]
async fn a_redirect_is_refused_and_never_followed() {
    let (sim, elsewhere) = (Simulator::start(), Simulator::start());
    sim.inject(Fault::redirect(&elsewhere.endpoint()));
    let error = ask(&client(&sim.endpoint(), nothing_set()).unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("HTTP 302: redirected"), "{error}");
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test]
async fn a_server_that_sends_one_byte_a_second_is_cut_at_the_time_out() {
    let sim = Simulator::start();
    sim.put_application(shop());
    sim.inject(Fault::drip());
    let client = client(&sim.endpoint(), nothing_set()).unwrap();
    let start = Instant::now();
    let error = client.ask(&call("g-1"), Duration::from_millis(1500)).await.unwrap_err();
    let took = start.elapsed();
    assert_eq!(error.to_string(), "DescribeApplicationInstances: no answer within 1.5s");
    assert!((1500..3000).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn half_a_body_and_a_reset_are_errors_that_pass() {
    let sim = Simulator::start();
    sim.put_application(shop());
    let client = client(&sim.endpoint(), nothing_set()).unwrap();
    for fault in [Fault::half_body(), Fault::reset()] {
        sim.inject(fault);
        let error = ask(&client).await.unwrap_err();
        assert_eq!(error.class, Class::Transient(None), "{error}");
    }
    assert_eq!(ask(&client).await.unwrap(), 2);
}

#[tokio::test]
async fn each_operation_is_signed_and_sent_as_the_server_knows_it() {
    let sim = Simulator::start();
    sim.put_application(shop());
    sim.update("demo-shop", |app| {
        app.deploy("demo/shop:v2");
        app.fail_deploy("batch 1 timed out");
        app.instance(0).crash();
    });
    let client = client(&sim.endpoint(), nothing_set()).unwrap();
    let InstancesCall { region, app, .. } = call("g-1");
    let (region, app) = (|| region.clone(), || app.clone());

    client.ask(&call("g-1"), TIMEOUT).await.unwrap();
    client.ask(&GroupsCall { region: region(), app: app(), page: 1 }, TIMEOUT).await.unwrap();
    client.ask(&StatusCall { region: region(), app: app() }, TIMEOUT).await.unwrap();
    client.ask(&ApplicationsCall::first(&region()), TIMEOUT).await.unwrap();
    client.ask(&AvailabilityCall { region: region() }, TIMEOUT).await.unwrap();
    let orders = client.ask(&ChangeOrdersCall { region: region(), app: app() }, TIMEOUT).await.unwrap();
    assert_eq!((orders.len(), orders[0].status.as_deref()), (1, Some("3")));
    let order = ChangeOrderCall { region: region(), id: orders[0].id.clone() };
    assert_eq!(client.ask(&order, TIMEOUT).await.unwrap().as_deref(), Some("batch 1 timed out"));
    let events = EventsCall { region: region(), app: app(), namespace: "cn-hangzhou".parse().unwrap() };
    let events = client.ask(&events, TIMEOUT).await.unwrap();
    assert_eq!((events.len(), events[0].reason.as_deref()), (1, Some("BackOff")));
    assert!(events[0].last_at.is_some());

    let asked: Vec<_> = sim.calls().iter().map(|call| call.operation).collect();
    assert_eq!(asked, Operation::SAE);
}

#[tokio::test]
async fn every_request_says_who_sends_it() {
    let sim = Simulator::start();
    sim.put_application(shop());
    ask(&client(&sim.endpoint(), nothing_set()).unwrap()).await.unwrap();
    assert_eq!(sim.calls()[0].user_agent, concat!("saewatch/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn loopback_is_reached_past_the_proxies_of_the_environment() {
    let sim = Simulator::start();
    sim.put_application(shop());
    let environment = Environment::of(["HTTP_PROXY", "HTTPS_PROXY"].map(|name| (name, "http://127.0.0.1:1")));
    assert_eq!(ask(&client(&sim.endpoint(), environment).unwrap()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let json = r#"{"Success": true, "Data": {"TotalSize": 0}}"#;
    let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
    compressed.write_all(json.as_bytes()).unwrap();
    let (base, _) = serve("content-encoding: gzip\r\n", compressed.finish().unwrap());
    assert_eq!(ask(&client(&base, nothing_set()).unwrap()).await.unwrap(), 0);
    let (base, _) = serve("content-encoding: gzip\r\n", json.into());
    let error = ask(&client(&base, nothing_set()).unwrap()).await.unwrap_err();
    assert!(error.to_string().ends_with("its compressed body is broken"), "{error}");
}

/// Answers every request of every connection with this body; counts the connections.
fn serve(header: &'static str, body: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            let (mut stream, body) = (stream.unwrap(), body.clone());
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    let length = body.len();
                    let head = format!("HTTP/1.1 200 OK\r\n{header}content-length: {length}\r\n\r\n");
                    // Who had enough is gone.
                    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
                }
            });
        }
    });
    (base, connections)
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let (base, connections) = serve("", br#"{"Success": true, "Data": {"TotalSize": 0}}"#.to_vec());
    let client = client(&base, nothing_set()).unwrap();
    for _ in 0..3 {
        assert_eq!(ask(&client).await.unwrap(), 0);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_body_past_eight_mebibytes_is_not_read() {
    let body = |size: usize| {
        let padding = "x".repeat(size);
        format!(r#"{{"Success": true, "Data": {{"TotalSize": 0, "Padding": "{padding}"}}}}"#).into_bytes()
    };
    let (base, _) = serve("", body((8 << 20) - 1000));
    assert_eq!(ask(&client(&base, nothing_set()).unwrap()).await.unwrap(), 0);
    let (base, _) = serve("", body(8 << 20));
    let error = ask(&client(&base, nothing_set()).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "DescribeApplicationInstances: the answer is larger than 8 MiB");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&body(64 << 20)).unwrap();
    let (base, _) = serve("content-encoding: gzip\r\n", bomb.finish().unwrap());
    let error = ask(&client(&base, nothing_set()).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "DescribeApplicationInstances: the answer is larger than 8 MiB");
}

#[tokio::test]
async fn who_cannot_be_reached_is_an_error_that_passes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = ask(&client(&base, nothing_set()).unwrap()).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None));
    assert!(error.to_string().contains("cannot connect: Connection refused"), "{error}");
}

#[test]
fn a_query_of_any_characters_is_signed_as_the_server_reads_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sim = Simulator::start();
    sim.put_application(shop());
    let client = client(&sim.endpoint(), nothing_set()).unwrap();
    proptest!(|(group in any::<String>())| {
        let answer = runtime.block_on(client.ask(&call(&group), TIMEOUT));
        let code = answer.err().and_then(|error| error.code);
        let refused = code.as_deref().is_some_and(|code| code.contains("Signature"));
        prop_assert!(!refused, "{group:?}: {code:?}");
        prop_assert_eq!(sim.calls().last().and_then(|call| call.parameter("GroupId").map(str::to_owned)), Some(group));
    });
}
