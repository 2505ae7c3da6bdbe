//! A caller of the simulator that can also call badly. It signs by the documentation, with code that shares
//! nothing with the simulator's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sae_simulator::{KEY_ID, KEY_SECRET, Operation, Simulator};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A signed request in the making; every part of it can be made wrong.
pub struct Ask {
    endpoint: String,
    operation: Operation,
    pub method: reqwest::Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub key: (String, String),
    pub headers: BTreeMap<String, String>,
    pub unsigned_headers: Vec<(String, String)>,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Ask {
    pub fn new(sim: &Simulator, operation: Operation, query: &[(&str, &str)]) -> Self {
        let mut ask = Self {
            endpoint: sim.endpoint(),
            operation,
            method: reqwest::Method::GET,
            path: operation.path().unwrap_or("/no/such/path").to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            key: (KEY_ID.to_owned(), KEY_SECRET.to_owned()),
            headers: BTreeMap::new(),
            unsigned_headers: Vec::new(),
            http: http_client(sim),
        };
        ask.set("host", &sim.address().to_string());
        ask.set("x-acs-action", &ask.operation.to_string());
        ask.set("x-acs-version", "2019-05-06");
        ask.set("x-acs-content-sha256", &hex(&Sha256::digest(b"")));
        ask.set("x-acs-signature-nonce", &format!("{:032x}", fastrand::u128(..)));
        ask.dated(SignedDuration::ZERO)
    }

    pub fn set(&mut self, header: &str, value: &str) {
        self.headers.insert(header.to_owned(), value.to_owned());
    }

    pub fn with(mut self, header: &str, value: &str) -> Self {
        self.set(header, value);
        self
    }

    pub fn without(mut self, header: &str) -> Self {
        self.headers.remove(header);
        self
    }

    pub fn unsigned(mut self, header: &str, value: &str) -> Self {
        self.unsigned_headers.push((header.to_owned(), value.to_owned()));
        self
    }

    pub fn signed_by(mut self, id: &str, secret: &str) -> Self {
        self.key = (id.to_owned(), secret.to_owned());
        self
    }

    pub fn dated(self, offset: SignedDuration) -> Self {
        let date = (Timestamp::now() + offset).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.with("x-acs-date", &date)
    }

    pub async fn send(self) -> Result<Reply, reqwest::Error> {
        let query = canonical(&self.query);
        let names = self.headers.keys().cloned().collect::<Vec<_>>().join(";");
        let headers = self.headers.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}:{value}");
            text
        });
        let payload = self.headers.get("x-acs-content-sha256").cloned().unwrap_or_default();
        let request = format!("{}\n{}\n{query}\n{headers}\n{names}\n{payload}", self.method, self.path);
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(request)));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.1.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key.0);

        let url = format!("{}{}?{query}", self.endpoint, self.path);
        let mut request = self.http.request(self.method, url).header("authorization", authorization);
        for (name, value) in self.headers.into_iter().chain(self.unsigned_headers) {
            request = request.header(name, value);
        }
        Reply::read(request.send().await?).await
    }

    pub async fn reply(self) -> Reply {
        self.send().await.unwrap()
    }
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, text, body })
    }

    /// Status and code together: what a refusal is known by.
    pub fn verdict(&self) -> (u16, &str) {
        (self.status, self.body["Code"].as_str().unwrap_or_default())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The ids of the instances answered, in their order.
    pub fn instance_ids(&self) -> Vec<&str> {
        self.column("InstanceId")
    }

    /// One field of all instances answered.
    pub fn column(&self, field: &str) -> Vec<&str> {
        let instances = self.body["Data"]["Instances"].as_array().unwrap();
        instances.iter().map(|instance| instance[field].as_str().unwrap()).collect()
    }
}

/// The instances of group `g-1` of an application.
pub fn instances(sim: &Simulator, app: &str) -> Ask {
    Ask::new(sim, Operation::DescribeApplicationInstances, &[("AppId", app), ("GroupId", "g-1")])
}

pub fn http_client(sim: &Simulator) -> reqwest::Client {
    // Another test of this process may have installed it already: the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // No others: reading the system's roots for every client would be most of a test's time.
    let trusted = sim.ca_pem().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.tls_certs_only(trusted).build().unwrap()
}

pub fn canonical(query: &[(String, String)]) -> String {
    let mut query = query.to_vec();
    query.sort();
    let pairs: Vec<_> =
        query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
