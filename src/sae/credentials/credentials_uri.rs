//! A server that hands out keys: `ALIBABA_CLOUD_CREDENTIALS_URI`.

use http::Method;
use url::{Host, Url};

use super::Keys;
use super::exchange::{Exchange, LOCAL_TIMEOUT};
use super::plan::{Found, Plan};
use crate::sae::transport::Outgoing;
use crate::sae::{Class, Environment, Error};

const URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
const OPERATION: &str = "credentials URI";

/// The URI, if it is set.
pub(super) fn find(environment: &Environment) -> Result<Found, String> {
    match environment.get(URI) {
        Some(uri) => {
            parse(&uri).map(|uri| Found::Plan(Plan::Uri(uri))).map_err(|problem| format!("{URI}: {problem}"))
        }
        None => Ok(Found::Nothing(format!("{URI} is not set"))),
    }
}

/// HTTPS to anywhere, plain HTTP to this machine, its link and its private network alone: keys come back in it.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    // The text itself may hold a token.
    let url = Url::parse(text.trim())
        .map_err(|_| "it is not a URL such as https://keys.example.com/".to_owned())?;
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_near(&host) => Ok(url),
        ("http", _) => Err("http:// is for loopback, link-local and private addresses alone".to_owned()),
        _ => Err("the scheme is neither https nor http".to_owned()),
    }
}

impl Exchange {
    pub(super) async fn keys_of_uri(&self, uri: &Url) -> Result<Keys, Error> {
        let failed = |problem: String| Error::new(OPERATION, Class::Transient(None), problem);
        let (answer, _) = self
            .transport
            .send(Outgoing {
                method: Method::GET,
                url: uri.as_str(),
                headers: &[("accept", "application/json")],
                body: None,
                timeout: LOCAL_TIMEOUT,
                direct: uri.scheme() == "http",
            })
            .await
            .map_err(failed)?;
        let status = answer.status;
        let issued = match status {
            200 => Self::issued(answer, "the credentials URI"),
            _ => Err("the server gives no keys".to_owned()),
        };
        issued.map_err(|problem| Error { status: Some(status), ..failed(problem) })
    }
}

fn is_near(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback() || address.is_link_local() || address.is_private(),
        Host::Ipv6(address) => {
            address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local()
        }
        // Any other name may lead anywhere.
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near() {
        for near in [
            "http://127.0.0.1:1/x",
            "http://localhost/x",
            "http://169.254.1.1/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://[::1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "https://keys.example.com/x?a=b%20c&d=%2F",
        ] {
            assert!(parse(near).is_ok(), "{near}");
        }
        for far in
            ["http://8.8.8.8/", "http://example.com/", "http://[2001:db8::1]/", "ftp://10.0.0.1/", "marked"]
        {
            let error = parse(far).unwrap_err();
            assert!(!error.contains("marked") && !error.contains("8.8.8.8"), "{error}");
        }
    }

    #[test]
    fn the_query_stays_as_it_was_written() {
        let uri = parse("http://127.0.0.1:18080/creds/path?a=b%20c&d=%2F").unwrap();
        assert_eq!(uri.query(), Some("a=b%20c&d=%2F"));
    }
}
