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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde::Deserialize;

    use super::*;
    use crate::ACCOUNT_ID;
    use crate::access::{Access, SessionKey};
    use crate::identity::Identity;

    /// A request captured from an official SDK, or the documentation's example.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        access_key_id: String,
        access_key_secret: String,
        security_token: Option<String>,
        method: String,
        wire_target: String,
        headers: Vec<(String, String)>,
        #[serde(default)]
        body: String,
        string_to_sign: String,
        query_keys_percent_encoded_in_canonical_request: bool,
    }

    impl Vector {
        fn request(&self) -> Request {
            let request = hyper::Request::builder().method(self.method.as_str()).uri(&self.wire_target);
            let request =
                self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            Request::new(&request.body(()).unwrap().into_parts().0, self.body.clone().into())
        }

        /// What the server answers to the request when it arrives at once and the key is known.
        fn verdict(&self, request: &Request) -> Result<Identity, Refusal> {
            let date: Timestamp = request.header("x-acs-date").unwrap().parse().unwrap();
            let mut access = Access::default();
            match &self.security_token {
                None => access.add(ACCOUNT_ID, &self.access_key_id, &self.access_key_secret),
                Some(token) => {
                    let key = SessionKey {
                        id: self.access_key_id.clone(),
                        secret: self.access_key_secret.clone(),
                        token: token.clone(),
                        expires: date + jiff::SignedDuration::from_hours(1),
                    };
                    access.add_session(&key, Identity::user(ACCOUNT_ID, &self.access_key_id));
                }
            }
            access.check(request, date)
        }
    }

    fn vectors(normative: bool) -> Vec<Vector> {
        let all: Vec<Vector> = serde_json::from_str(include_str!("../tests/data/signing.json")).unwrap();
        all.into_iter().filter(|v| v.query_keys_percent_encoded_in_canonical_request == normative).collect()
    }

    #[test]
    fn every_request_captured_from_the_official_sdks_is_accepted() {
        let vectors = vectors(true);
        assert_eq!(vectors.len(), 46);
        for vector in vectors {
            let request = vector.request();
            let authorization = Authorization::read(&request).unwrap();
            let text = string_to_sign(&request, &authorization.signed_headers);
            assert_eq!(text, vector.string_to_sign, "{}", vector.name);
            let owner = Identity::user(ACCOUNT_ID, &vector.access_key_id);
            assert_eq!(vector.verdict(&request).unwrap(), owner, "{}", vector.name);
        }
    }

    #[test]
    fn a_query_signed_against_the_documented_rule_is_refused() {
        for vector in vectors(false) {
            assert_eq!(vector.verdict(&vector.request()).unwrap_err().code, "SignatureDoesNotMatch");
        }
    }

    #[test]
    fn a_request_changed_anywhere_after_signing_is_refused() {
        let changes: [fn(&mut Request); 5] = [
            |request| request.method = "DELETE".to_owned(),
            |request| request.path.push('/'),
            |request| request.query.push(("Reverse".to_owned(), "true".to_owned())),
            |request| {
                let mut headers = request.headers.iter_mut();
                headers.find(|(name, _)| name == "x-acs-version").unwrap().1.push('0');
            },
            |request| request.headers.retain(|(name, _)| name != "x-acs-security-token"),
        ];
        let vectors = vectors(true);
        let vector = vectors.iter().find(|vector| vector.name == "instances-all-params-sts").unwrap();
        for change in changes {
            let mut request = vector.request();
            change(&mut request);
            assert!(vector.verdict(&request).is_err());
        }
        let mut request = vector.request();
        request.body = "surplus".into();
        assert_eq!(vector.verdict(&request).unwrap_err().code, "IncompleteSignature");
    }
}
