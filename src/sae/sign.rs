//! The signature of a request: `ACS3-HMAC-SHA256`, Alibaba Cloud's "V3 request structure and signature".
//!
//! Pure: time, nonce and key come in, the `Authorization` header goes out.

use std::borrow::Cow;

use ring::{digest, hmac};

use super::Query;
use crate::domain::hex;

/// The name of the algorithm, the first word of the `Authorization` header.
const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// SHA-256 of nothing: the `x-acs-content-sha256` of a request without a body.
pub(super) const EMPTY_BODY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is signed of a request.
#[derive(Debug, Clone, Copy)]
pub struct Signable<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path, percent-encoded as it is sent.
    pub path: &'a str,
    /// The query, as it is sent.
    pub query: &'a Query,
    /// The headers to sign. The rule wants `host`, `content-type` and every `x-acs-*` that is sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body in lower-case hex, the same as the header `x-acs-content-sha256`.
    pub body_sha256: &'a str,
}

impl Signable<'_> {
    /// The value of the `Authorization` header for this key.
    pub fn authorization(&self, key_id: &str, key_secret: &str) -> String {
        let (signed_headers, canonical) = self.canonical_request();
        let string_to_sign = [ALGORITHM, "\n", &sha256(canonical.as_bytes())].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, key_secret.as_bytes());
        let signature = hex(hmac::sign(&key, string_to_sign.as_bytes()).as_ref());
        [ALGORITHM, " Credential=", key_id, ",SignedHeaders=", &signed_headers, ",Signature=", &signature]
            .concat()
    }

    /// The list of signed headers, and the text whose hash is signed.
    fn canonical_request(&self) -> (String, String) {
        let mut signed_headers = String::new();
        let mut canonical = [self.method, "\n", self.path, "\n", self.query.as_str(), "\n"].concat();
        for one_name in self.sorted_headers().chunk_by(|(a, _), (b, _)| a == b) {
            let name = &one_name[0].0;
            signed_headers.extend([if signed_headers.is_empty() { "" } else { ";" }, name]);
            canonical.extend([name, ":"]);
            for (number, (_, value)) in one_name.iter().enumerate() {
                canonical.extend([if number == 0 { "" } else { "," }, value]);
            }
            canonical.push('\n');
        }
        canonical.extend(["\n", &signed_headers, "\n", self.body_sha256]);
        (signed_headers, canonical)
    }

    /// Names in lower case, values trimmed, sorted.
    fn sorted_headers(&self) -> Vec<(Cow<'_, str>, &str)> {
        let mut sorted: Vec<_> =
            self.headers.iter().map(|(name, value)| (in_lower_case(name), value.trim())).collect();
        sorted.sort_unstable();
        sorted
    }
}

fn in_lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// SHA-256 in lower-case hex.
fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentations_own_example_is_reproduced() {
        let query = Query::new([
            ("RegionId", "cn-shanghai"),
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ]);
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", EMPTY_BODY_SHA256),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ];
        let request = Signable {
            method: "POST",
            path: "/",
            query: &query,
            headers: &headers,
            body_sha256: EMPTY_BODY_SHA256,
        };
        let authorization = request.authorization("YourAccessKeyId", "YourAccessKeySecret");
        assert!(
            authorization
                .ends_with("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
            "{authorization}"
        );
    }

    #[test]
    fn values_of_one_header_are_sorted_and_joined() {
        let query = Query::default();
        let headers = [("X-Acs-A", " two "), ("host", "h"), ("x-acs-a", "one")];
        let request =
            Signable { method: "GET", path: "/", query: &query, headers: &headers, body_sha256: "hash" };
        let (signed, canonical) = request.canonical_request();
        assert_eq!(signed, "host;x-acs-a");
        assert_eq!(canonical, "GET\n/\n\nhost:h\nx-acs-a:one,two\n\nhost;x-acs-a\nhash");
    }
}
