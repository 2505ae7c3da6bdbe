//! Query strings by RFC 3986, written once and used twice: on the wire and under the signature.
//!
//! The gateway decodes the query and encodes it anew before it checks a signature. With one string for both
//! there is no value for which the two could differ; the official SDKs have several (a space, `*`, `'`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays, everything else becomes `%XX` with upper-case digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An encoded query string, sorted by name in byte order, as the signature wants it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query(String);

impl Query {
    /// Encodes names and values. An empty value keeps its name and its `=`.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        pairs.sort_by(|(a, x), (b, y)| (a.as_ref(), x.as_ref()).cmp(&(b.as_ref(), y.as_ref())));
        let mut query = String::new();
        for (name, value) in &pairs {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend(encode(name.as_ref()));
            query.push('=');
            query.extend(encode(value.as_ref()));
        }
        Self(query)
    }

    /// The string, without a leading `?`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One text, percent-encoded.
pub(super) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        let query = Query::new([("a", "AZaz09-_.~"), ("b", " *!'()/+:"), ("c", "é 空")]);
        assert_eq!(query.as_str(), "a=AZaz09-_.~&b=%20%2A%21%27%28%29%2F%2B%3A&c=%C3%A9%20%E7%A9%BA");
    }

    #[test]
    fn names_are_sorted_by_their_bytes() {
        let names = ["zeta", "Alpha", "_u", "AppId2", "a.b", "App-Id", "AppID", "AppId", "GroupId"];
        let query = Query::new(names.map(|name| (name, "")));
        assert_eq!(query.as_str(), "Alpha=&App-Id=&AppID=&AppId=&AppId2=&GroupId=&_u=&a.b=&zeta=");
    }
}
