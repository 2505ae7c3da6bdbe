//! `NO_PROXY`, in the dialect of Go's tools, kubectl among them (golang.org/x/net/http/httpproxy).
//!
//! What an entry cannot mean there never matches, as there.

use std::net::IpAddr;

use ipnet::IpNet;

/// Which hosts are reached without a proxy.
#[derive(Debug, Clone, Default)]
pub(super) struct NoProxy(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// `*`
    Everything,
    /// This machine, which Go's tools never reach by a proxy of the environment.
    Loopback,
    Network(IpNet),
    Address(IpAddr, Port),
    /// A domain; `suffix` starts with its dot.
    Domain {
        suffix: String,
        itself: bool,
        port: Port,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Any,
    Only(u16),
}

impl NoProxy {
    /// The rules of a list of entries with commas between them.
    pub(super) fn read(text: &str) -> Self {
        let entries = text.split(',').map(|entry| entry.trim().to_lowercase());
        let rules = entries.filter(|entry| !entry.is_empty()).filter_map(|entry| Rule::read(&entry));
        Self([Rule::Loopback].into_iter().chain(rules).collect())
    }

    /// Whether a host is reached directly. An IPv6 address may stand in brackets.
    pub(super) fn contains(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        self.0.iter().any(|rule| rule.matches(&host, address, port))
    }
}

impl Rule {
    fn read(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = split_port(entry)?;
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let domain = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
        let (suffix, itself) =
            if domain.starts_with('.') { (domain.to_owned(), false) } else { (format!(".{domain}"), true) };
        (domain.len() > 1 || itself).then_some(Self::Domain { suffix, itself, port })
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match (self, address) {
            (Self::Everything, _) => true,
            (Self::Loopback, Some(address)) => address.is_loopback(),
            (Self::Loopback, None) => host == "localhost",
            (Self::Network(network), Some(address)) => network.contains(&address),
            (Self::Address(own, only), Some(address)) => *own == address && only.is(port),
            (Self::Domain { suffix, itself, port: only }, None) => {
                (host.ends_with(suffix) || *itself && host == &suffix[1..]) && only.is(port)
            }
            (Self::Network(_) | Self::Address(..), None) | (Self::Domain { .. }, Some(_)) => false,
        }
    }
}

impl Port {
    fn is(self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only == port,
        }
    }
}

/// Host and port of an entry; `None` where there is no host, or what stands for the port is none.
fn split_port(entry: &str) -> Option<(&str, Port)> {
    let (host, port) = match entry.rsplit_once(':') {
        // More colons outside of brackets are an IPv6 address.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        Some(_) | None => (entry, ""),
    };
    let is_bracketed = host.starts_with('[') && host.ends_with(']') && host.len() > 2;
    let host = if is_bracketed && host.len() < entry.len() { &host[1..host.len() - 1] } else { host };
    let port = if port.is_empty() { Port::Any } else { Port::Only(port.parse().ok()?) };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAE: &str = "sae.cn-hangzhou.aliyuncs.com";

    /// Each row as golang.org/x/net v0.61.0 answers it.
    #[test]
    fn it_is_read_as_gos_tools_read_it() {
        for (text, host, port, is_direct) in [
            ("*.aliyuncs.com", SAE, 443, true),
            (".aliyuncs.com", SAE, 443, true),
            ("aliyuncs.com", SAE, 443, true),
            ("ALIYUNCS.COM", SAE, 443, true),
            ("liyuncs.com", SAE, 443, false),
            (SAE, SAE, 443, true),
            (SAE, "SAE.cn-hangzhou.aliyuncs.com", 443, true),
            ("sae.cn-hangzhou.aliyuncs.com:443", SAE, 443, true),
            ("sae.cn-hangzhou.aliyuncs.com:80", SAE, 443, false),
            ("sae.cn-hangzhou.aliyuncs.com:", SAE, 443, true),
            ("sae.cn-hangzhou.aliyuncs.com:https", SAE, 443, false),
            ("*.aliyuncs.com:443", SAE, 443, true),
            (".cn-hangzhou.aliyuncs.com", "cn-hangzhou.aliyuncs.com", 443, false),
            ("*.cn-hangzhou.aliyuncs.com", "cn-hangzhou.aliyuncs.com", 443, false),
            ("*", SAE, 443, true),
            ("a.example, *", SAE, 443, true),
            ("*com", SAE, 443, false),
            ("", SAE, 443, false),
            (" , ,", SAE, 443, false),
            (":443", SAE, 443, false),
            (".", SAE, 443, false),
            ("10.1.2.3", "10.1.2.3", 443, true),
            ("10.1.2.3:443", "10.1.2.3", 443, true),
            ("10.1.2.3:6443", "10.1.2.3", 443, false),
            ("10.0.0.0/8", "10.1.2.3", 443, true),
            ("10.0.0.0/8", "11.1.2.3", 443, false),
            ("10.1.2.3/8", "10.9.9.9", 443, true),
            ("10.0.0.0/99", "10.0.0.0", 443, false),
            ("10.0.0.0/8", "10.example.com", 443, false),
            ("10.1.2", "10.1.2.3", 443, false),
            ("fd00::/8", "[fd00::1]", 443, true),
            ("fd00::1", "[fd00::1]", 443, true),
            ("[fd00::1]:443", "[fd00::1]", 443, true),
            ("[fd00::1]:80", "[fd00::1]", 443, false),
            ("[fd00::1]", "[fd00::1]", 443, false),
            ("", "127.9.9.9", 443, true),
            ("", "localhost", 443, true),
            ("", "[::1]", 443, true),
            ("", "localhost.example.com", 443, false),
        ] {
            assert_eq!(
                NoProxy::read(text).contains(host, port),
                is_direct,
                "NO_PROXY={text:?} {host}:{port}"
            );
        }
    }

    #[test]
    fn without_rules_nothing_is_reached_directly() {
        assert!(!NoProxy::default().contains("localhost", 443));
    }
}
