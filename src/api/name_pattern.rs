//! Which names of applications a set means.

use super::ids::Id;
use super::shapes::Shape;

/// The name of an application, or several of them: `*` stands for any characters, also for none.
pub type NamePattern = Id<ApplicationNames>;

/// The shape of patterns of application names: 1 to 64 of `A-Z a-z 0-9 - *`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplicationNames {}

impl Shape for ApplicationNames {
    const WHAT: &'static str = "pattern of application names";
    const EXPECTED: &'static str = "1 to 64 of A-Z a-z 0-9 - and * for any characters, such as shop-*";
    const RULE: &'static str = "self.matches('^[A-Za-z0-9*-]+$')";
    const MAX_LENGTH: usize = 64;
    fn fits(text: &str) -> bool {
        (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'*'))
    }
}

impl NamePattern {
    /// Whether it stands for this name. Case counts, as it does in SAE.
    pub fn matches(&self, name: &str) -> bool {
        let Some((beginning, rest)) = self.as_str().split_once('*') else { return self.as_str() == name };
        let Some(mut name) = name.strip_prefix(beginning) else { return false };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        // The first place of each part is as good as any: what it leaves is the most.
        for part in middle.split('*').filter(|part| !part.is_empty()) {
            let Some(at) = name.find(part) else { return false };
            name = &name[at + part.len()..];
        }
        name.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        pattern.parse::<NamePattern>().unwrap().matches(name)
    }

    #[test]
    fn a_star_stands_for_any_characters_also_for_none() {
        for (pattern, good, bad) in [
            ("shop", &["shop"][..], &["Shop", "shops", "sho", ""][..]),
            ("*", &["shop", ""], &[]),
            ("shop-*", &["shop-", "shop-a", "shop-a-b"], &["shop", "my-shop-a"]),
            ("*-prod", &["shop-prod", "-prod"], &["prod", "shop-prod-1"]),
            ("a*b*c", &["abc", "a-b-c", "abbcc"], &["ac", "acb", "abcd"]),
            ("a*a", &["aa", "aba"], &["a"]),
            ("**", &["", "a"], &[]),
        ] {
            for name in good {
                assert!(matches(pattern, name), "{pattern} {name}");
            }
            for name in bad {
                assert!(!matches(pattern, name), "{pattern} {name}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_pattern_means_what_the_same_regex_does(pattern in "[ab*]{1,8}", name in "[ab]{0,10}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
            prop_assert_eq!(matches(&pattern, &name), regex.is_match(&name));
        }
    }
}
