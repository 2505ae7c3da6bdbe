//! Requests captured from the official SDKs get the same signature from the code that signs real requests.
//!
//! `SIGNING_VECTORS` names another file of the same form.
#![cfg(test)]

use std::path::PathBuf;

use saewatch::sae::{Query, Signable};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    sdk: String,
    access_key_id: String,
    access_key_secret: String,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    signed_headers: Vec<String>,
    authorization: String,
    /// Some SDKs sign names as they are; the documented rule encodes them, and so do we.
    #[serde(default = "yes", rename = "query_keys_percent_encoded_in_canonical_request")]
    follows_the_rule: bool,
}

fn yes() -> bool {
    true
}

fn vectors() -> Vec<Vector> {
    let file = std::env::var_os("SIGNING_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/signing.json")),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn authorization(vector: &Vector) -> String {
    let is_signed = |name: &str| vector.signed_headers.iter().any(|signed| signed.eq_ignore_ascii_case(name));
    let headers: Vec<(&str, &str)> = vector
        .headers
        .iter()
        .filter(|(name, _)| is_signed(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body_sha256 = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-acs-content-sha256"))
        .map_or("", |(_, value)| value);
    let query = Query::new(vector.query.iter().map(|(name, value)| (name, value)));
    Signable { method: &vector.method, path: &vector.path, query: &query, headers: &headers, body_sha256 }
        .authorization(&vector.access_key_id, &vector.access_key_secret)
}

#[test]
fn every_captured_request_gets_the_signature_that_the_sdk_gave_it() {
    let vectors: Vec<Vector> = vectors().into_iter().filter(|vector| vector.follows_the_rule).collect();
    assert!(!vectors.is_empty(), "no vector follows the documented rule");
    for vector in &vectors {
        assert_eq!(authorization(vector), vector.authorization, "{} ({})", vector.name, vector.sdk);
    }
}
