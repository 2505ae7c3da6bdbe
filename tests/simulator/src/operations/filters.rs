//! The filters of ListApplications: which applications a call asks for.

use serde::Deserialize;

use super::Question;
use crate::application::Application;
use crate::instance::Tag;
use crate::kind::AppSource;
use crate::refusal::{self, Refusal};

/// What a call asks for; what is absent lets everything through.
#[derive(Debug)]
pub(super) struct Filters<'a> {
    field: Field<'a>,
    name: Option<&'a str>,
    namespace: Option<&'a str>,
    source: Option<AppSource>,
    tags: Vec<Tag>,
    stateful: Option<bool>,
    sae_version: Option<&'a str>,
    language: Option<&'a str>,
}

/// `FieldType` and `FieldValue`.
#[derive(Debug)]
enum Field<'a> {
    Any,
    AppName(&'a str),
    AppIds(&'a str),
    InstanceIps(&'a str),
    /// No application here has a load balancer.
    SlbIps,
}

/// A tag as it is asked for: with small letters, unlike one that is answered.
#[derive(Debug, Deserialize)]
struct AskedTag {
    key: String,
    value: String,
}

impl<'a> Filters<'a> {
    pub(super) fn read(question: Question<'a>) -> Result<Self, Refusal> {
        let text = |parameter| question.request.parameter(parameter);
        Ok(Self {
            field: Field::read(question)?,
            name: text("AppName"),
            namespace: text("NamespaceId"),
            source: question.source()?,
            tags: tags(text("Tags").unwrap_or("[]"))?,
            stateful: text("IsStateful").map(|_| question.flag("IsStateful")).transpose()?,
            sae_version: text("NewSaeVersion").map(sae_version).transpose()?,
            language: text("ProgrammingLanguage"),
        })
    }

    pub(super) fn let_through(&self, application: &Application) -> bool {
        let kind = &application.kind;
        let equals = |asked: Option<&str>, value: &str| asked.is_none_or(|asked| asked == value);
        self.field.lets_through(application)
            && self.name.is_none_or(|name| is_like(&application.name, name))
            && equals(self.namespace, &application.namespace)
            && self.source.is_none_or(|source| source == kind.source)
            && self.tags.iter().all(|tag| kind.tags.contains(tag))
            && self.stateful.is_none_or(|stateful| stateful == kind.stateful)
            && equals(self.sae_version, &kind.sae_version)
            && equals(self.language, &kind.language)
    }
}

impl<'a> Field<'a> {
    fn read(question: Question<'a>) -> Result<Self, Refusal> {
        let value = question.request.parameter("FieldValue").unwrap_or_default();
        match question.request.parameter("FieldType") {
            None => Ok(Self::Any),
            Some("appName") => Ok(Self::AppName(value)),
            Some("appIds") => Ok(Self::AppIds(value)),
            Some("instanceIps") => Ok(Self::InstanceIps(value)),
            Some("slbIps") => Ok(Self::SlbIps),
            Some(other) => Err(refusal::invalid_parameter(format_args!("FieldType: {other}"))),
        }
    }

    fn lets_through(&self, application: &Application) -> bool {
        let among = |list: &str, wanted: &str| list.split(',').any(|one| one.trim() == wanted);
        match self {
            Self::Any => true,
            Self::AppName(name) => is_like(&application.name, name),
            Self::AppIds(ids) => among(ids, &application.id),
            Self::InstanceIps(addresses) => {
                application.instances().any(|instance| among(addresses, &instance.instance_container_ip))
            }
            Self::SlbIps => false,
        }
    }
}

/// No page says how names are compared. This is the least exact that a server is likely to be, a database's `LIKE`: a
/// client that wants one application must compare by itself.
fn is_like(name: &str, asked: &str) -> bool {
    name.to_ascii_lowercase().contains(&asked.to_ascii_lowercase())
}

fn sae_version(text: &str) -> Result<&str, Refusal> {
    match text {
        "lite" | "std" | "pro" => Ok(text),
        other => Err(refusal::invalid_parameter(format_args!("NewSaeVersion: {other}"))),
    }
}

/// `[{"key": "…", "value": "…"}]`.
fn tags(text: &str) -> Result<Vec<Tag>, Refusal> {
    let asked: Vec<AskedTag> = serde_json::from_str(text)
        .map_err(|error| refusal::invalid_parameter(format_args!("Tags: {error}")))?;
    Ok(asked.into_iter().map(|AskedTag { key, value }| Tag { key, value }).collect())
}
