//! What each kind of identifier looks like: as a rule of the CRD, and as code that agrees with it.

/// What the texts of one kind of identifier look like.
pub trait Shape {
    /// The kind's name in messages and schemas.
    const WHAT: &'static str;
    /// What would be right, for messages.
    const EXPECTED: &'static str;
    /// The same as a CEL rule. A rule and not a `pattern`, so that the refusal is a sentence and not a regex.
    const RULE: &'static str;
    /// The longest text, in characters.
    const MAX_LENGTH: usize;
    /// Whether a text has the shape.
    fn fits(text: &str) -> bool;
}

/// The shape of application ids: 1 to 128 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Application {}

/// The shape of application names, as CreateApplication documents it: up to 36 letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplicationName {}

/// The shape of SAE's namespaces: the region, which is the id of its default namespace, and a part of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SaeNamespace {}

/// The shape of SAE's other ids, the same as that of application ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {}

/// The shape of the names of profiles: that of application ids. A file may hold others, which cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {}

/// The shape of regions: `^[a-z]{2}-[a-z0-9-]{1,61}$`. Regions come and go, and every list of them is out of
/// date, so only the shape is checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {}

/// The shape of account numbers: 5 to 20 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {}

/// The shape of the names of Kubernetes objects: a DNS subdomain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {}

/// The shape of the names of Kubernetes' namespaces: a DNS label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {}

/// The shape of the ARNs of RAM roles: `acs:ram::<account>:role/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {}

/// The shape of external ids, as AssumeRole takes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum External {}

const ID_RULE: &str = "self.matches('^[A-Za-z0-9._-]+$')";
const ID_EXPECTED: &str = "1 to 128 of A-Z a-z 0-9 . _ -";

fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn is_label(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().all(|b| is_letter(b) || b == b'-')
        && text.bytes().next().is_some_and(is_letter)
        && text.bytes().next_back().is_some_and(is_letter)
}

/// Whether an object of Kubernetes may have this name.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= Object::MAX_LENGTH && text.split('.').all(is_label)
}

impl Shape for Application {
    const WHAT: &'static str = "application id";
    const EXPECTED: &'static str = ID_EXPECTED;
    const RULE: &'static str = ID_RULE;
    const MAX_LENGTH: usize = 128;
    fn fits(text: &str) -> bool {
        is_id(text)
    }
}

impl Shape for ApplicationName {
    const WHAT: &'static str = "application name";
    const EXPECTED: &'static str =
        "1 to 36 of A-Z a-z 0-9 - that begins with a letter and ends with a letter or a digit";
    const RULE: &'static str = "self.matches('^[A-Za-z]([A-Za-z0-9-]{0,34}[A-Za-z0-9])?$')";
    const MAX_LENGTH: usize = 36;
    fn fits(text: &str) -> bool {
        text.len() <= Self::MAX_LENGTH
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
}

impl Shape for SaeNamespace {
    const WHAT: &'static str = "namespace id";
    const EXPECTED: &'static str =
        "a namespace of SAE such as cn-hangzhou:prod, or a region for its default namespace";
    const RULE: &'static str = "self.matches('^[a-z]{2}-[a-z0-9-]{1,61}(:[a-z0-9-]{1,32})?$')";
    const MAX_LENGTH: usize = 97;
    fn fits(text: &str) -> bool {
        let (region, own) = text.split_once(':').map_or((text, None), |(region, own)| (region, Some(own)));
        let is_own = |own: &str| {
            (1..=32).contains(&own.len())
                && own.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        Region::fits(region) && own.is_none_or(is_own)
    }
}

impl Shape for Part {
    const WHAT: &'static str = "SAE id";
    const EXPECTED: &'static str = ID_EXPECTED;
    const RULE: &'static str = ID_RULE;
    const MAX_LENGTH: usize = 128;
    fn fits(text: &str) -> bool {
        is_id(text)
    }
}

impl Shape for Profile {
    const WHAT: &'static str = "name of a profile";
    const EXPECTED: &'static str = ID_EXPECTED;
    const RULE: &'static str = ID_RULE;
    const MAX_LENGTH: usize = 128;
    fn fits(text: &str) -> bool {
        is_id(text)
    }
}

impl Shape for Region {
    const WHAT: &'static str = "region id";
    const EXPECTED: &'static str = "a region such as cn-hangzhou: two letters, a dash, up to 61 of a-z 0-9 -";
    const RULE: &'static str = "self.matches('^[a-z]{2}-[a-z0-9-]{1,61}$')";
    const MAX_LENGTH: usize = 64;
    fn fits(text: &str) -> bool {
        let Some((country, rest)) = text.split_at_checked(2) else { return false };
        let Some(rest) = rest.strip_prefix('-') else { return false };
        country.bytes().all(|b| b.is_ascii_lowercase())
            && (1..=61).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

impl Shape for Account {
    const WHAT: &'static str = "account id";
    const EXPECTED: &'static str = "5 to 20 digits";
    const RULE: &'static str = "self.matches('^[0-9]{5,20}$')";
    const MAX_LENGTH: usize = 20;
    fn fits(text: &str) -> bool {
        (5..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    }
}

impl Shape for Object {
    const WHAT: &'static str = "name of a SaeAccount";
    const EXPECTED: &'static str =
        "1 to 253 of a-z 0-9 - . that begins and ends with a letter or a digit, as in metadata.name";
    const RULE: &'static str =
        "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')";
    const MAX_LENGTH: usize = 253;
    fn fits(text: &str) -> bool {
        is_subdomain(text)
    }
}

impl Shape for Label {
    const WHAT: &'static str = "namespace of Kubernetes";
    const EXPECTED: &'static str = "1 to 63 of a-z 0-9 - that begins and ends with a letter or a digit";
    const RULE: &'static str = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')";
    const MAX_LENGTH: usize = 63;
    fn fits(text: &str) -> bool {
        text.len() <= Self::MAX_LENGTH && is_label(text)
    }
}

impl Shape for Role {
    const WHAT: &'static str = "ARN of a RAM role";
    const EXPECTED: &'static str =
        "acs:ram::<account id>:role/<name>, the name 1 to 256 of A-Z a-z 0-9 . _ / -";
    const RULE: &'static str = "self.matches('^acs:ram::[0-9]{5,20}:role/[A-Za-z0-9._/-]{1,256}$')";
    const MAX_LENGTH: usize = 291;
    fn fits(text: &str) -> bool {
        let Some((account, name)) = text.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"))
        else {
            return false;
        };
        Account::fits(account)
            && (1..=256).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
    }
}

impl Shape for External {
    const WHAT: &'static str = "external id";
    const EXPECTED: &'static str = "2 to 256 of A-Z a-z 0-9 = , . @ : / _ -";
    const RULE: &'static str = "self.matches('^[A-Za-z0-9=,.@:/_-]{2,256}$')";
    const MAX_LENGTH: usize = 256;
    fn fits(text: &str) -> bool {
        (2..=256).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"=,.@:/_-".contains(&b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The CEL rule speaks the same language as the code: both are asked about each text.
    fn agree<S: Shape>(good: &[&str], bad: &[&str]) {
        let pattern =
            S::RULE.strip_prefix("self.matches('").and_then(|rest| rest.strip_suffix("')")).unwrap();
        let pattern = regex::Regex::new(pattern).unwrap();
        let takes = |text: &str| pattern.is_match(text) && text.len() <= S::MAX_LENGTH;
        for text in good {
            assert!(S::fits(text) && takes(text), "{text:?}");
        }
        for text in bad {
            assert!(!S::fits(text) && !takes(text), "{text:?}");
        }
    }

    #[test]
    fn the_ids_of_an_account_have_their_shapes() {
        agree::<Account>(&["12345", "1234567890123456"], &["1234", "12345x", "", "123456789012345678901"]);
        agree::<Object>(
            &["prod", "a", "0", "team-a.prod"],
            &["", "-a", "a-", "A", "a..b", ".a", "a.", "a_b", &"a".repeat(254)],
        );
        agree::<Label>(
            &["shop", "0-a", "a", &"a".repeat(63)],
            &["", "-a", "a-", "a.b", "A", " a", &"a".repeat(64)],
        );
        agree::<Role>(
            &["acs:ram::12345:role/saewatch", "acs:ram::12345:role/team/a.b_c-d"],
            &[
                "",
                "acs:ram::12345:user/a",
                "acs:ram::1:role/a",
                "acs:ram::12345:role/",
                "acs:ram::12345:role/a b",
            ],
        );
        agree::<External>(&["ab", "A=b,c.d@e:f/g_h-i"], &["", "a", "a b", &"a".repeat(257)]);
    }

    #[test]
    fn names_and_namespaces_have_their_shapes() {
        let long = format!("a{}", "b".repeat(35));
        agree::<ApplicationName>(
            &["a", "shop", "Shop-2", "a--b", &long],
            &["", "-a", "a-", "2a", "a_b", "a.b", "é", "a b", &format!("{long}c")],
        );
        let own = "x".repeat(32);
        agree::<SaeNamespace>(
            &["cn-hangzhou", "cn-hangzhou:prod", "cn-hangzhou:a-1", &format!("cn-a:{own}")],
            &[
                "",
                "prod",
                "cn-hangzhou:",
                "cn-hangzhou:Prod",
                "cn-hangzhou:a:b",
                ":prod",
                &format!("cn-a:{own}x"),
            ],
        );
    }
}
