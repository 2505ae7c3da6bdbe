//! A label selector, as kubectl and the API server take it.

use std::collections::BTreeSet;

use kube::core::{Expression, Selector};

use super::shapes::is_subdomain;

/// Reads a selector, as far as to see that the API server will take it.
pub(crate) fn parse_selector(text: &str) -> Option<Selector> {
    let requirements: Option<Vec<Expression>> =
        split_outside_parentheses(text).map(parse_requirement).collect();
    requirements.map(Selector::from_iter)
}

/// Reads one requirement, as far as to see that the API server will take it.
fn parse_requirement(text: &str) -> Option<Expression> {
    let text = text.trim();
    if let Some((key, values)) = text.split_once(" notin ") {
        return Some(Expression::NotIn(parse_key(key)?, parse_values(values)?));
    }
    if let Some((key, values)) = text.split_once(" in ") {
        return Some(Expression::In(parse_key(key)?, parse_values(values)?));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some(Expression::NotEqual(parse_key(key)?, parse_value(value)?));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Expression::Equal(parse_key(key)?, parse_value(value)?));
    }
    match text.strip_prefix('!') {
        Some(key) => parse_key(key).map(Expression::DoesNotExist),
        None => parse_key(text).map(Expression::Exists),
    }
}

/// The name of a label: a part, behind a subdomain and a slash or alone.
fn parse_key(text: &str) -> Option<String> {
    let text = text.trim();
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    (domain.is_none_or(is_subdomain) && is_part(name)).then(|| text.to_owned())
}

fn parse_value(text: &str) -> Option<String> {
    if text.trim().is_empty() { Some(String::new()) } else { parse_part(text) }
}

fn parse_part(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| is_part(text))
}

/// Whether a label may have this value, or this name without a domain.
fn is_part(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| is_end(c) || matches!(c, '.' | '_' | '-'))
}

fn parse_values(text: &str) -> Option<BTreeSet<String>> {
    let values = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    values.split(',').map(parse_part).collect()
}

/// The requirements of a selector: commas inside parentheses separate values.
fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_what_kubectl_takes() {
        for good in [
            "team=shop",
            "team==shop,tier!=dev",
            "!legacy",
            "a.b/c",
            "env in (a, b),x",
            "env notin (a)",
            "x=",
        ] {
            assert!(parse_selector(good).is_some(), "{good}");
        }
        for bad in ["", ",", "a in", "a in b", "a in (b", "a=b=c", "a b", "=x", "a=(b)"] {
            assert!(parse_selector(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_selector_that_no_label_can_have_is_refused_as_the_api_server_refuses_it() {
        let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
        assert!(parse_selector(&format!("{longest}={longest}")).is_some());
        for bad in [
            "team=a/b",
            "team=-a",
            "team!=a.",
            "env in (a/b)",
            "a/b/c",
            "/a",
            "a/",
            "A/b",
            "!-x",
            &format!("a={too_long}"),
            &too_long,
        ] {
            assert!(parse_selector(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_selector_goes_to_the_api_server_as_it_was_meant() {
        for (text, sent) in [
            ("team=shop , tier != dev", "team=shop,tier!=dev"),
            ("team==shop", "team=shop"),
            ("env in (b, a),x", "env in (a,b),x"),
            ("env notin (a)", "env notin (a)"),
            ("! legacy,x=", "!legacy,x="),
        ] {
            assert_eq!(parse_selector(text).unwrap().to_string(), sent);
        }
    }
}
