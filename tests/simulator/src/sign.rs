//! The signature `ACS3-HMAC-SHA256`, computed from what arrived. Nothing here is shared with any client: a
//! mistake made on both sides would hide itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::refusal::{self, Refusal};
use crate::request::Request;

/// The only algorithm the simulator accepts; the official SDKs send no other by default.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The three parts of the header `Authorization`.
#[derive(Debug)]
pub(crate) struct Authorization<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) signed_headers: Vec<&'a str>,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(crate) fn read(request: &'a Request) -> Result<Self, Refusal> {
        let header = request
            .header("authorization")
            .ok_or_else(|| refusal::incomplete_signature("no Authorization header"))?;
        let parts = header
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| refusal::incomplete_signature(format_args!("{ALGORITHM} is expected")))?;
        let mut parts: BTreeMap<&str, &str> =
            parts.split(',').filter_map(|part| part.trim().split_once('=')).collect();
        let mut part =
            |name| parts.remove(name).ok_or_else(|| refusal::incomplete_signature(format_args!("no {name}")));
        Ok(Self {
            key_id: part("Credential")?,
            signed_headers: part("SignedHeaders")?.split(';').collect(),
            signature: part("Signature")?,
        })
    }
}

/// What the client has to sign, by the documented rule.
pub(crate) fn string_to_sign(request: &Request, signed_headers: &[&str]) -> String {
    let canonical = canonical_request(request, signed_headers);
    format!("{ALGORITHM}\n{}", hex(&Sha256::digest(canonical)))
}

/// The signature of that text.
pub(crate) fn signature(secret: &str, string_to_sign: &str) -> String {
    hex(&mac::<Hmac<Sha256>>(secret, string_to_sign))
}

/// The six parts of the canonical request, one a line; the block of headers ends in a line of its own.
pub(crate) fn canonical_request(request: &Request, signed_headers: &[&str]) -> String {
    let Request { method, path, query, headers: _, body: _ } = request;
    let headers: Vec<_> =
        signed_headers.iter().map(|name| format!("{name}:{}\n", header_values(request, name))).collect();
    let headers = headers.concat();
    let signed_headers = signed_headers.join(";");
    let payload = payload_hash(request);
    format!("{method}\n{path}\n{}\n{headers}\n{signed_headers}\n{payload}", canonical_query(query))
}

/// The hash of the body, of an empty one too.
pub(crate) fn payload_hash(request: &Request) -> String {
    hex(&Sha256::digest(&request.body))
}

/// `name=value` sorted by name in byte order, both encoded by RFC 3986.
pub(crate) fn canonical_query(query: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = query.iter().collect();
    pairs.sort();
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// Percent-encoding by RFC 3986, upper-case hexadecimal.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The keyed hash of a text. A key of any length serves, so this cannot fail.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(crate) fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("every length serves");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The trimmed values of one header; several of the same name sorted and joined.
fn header_values(request: &Request, name: &str) -> String {
    let mut values: Vec<_> =
        request.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim()).collect();
    values.sort_unstable();
    values.join(",")
}
