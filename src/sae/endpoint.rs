//! Where SAE is asked: a URL in which `{region}` stands for the region, if it stands there at all.
//!
//! HTTPS only. Plain HTTP is for servers on this machine, which tests and demos have, and never through a
//! proxy. Every name under `localhost` is this machine (RFC 6761, section 6.3), so that `http://{region}.localhost:8080`
//! says there too which region is asked.

use std::str::FromStr;

use url::{Host, Url};

use crate::api::RegionId;
use crate::domain::text::without_users;

/// What stands for the region.
const REGION: &str = "{region}";
/// The name of this machine, and the end of others.
const LOCALHOST: &str = "localhost";
/// A region that no host is named after: with it the template is checked as a URL, and found in it again.
const ANY_REGION: &str = "any-region-whatever";

/// A checked endpoint template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    /// Where that is, `{region}` still in it.
    origin: Origin,
}

/// One place that requests are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// `https://host` or `http://host:port`, without a slash at the end.
    pub base: String,
    /// The value of the `Host` header: with the port unless it is the scheme's own.
    pub host: String,
    /// Whether it is plain HTTP on this machine.
    pub is_loopback: bool,
}

/// A text that is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no endpoint: {problem}; expected one such as https://sae.{{region}}.aliyuncs.com, \
     or http://127.0.0.1:8080 on this machine"
)]
pub struct InvalidEndpoint {
    text: String,
    problem: &'static str,
}

impl Endpoint {
    /// SAE's public endpoints.
    pub fn public() -> Self {
        let host = format!("sae.{REGION}.aliyuncs.com");
        let base = format!("https://{host}");
        Self { text: base.clone(), origin: Origin { base, host, is_loopback: false } }
    }

    /// The endpoint as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The endpoint where no region is known.
    pub(super) fn without_region(&self) -> Result<Origin, InvalidEndpoint> {
        if self.text.contains(REGION) {
            let problem = "no region is known to fill in; set ALIBABA_CLOUD_STS_REGION";
            return Err(InvalidEndpoint { text: self.text.clone(), problem });
        }
        Ok(self.origin.clone())
    }

    /// The endpoint of one region.
    pub(super) fn in_region(&self, region: &RegionId) -> Origin {
        self.origin.with(REGION, region.as_str())
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        // Any region shows whether the rest is right; regions are checked to be parts of host names.
        let template = text.trim().trim_end_matches('/');
        match origin(&template.replace(REGION, ANY_REGION)) {
            Ok(origin) => Ok(Self { text: template.to_owned(), origin: origin.with(ANY_REGION, REGION) }),
            Err(problem) => Err(InvalidEndpoint { text: without_users(text).into_owned(), problem }),
        }
    }
}

impl Origin {
    /// The same with one name in the place of another.
    fn with(&self, name: &str, other: &str) -> Self {
        let Self { base, host, is_loopback } = self;
        Self { base: base.replace(name, other), host: host.replace(name, other), is_loopback: *is_loopback }
    }
}

/// Checks a URL without path and query, and takes it apart.
pub(super) fn origin(text: &str) -> Result<Origin, &'static str> {
    if text.contains(['{', '}']) {
        return Err("{region} is the only placeholder");
    }
    let url = Url::parse(text).map_err(|_| "it is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a user or password does not belong there");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("it has a path or a query");
    }
    let name = url.host_str().ok_or("it has no host")?;
    let is_loopback = match url.scheme() {
        "https" => false,
        "http" if url.host().is_some_and(|host| is_loopback(&host)) => true,
        "http" => return Err("http:// is for 127.0.0.0/8, ::1 and localhost alone"),
        _ => return Err("the scheme is not https"),
    };
    // Resolvers need not know the names under it, so only the Host header says them.
    let reached = if is_loopback && is_under_localhost(name) { LOCALHOST } else { name };
    let with_port = |name: &str| match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    let base = format!("{}://{}", url.scheme(), with_port(reached));
    Ok(Origin { base, host: with_port(name), is_loopback })
}

/// Whether a host of a URL is this machine.
fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == LOCALHOST || is_under_localhost(name),
    }
}

fn is_under_localhost(name: &str) -> bool {
    name.strip_suffix(LOCALHOST).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Origin {
        let endpoint: Endpoint = text.parse().unwrap();
        endpoint.in_region(&"cn-beijing".parse().unwrap())
    }

    #[test]
    fn the_region_is_filled_in_where_it_stands() {
        assert_eq!(
            of("https://sae-vpc.{region}.aliyuncs.com/").base,
            "https://sae-vpc.cn-beijing.aliyuncs.com"
        );
        assert_eq!(of("https://sae.example.com:8443").host, "sae.example.com:8443");
        assert_eq!(of("https://sae.example.com:443").host, "sae.example.com", "the scheme's own port");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for here in ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://localhost:1"] {
            assert!(of(here).is_loopback, "{here}");
        }
        for elsewhere in
            ["http://sae.cn-hangzhou.aliyuncs.com", "http://10.0.0.1", "http://localhost.example.com"]
        {
            let error = elsewhere.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains("http:// is for"), "{error}");
        }
    }

    #[test]
    fn a_name_under_localhost_is_this_machine_and_says_the_region() {
        let beijing = of("http://{region}.localhost:8080");
        assert_eq!(beijing.base, "http://localhost:8080");
        assert_eq!(beijing.host, "cn-beijing.localhost:8080");
        assert!(beijing.is_loopback);
        let encrypted = of("https://{region}.localhost:8443");
        assert_eq!(encrypted.base, "https://cn-beijing.localhost:8443", "its certificate has that name");
        assert!("http://evil-localhost".parse::<Endpoint>().is_err());
    }

    #[test]
    fn a_refusal_shows_no_password() {
        let error = "https://bob:MARKED@sae.example.com".parse::<Endpoint>().unwrap_err().to_string();
        assert!(error.contains("https://sae.example.com") && !error.contains("MARKED"), "{error}");
    }

    #[test]
    fn a_refusal_says_what_would_be_right() {
        for bad in
            ["", "sae", "ftp://x", "https://x/path", "https://x?q", "https://u:p@x", "https://{zone}.x"]
        {
            let error = bad.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains("expected one such as https://sae.{region}.aliyuncs.com"), "{error}");
        }
    }
}
