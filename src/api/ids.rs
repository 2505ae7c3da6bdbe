//! Identifiers as SAE takes them, checked once at the border.
//!
//! Every one of them ends up in a signed query, a metric label or a table, so a value that could not be an
//! identifier never gets past its constructor.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shapes::{
    Account, Application, ApplicationName, External, Label, Object, Part, Profile, Region, Role,
    SaeNamespace, Shape,
};

/// The id of an SAE application.
pub type AppId = Id<Application>;
/// The name of an SAE application.
pub type AppName = Id<ApplicationName>;
/// The id of a namespace of SAE.
pub type NamespaceId = Id<SaeNamespace>;
/// The id of a group, an instance or a pipeline.
pub type SaeId = Id<Part>;
/// An Alibaba Cloud region such as `cn-hangzhou`.
pub type RegionId = Id<Region>;
/// A profile of a credentials file, by its name.
pub type ProfileName = Id<Profile>;
/// The number of an Alibaba Cloud account.
pub type AccountId = Id<Account>;
/// The name of a `SaeAccount`.
pub type AccountName = Id<Object>;
/// A namespace of Kubernetes, by its name.
pub type Namespace = Id<Label>;
/// The ARN of a RAM role.
pub type RoleArn = Id<Role>;
/// The external id that is sent with AssumeRole.
pub type ExternalId = Id<External>;

/// A text of the shape `S`. Clones share it: everybody who keeps books on an application has its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<S>(Arc<str>, PhantomData<S>);

/// A text that is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}: expected {expected}")]
pub struct InvalidId {
    what: &'static str,
    text: String,
    expected: &'static str,
}

impl<S: Shape> Id<S> {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Id<SaeNamespace> {
    /// The region that the namespace belongs to.
    pub fn region(&self) -> RegionId {
        let region = self.0.split_once(':').map_or(&*self.0, |(region, _)| region);
        Id(region.into(), PhantomData)
    }
}

impl From<RegionId> for NamespaceId {
    /// The default namespace of a region.
    fn from(Id(region, _): RegionId) -> Self {
        Self(region, PhantomData)
    }
}

impl<S: Shape> std::str::FromStr for Id<S> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if S::fits(text) {
            Ok(Self(text.into(), PhantomData))
        } else {
            Err(InvalidId { what: S::WHAT, text: text.to_owned(), expected: S::EXPECTED })
        }
    }
}

impl<S> fmt::Display for Id<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S> Serialize for Id<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, S: Shape> Deserialize<'de> for Id<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<S: Shape> JsonSchema for Id<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        S::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": S::MAX_LENGTH,
            "x-kubernetes-validations": [{
                "rule": S::RULE,
                "message": format!("must be {}", S::EXPECTED),
            }]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_names_its_region_and_a_region_its_default_namespace() {
        let region: RegionId = "cn-hangzhou".parse().unwrap();
        for namespace in ["cn-hangzhou", "cn-hangzhou:prod"] {
            assert_eq!(namespace.parse::<NamespaceId>().unwrap().region(), region);
        }
        assert_eq!(NamespaceId::from(region).as_str(), "cn-hangzhou");
    }

    #[test]
    fn an_id_is_1_to_128_of_the_documented_characters() {
        assert!("demo-1_2.Z".parse::<AppId>().is_ok());
        assert!("a".repeat(128).parse::<AppId>().is_ok());
        for bad in ["", "a b", "a/b", "é", &"a".repeat(129)] {
            assert!(bad.parse::<AppId>().is_err(), "{bad:?}");
            assert!(bad.parse::<SaeId>().is_err(), "{bad:?}");
            assert!(bad.parse::<ProfileName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_region_has_a_shape_and_no_list() {
        for good in ["cn-hangzhou", "ap-southeast-1", "xx-n"] {
            assert!(good.parse::<RegionId>().is_ok(), "{good:?}");
        }
        let too_long = format!("cn-{}", "a".repeat(62));
        for bad in ["", "cn", "cn-", "CN-hangzhou", "c-n", "cn_hangzhou", "é-x", &too_long] {
            assert!(bad.parse::<RegionId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_wrong_and_what_would_be_right() {
        let error = "a b".parse::<AppId>().unwrap_err().to_string();
        assert_eq!(error, r#""a b" is no application id: expected 1 to 128 of A-Z a-z 0-9 . _ -"#);
    }
}
