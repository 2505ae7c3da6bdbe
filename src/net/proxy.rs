//! One proxy: where it is, which protocol it speaks, and as whom it is asked.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A checked address of a proxy. Displayed as `host:port`, never with its user.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    protocol: Protocol,
    /// Where the connection to it goes, without its user.
    uri: Uri,
    user: Option<User>,
}

/// What is spoken to a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP CONNECT, in the clear or within TLS: the scheme of the URI says which.
    Connect,
    /// SOCKS version 5. The proxy resolves names.
    Socks5,
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    password: SecretString,
}

/// A text that is no address of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{source_name} is not the address of a proxy: {problem}; expected one such as http://proxy.example.com:3128"
)]
pub struct InvalidProxy {
    source_name: String,
    problem: &'static str,
}

impl Proxy {
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (name, password) = self.user()?;
        let mut value =
            HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}"))))
                .ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Its user and password.
    pub(super) fn user(&self) -> Option<(&str, &str)> {
        self.user.as_ref().map(|user| (user.name.as_str(), user.password.expose_secret()))
    }

    /// Reads the value that a variable or a field of this name has.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, InvalidProxy> {
        text.parse().map_err(|problem| InvalidProxy { source_name: name.to_owned(), problem })
    }
}

impl FromStr for Proxy {
    type Err = &'static str;

    /// A URL, or `host:port` as a proxy of plain HTTP: the two forms that Go's tools take. The text is never quoted,
    /// since it may hold a password.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_URL: &str = "it is neither a URL nor host:port";
        let text = text.trim();
        let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
        let url = url.map_err(|_| NO_URL)?;
        let (protocol, scheme, port) = match url.scheme() {
            "http" => (Protocol::Connect, "http", 80),
            "https" => (Protocol::Connect, "https", 443),
            "socks5" | "socks5h" => (Protocol::Socks5, "http", 1080),
            _ => return Err("its scheme is none of http, https and socks5"),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
        let uri = format!("{scheme}://{host}:{}/", url.port().unwrap_or(port)).parse().map_err(|_| NO_URL)?;
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let is_asked_as_somebody = !url.username().is_empty() || url.password().is_some();
        let user = is_asked_as_somebody.then(|| User {
            name: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()).into(),
        });
        Ok(Self { protocol, uri, user })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri.authority().map_or("", |authority| authority.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_url_or_host_and_port_as_gos_tools_take_it() {
        for (text, protocol, uri) in [
            ("http://proxy.example.com", Protocol::Connect, "http://proxy.example.com:80/"),
            ("https://proxy.example.com/", Protocol::Connect, "https://proxy.example.com:443/"),
            ("proxy.example.com:3128", Protocol::Connect, "http://proxy.example.com:3128/"),
            ("10.0.0.1:3128", Protocol::Connect, "http://10.0.0.1:3128/"),
            ("http://[fd00::1]:3128", Protocol::Connect, "http://[fd00::1]:3128/"),
            ("socks5://proxy.example.com", Protocol::Socks5, "http://proxy.example.com:1080/"),
            ("socks5h://127.0.0.1:9", Protocol::Socks5, "http://127.0.0.1:9/"),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!((proxy.protocol(), proxy.uri().to_string().as_str()), (protocol, uri), "{text}");
            assert!(proxy.user().is_none());
        }
    }

    #[test]
    fn its_user_is_decoded_and_in_no_text() {
        let proxy = Proxy::read("HTTPS_PROXY", "bob:p%40ss:MARKED@proxy:3128").unwrap();
        assert_eq!(proxy.user(), Some(("bob", "p@ss:MARKED")));
        assert_eq!(proxy.to_string(), "proxy:3128");
        assert!(!format!("{proxy:?}").contains("MARKED"), "{proxy:?}");
        let value = proxy.authorization().unwrap();
        assert_eq!(value.to_str().unwrap(), "Basic Ym9iOnBAc3M6TUFSS0VE");
        assert!(value.is_sensitive());
    }

    #[test]
    fn anything_else_is_refused_by_name_and_not_quoted() {
        for text in
            ["not a url", "ftp://u:MARKED@proxy", "http://", "http://u:MARKED@pro xy", "socks5://", "://x"]
        {
            let error = Proxy::read("HTTPS_PROXY", text).unwrap_err().to_string();
            assert!(error.starts_with("HTTPS_PROXY is not the address of a proxy: "), "{error}");
            assert!(error.contains("http://proxy.example.com:3128") && !error.contains("MARKED"), "{error}");
        }
    }
}
