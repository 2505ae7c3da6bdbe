//! The signature of a request: `ACS3-HMAC-SHA256`, Alibaba Cloud's "V3 request structure and signature".
//!
//! Pure: time, nonce and key come in, the `Authorization` header goes out.

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
        let string_to_sign = format!("{ALGORITHM}\n{}", sha256(canonical.as_bytes()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, key_secret.as_bytes());
        let signature = hex(hmac::sign(&key, string_to_sign.as_bytes()).as_ref());
        format!("{ALGORITHM} Credential={key_id},SignedHeaders={signed_headers},Signature={signature}")
    }

    /// The list of signed headers, and the text whose hash is signed.
    fn canonical_request(&self) -> (String, String) {
        let headers = self.canonical_headers();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let signed_headers = names.join(";");
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let lines = lines.concat();
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{signed_headers}\n{}",
            self.method,
            self.path,
            self.query.as_str(),
            self.body_sha256
        );
        (signed_headers, canonical)
    }

    /// Names in lower case, values trimmed, sorted, values of one name joined.
    fn canonical_headers(&self) -> Vec<(String, String)> {
        let mut sorted: Vec<(String, &str)> =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
        sorted.sort();
        let mut joined: Vec<(String, String)> = Vec::with_capacity(sorted.len());
        for (name, value) in sorted {
            match joined.last_mut() {
                Some((last, values)) if *last == name => {
                    values.push(',');
                    values.push_str(value);
                }
                _ => joined.push((name, value.to_owned())),
            }
        }
        joined
    }
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
