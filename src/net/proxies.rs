//! Which proxy leads to which host.

use http::Uri;

use super::no_proxy::NoProxy;
use super::{Environment, InvalidProxy, Proxy};

/// The proxies of the environment, one proxy for everything, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    https: Option<Proxy>,
    http: Option<Proxy>,
    no_proxy: NoProxy,
}

impl Proxies {
    /// Everything is reached directly.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Everything is reached through one proxy: what `proxy-url` says in a kubeconfig, where kubectl heeds no
    /// `NO_PROXY`.
    pub(crate) fn always(proxy: Proxy) -> Self {
        Self { https: Some(proxy.clone()), http: Some(proxy), no_proxy: NoProxy::default() }
    }

    /// What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, or their twins in lower case: the variables that Go's
    /// tools read, and in their order.
    pub(crate) fn new(environment: &Environment) -> Result<Self, InvalidProxy> {
        let get = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| environment.get(name).map(|value| (name, value)))
        };
        let proxy = |names| get(names).map(|(name, value)| Proxy::read(name, &value)).transpose();
        let no_proxy = get(["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default();
        Ok(Self {
            https: proxy(["HTTPS_PROXY", "https_proxy"])?,
            http: proxy(["HTTP_PROXY", "http_proxy"])?,
            no_proxy: NoProxy::read(&no_proxy),
        })
    }

    /// The proxy that leads to a URI; `None` where it is reached directly.
    pub(crate) fn to(&self, uri: &Uri) -> Option<&Proxy> {
        let (proxy, port) =
            if uri.scheme_str() == Some("http") { (&self.http, 80) } else { (&self.https, 443) };
        let is_direct = self.no_proxy.contains(uri.host()?, uri.port_u16().unwrap_or(port));
        proxy.as_ref().filter(|_| !is_direct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(variables: &[(&str, &str)], uri: &str) -> String {
        let proxies = Proxies::new(&Environment::of(variables.iter().copied())).unwrap();
        proxies.to(&uri.parse().unwrap()).map_or_else(|| "direct".into(), ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_own_proxy_and_upper_case_comes_first() {
        let both =
            [("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:2"), ("https_proxy", "http://l:3")];
        assert_eq!(way(&both, "https://sae.example.com/"), "s:1");
        assert_eq!(way(&both, "http://kube.example.com:8080/"), "p:2");
        assert_eq!(way(&both[2..], "https://sae.example.com/"), "l:3");
        assert_eq!(way(&both[1..2], "https://sae.example.com/"), "direct");
        assert_eq!(way(&both, "https://127.0.0.1:6443/"), "direct");
    }

    #[test]
    fn the_port_of_the_scheme_counts_where_none_is_written() {
        let proxy = ("HTTPS_PROXY", "http://s:1");
        assert_eq!(way(&[proxy, ("NO_PROXY", "sae.example.com:443")], "https://sae.example.com/"), "direct");
        assert_eq!(
            way(&[proxy, ("no_proxy", "sae.example.com:443")], "https://sae.example.com:8443/"),
            "s:1"
        );
    }

    #[test]
    fn a_proxy_for_everything_leads_to_this_machine_too() {
        let proxies = Proxies::always("proxy:3128".parse().unwrap());
        assert!(proxies.to(&"https://127.0.0.1:6443/".parse().unwrap()).is_some());
        assert!(Proxies::none().to(&"https://sae.example.com/".parse().unwrap()).is_none());
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_refused_by_its_name() {
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            let error = Proxies::new(&Environment::of([(name, "not a url")])).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
