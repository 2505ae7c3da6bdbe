//! Every answer a server can give has its verdict: what is observed, what failed, what is throttled, what stays
//! until somebody acts (contract §6).
#![cfg(test)]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use saewatch::domain::{FailureClass, ObservedInstance};
use saewatch::sae::{
    Ask, ChangeOrdersCall, Class, Client, Endpoint, Environment, Error, EventsCall, InstancesCall, Keys,
    Page, Settings,
};
use serde::Deserialize;
use serde_json::Value;

/// The time-out of the verdicts is 10 s, and an answer comes after 4 or 12 s. Here each second is a tenth of one.
const TIMEOUT: Duration = Duration::from_secs(1);
const SECOND: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Case {
    n: String,
    r: Reply,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    delay: u32,
}

#[derive(Deserialize)]
struct Expected {
    n: String,
    verdict: String,
    reason: Option<String>,
    instances: Option<usize>,
    why: String,
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Answers each request with the case that its AppId names.
fn serve(cases: HashMap<String, Reply>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let cases = Arc::new(cases);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let cases = cases.clone();
            std::thread::spawn(move || answer(stream.unwrap(), &cases));
        }
    });
    base
}

fn answer(mut stream: TcpStream, cases: &HashMap<String, Reply>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            // The client gave up.
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let name = request.split("AppId=").nth(1).unwrap().split(['&', ' ']).next().unwrap();
    let reply = &cases[name];
    if reply.drop {
        return;
    }
    std::thread::sleep(SECOND * reply.delay);
    let body = match &reply.body {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        json => json.to_string(),
    };
    let headers: Vec<String> =
        reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let status = reply.status;
    let length = body.len();
    // Who waited too long is gone.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\n{}content-length: {length}\r\nconnection: close\r\n\r\n{body}",
        headers.concat()
    );
}

fn client(base: &str) -> Client {
    let settings = Settings::new()
        .endpoint(base.parse::<Endpoint>().unwrap())
        .environment(Environment::of([("", ""); 0]));
    Client::with_keys(settings, Keys::new("id", "marked-secret", "a test")).unwrap()
}

async fn ask(client: &Client, case: &str) -> Result<Page<ObservedInstance>, Error> {
    let call = InstancesCall {
        region: "cn-hangzhou".parse().unwrap(),
        app: case.parse().unwrap(),
        group: "group-1".to_owned(),
        instance: None,
        pipeline: None,
        page: 1,
    };
    client.ask(&call, TIMEOUT).await
}

fn check(expected: &Expected, answer: &Result<Page<ObservedInstance>, Error>) {
    let Expected { n, verdict, reason, instances, why } = expected;
    let context = format!("{n}: {why}\n{answer:?}");
    let class = answer.as_ref().err().map(|error| error.failure().class);
    match verdict.as_str() {
        "observed" => {
            assert_eq!(answer.as_ref().ok().map(|page| page.entries.len()), *instances, "{context}");
        }
        "failed" => assert_eq!(class, Some(FailureClass::Transient), "{context}"),
        "throttled" => assert_eq!(class, Some(FailureClass::Throttled), "{context}"),
        "permanent" => match class {
            Some(FailureClass::Permanent(found)) => {
                assert_eq!(Some(format!("{found:?}")), *reason, "{context}");
            }
            _ => panic!("{context}"),
        },
        other => panic!("unknown verdict {other}"),
    }
    if let Err(error) = answer {
        let text = error.to_string();
        assert!(text.starts_with("DescribeApplicationInstances: "), "{text}");
        assert!(!text.contains("REQ-") && !text.contains("marked") && !text.contains("<html"), "{text}");
    }
}

#[tokio::test]
async fn each_of_the_39_answers_gets_its_verdict() {
    let cases: Vec<Case> = read("response-cases.json");
    let verdicts: Vec<Expected> = read("response-verdicts.json");
    assert_eq!((cases.len(), verdicts.len()), (39, 39));
    let client = client(&serve(cases.into_iter().map(|case| (case.n, case.r)).collect()));
    for verdict in &verdicts {
        check(verdict, &ask(&client, &verdict.n).await);
    }
}

#[tokio::test]
async fn what_is_no_answer_for_a_poll_is_none_for_a_diagnosis() {
    let cases: Vec<Case> = read("response-cases.json");
    let verdicts: Vec<Expected> = read("response-verdicts.json");
    let client = client(&serve(cases.into_iter().map(|case| (case.n, case.r)).collect()));
    for Expected { n, .. } in verdicts.iter().filter(|verdict| verdict.verdict != "observed") {
        let (region, app) = ("cn-hangzhou".parse().unwrap(), n.parse().unwrap());
        let orders = ChangeOrdersCall { region, app };
        let ChangeOrdersCall { region, app } = orders.clone();
        let events = EventsCall { region, app, namespace: "cn-hangzhou".parse().unwrap() };
        let (polled, orders, events) =
            tokio::join!(ask(&client, n), client.ask(&orders, TIMEOUT), client.ask(&events, TIMEOUT));
        let polled = polled.unwrap_err();
        for (error, name) in [(orders.err(), "ListChangeOrders: "), (events.err(), "ListAppEvents: ")] {
            let error = error.unwrap_or_else(|| panic!("{n}: {polled}"));
            assert_eq!(error.class, polled.class, "{n}: {error}");
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}

#[tokio::test]
async fn what_an_error_says_beside_its_class() {
    let cases: Vec<Case> = read("response-cases.json");
    let client = client(&serve(cases.into_iter().map(|case| (case.n, case.r)).collect()));
    let error = async |case: &str| ask(&client, case).await.unwrap_err();

    let two_seconds = Class::Throttled(Some(Duration::from_secs(2)));
    assert_eq!(error("429-throttling-x-acs-retry-after").await.class, two_seconds, "milliseconds");
    assert_eq!(error("429-standard-retry-after").await.class, two_seconds, "seconds");
    assert_eq!(error("400-throttling-no-header").await.class, Class::Throttled(None));
    assert_eq!(
        error("400-x-acs-retry-after-nonthrottling-code").await.class,
        Class::Transient(Some(Duration::from_millis(500)))
    );
    assert_eq!(
        error("403-nopermission").await.to_string(),
        "DescribeApplicationInstances: NoPermission (HTTP 403): You are not authorized; \
         grant sae:DescribeApplicationInstances to the RAM user or role"
    );
    assert_eq!(
        error("400-signature-mismatch").await.to_string(),
        "DescribeApplicationInstances: SignatureDoesNotMatch (HTTP 400): Specified signature is not matched with \
         our calculation; check the AccessKey: it comes from a test"
    );
    assert_eq!(error("400-pop-error").await.request_id.as_deref(), Some("REQ-1"));
    for (case, status) in [("502-html-body", "502"), ("504-empty-body", "504"), ("400-xml-error", "400")] {
        assert!(error(case).await.to_string().contains(&format!("HTTP {status}")), "{case}");
    }
    assert_eq!(
        error("302-redirect").await.to_string(),
        "DescribeApplicationInstances: HTTP 302: redirected, and redirects are not followed"
    );
    assert_eq!(error("slow-12s").await.to_string(), "DescribeApplicationInstances: no answer within 1s");
}

#[tokio::test]
async fn a_hint_above_ten_minutes_is_cut_to_that() {
    // A wrong unit in a header must not stop the account for days.
    let day = [("x-acs-retry-after", "86400000"), ("retry-after", "86400")];
    let reply = |(name, hint): (&str, &str)| {
        let headers = HashMap::from([(name.to_owned(), hint.to_owned())]);
        let throttled = Reply { status: 429, headers, body: Value::Null, drop: false, delay: 0 };
        (name.to_owned(), throttled)
    };
    let client = client(&serve(day.map(reply).into()));
    for (case, _) in day {
        let class = ask(&client, case).await.unwrap_err().class;
        assert_eq!(class, Class::Throttled(Some(Duration::from_secs(600))), "{case}");
    }
}

#[tokio::test]
async fn numbers_and_booleans_in_quotes_mean_the_same() {
    let cases: Vec<Case> = read("response-cases.json");
    let client = client(&serve(cases.into_iter().map(|case| (case.n, case.r)).collect()));
    let page = ask(&client, "200-ints-as-strings").await.unwrap();
    let instance = &page.entries[0];
    assert_eq!((instance.restarts, instance.debug), (Some(3), Some(false)));
    assert_eq!(instance.created_at.unwrap().as_second(), 1_558_442_609);
    let page = ask(&client, "200-instance-field-wrong-type").await.unwrap();
    assert_eq!(page.entries[0].id, "12345");
    assert_eq!(page.entries[0].tags, []);
}
