//! How a connection is made, the same for SAE's client and for Kubernetes': through which proxy, trusting which
//! certificate authorities, and what is said when it fails.
//!
//! # Layout
//! * `environment`: the variables of the process; `proxy`, `no_proxy`, `proxies`: what they say of proxies
//! * `connector`: opens a connection, by a `tunnel` where there is a proxy
//! * `trust`: the certificate authorities, read again when their files change
//! * `cause`: an error of a library in words, those about a `certificate` in sentences

mod cause;
mod certificate;
mod connector;
mod environment;
mod no_proxy;
mod proxies;
mod proxy;
mod trust;
mod tunnel;

pub(crate) use cause::{describe, next_cause};
pub(crate) use connector::Connector;
pub use environment::Environment;
pub(crate) use proxies::Proxies;
pub use proxy::InvalidProxy;
pub(crate) use proxy::Proxy;
pub use trust::TrustError;
pub(crate) use trust::tls;
