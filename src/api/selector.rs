//! A label selector, as kubectl and the API server take it.

use std::collections::BTreeSet;

use kube::core::{Expression, Selector};

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
        return Some(Expression::NotIn(parse_name(key)?, parse_values(values)?));
    }
    if let Some((key, values)) = text.split_once(" in ") {
        return Some(Expression::In(parse_name(key)?, parse_values(values)?));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Some(Expression::NotEqual(parse_name(key)?, parse_value(value)?));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Some(Expression::Equal(parse_name(key)?, parse_value(value)?));
    }
    match text.strip_prefix('!') {
        Some(key) => parse_name(key).map(Expression::DoesNotExist),
        None => parse_name(text).map(Expression::Exists),
    }
}

fn parse_name(text: &str) -> Option<String> {
    let text = text.trim();
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    (!text.is_empty() && text.chars().all(is_of_names)).then(|| text.to_owned())
}

fn parse_value(text: &str) -> Option<String> {
    if text.trim().is_empty() { Some(String::new()) } else { parse_name(text) }
}

fn parse_values(text: &str) -> Option<BTreeSet<String>> {
    let values = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    values.split(',').map(parse_name).collect()
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
