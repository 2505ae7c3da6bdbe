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

    /// The region that is asked. Only the name of the host says it: `sae.{region}.aliyuncs.com`, or here
    /// `{region}.localhost`. Absent behind any other name, where all regions are one.
    pub(crate) fn region(&self) -> Option<&str> {
        let host = self.host();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if let Some(region) = name.strip_suffix(".localhost") {
            return Some(region);
        }
        let service = name.strip_suffix(".aliyuncs.com")?;
        service.strip_prefix("sae.").or_else(|| service.strip_prefix("sae-vpc."))
    }

    /// The page of a list that is asked for; the first one unless it says otherwise.
    pub(crate) fn page(&self) -> Option<u32> {
        self.parameter("CurrentPage").unwrap_or("1").parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_says_which_region_is_asked() {
        for (host, region) in [
            ("cn-beijing.localhost:8080", Some("cn-beijing")),
            ("sae.cn-beijing.aliyuncs.com", Some("cn-beijing")),
            ("sae-vpc.cn-beijing.aliyuncs.com:443", Some("cn-beijing")),
            ("sts.cn-beijing.aliyuncs.com", None),
            ("localhost:8080", None),
            ("127.0.0.1:8080", None),
            ("[::1]:8080", None),
            ("", None),
        ] {
            let request = Request {
                method: "GET".to_owned(),
                path: "/".to_owned(),
                query: Vec::new(),
                headers: vec![("host".to_owned(), host.to_owned())],
                body: Bytes::new(),
            };
            assert_eq!(request.region(), region, "{host}");
        }
    }
}
