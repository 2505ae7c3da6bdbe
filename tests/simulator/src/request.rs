//! A request as the gateway sees it: the query is decoded first, because the signature covers its meaning
//! and not its wire form (one client writes a space as `+`, another as `%20`).

use bytes::Bytes;

/// One HTTP request, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As on the wire, percent-encoding untouched.
    pub(crate) path: String,
    /// Decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(head: &hyper::http::request::Parts, body: Bytes) -> Self {
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: decode_pairs(head.uri.query().unwrap_or_default().as_bytes()),
            headers: headers.collect(),
            body,
        }
    }

    /// The first header of that name (lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that is present and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// The fields of a form body; nothing for any other body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let is_form = self
            .header("content-type")
            .is_some_and(|kind| kind.trim_start().starts_with("application/x-www-form-urlencoded"));
        if is_form { decode_pairs(&self.body) } else { Vec::new() }
    }

    /// The endpoint the client believes it talks to, as error bodies repeat it.
    pub(crate) fn host(&self) -> &str {
        self.header("host").unwrap_or_default()
    }
}

/// The value of a pair that is present and not empty.
pub(crate) fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

fn decode_pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
