//! What a request asks of `/sd`.

use std::num::NonZeroU16;

use kube::core::Selector;

use super::port::parse_port;
use crate::api::{InvalidId, Namespace, parse_selector};

/// What a request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The port of watches whose annotation names none.
    pub(super) port: Option<NonZeroU16>,
    /// Only watches in this namespace.
    pub(super) namespace: Option<Namespace>,
    /// Only watches with these labels.
    pub(super) selector: Option<Selector>,
}

/// Why a request is refused. A query that is half understood would give a list that lacks targets, and Prometheus would
/// believe it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidQuery {
    #[error("there is no parameter {0:?}: port, namespace and selector are known")]
    Unknown(String),
    #[error("the parameter {0} is given twice")]
    Repeated(&'static str),
    #[error("port={0:?} is no port: expected a number from 1 to 65535")]
    Port(String),
    #[error("namespace={0}")]
    Namespace(#[from] InvalidId),
    #[error("selector={0:?} is no label selector: expected one such as team=shop,tier!=dev or env in (a,b)")]
    Selector(String),
}

impl Query {
    /// Reads the query of a URL.
    pub(super) fn parse(query: &str) -> Result<Self, InvalidQuery> {
        let mut parsed = Self::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = || value.clone().into_owned();
            match &*key {
                "port" => {
                    let port = parse_port(&value()).ok_or_else(|| InvalidQuery::Port(value()))?;
                    set_once("port", &mut parsed.port, port)?;
                }
                "namespace" => set_once("namespace", &mut parsed.namespace, value().parse()?)?,
                "selector" => {
                    let selector = parse_selector(&value()).ok_or_else(|| InvalidQuery::Selector(value()))?;
                    set_once("selector", &mut parsed.selector, selector)?;
                }
                _ => return Err(InvalidQuery::Unknown(key.into_owned())),
            }
        }
        Ok(parsed)
    }
}

fn set_once<T>(name: &'static str, parameter: &mut Option<T>, value: T) -> Result<(), InvalidQuery> {
    match parameter.replace(value) {
        None => Ok(()),
        Some(_) => Err(InvalidQuery::Repeated(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_a_port_a_namespace_and_a_selector() {
        let query =
            Query::parse("port=9090&namespace=team-a&selector=env+in+%28a%2Cb%29,tier!%3Ddev").unwrap();
        let namespace = query.namespace.as_ref().map(Namespace::as_str);
        assert_eq!((query.port, namespace), (NonZeroU16::new(9090), Some("team-a")));
        assert_eq!(query.selector.unwrap().to_string(), "env in (a,b),tier!=dev");
        assert_eq!(Query::parse("").unwrap(), Query::default());
    }

    #[test]
    fn what_is_unknown_repeated_or_unreadable_is_refused_with_a_sentence() {
        for (query, sentence) in [
            ("ports=80", r#"there is no parameter "ports": port, namespace and selector are known"#),
            ("port=80&port=80", "the parameter port is given twice"),
            ("namespace=a&namespace=b", "the parameter namespace is given twice"),
            ("selector=a&selector=b", "the parameter selector is given twice"),
            ("port=0", r#"port="0" is no port: expected a number from 1 to 65535"#),
            ("port", r#"port="" is no port: expected a number from 1 to 65535"#),
            (
                "namespace=-a",
                r#"namespace="-a" is no namespace of Kubernetes: expected 1 to 63 of a-z 0-9 - that begins and ends with a letter or a digit"#,
            ),
            (
                "selector=a%20b",
                r#"selector="a b" is no label selector: expected one such as team=shop,tier!=dev or env in (a,b)"#,
            ),
        ] {
            assert_eq!(Query::parse(query).unwrap_err().to_string(), sentence);
        }
        for query in ["selector=%zz", "PORT=80", "namespace=", "namespace=Team%20A", "namespace=%FF"] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }
}
