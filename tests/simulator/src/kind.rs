//! What kind of application it is: what the filters of ListApplications ask for.

use serde::{Deserialize, Serialize};

use crate::instance::Tag;

/// What tells applications apart beside name and namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The `AppSource`.
    pub source: AppSource,
    /// The tags.
    pub tags: Vec<Tag>,
    /// `IsStateful`.
    pub stateful: bool,
    /// `NewSaeVersion`: `lite`, `std` or `pro`.
    pub sae_version: String,
    /// `ProgrammingLanguage`, such as `java`.
    pub language: String,
}

/// The `AppSource` of an application: a filter, which no answer shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppSource {
    /// An application with groups and instances.
    #[default]
    MicroService,
    /// A web application.
    Web,
    /// A job.
    Job,
}

impl Kind {
    /// The value of a tag from now on; absent: no such tag.
    pub fn set_tag(&mut self, key: &str, value: Option<&str>) {
        self.tags.retain(|tag| tag.key != key);
        self.tags.extend(value.map(|value| Tag { key: key.to_owned(), value: value.to_owned() }));
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            source: AppSource::default(),
            tags: Vec::new(),
            stateful: false,
            sae_version: "std".to_owned(),
            language: "java".to_owned(),
        }
    }
}
