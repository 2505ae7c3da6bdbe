//! An application as the control endpoint is given it: in a few words, all its instances running.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::application::Application;
use crate::instance::Tag;
use crate::kind::{AppSource, Kind};

/// An application; what is absent is as [`Application::new`] makes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Blueprint {
    name: Option<String>,
    region: Option<String>,
    /// With it the region is its part before the colon.
    namespace_id: Option<String>,
    #[serde(default)]
    app_source: AppSource,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    deleting: bool,
    /// Its canaries, by their ids.
    #[serde(default)]
    children: BTreeMap<String, Self>,
    #[serde(default)]
    stateful: bool,
    new_sae_version: Option<String>,
    programming_language: Option<String>,
    #[serde(default)]
    groups: Vec<GroupBlueprint>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupBlueprint {
    id: String,
    replicas: usize,
    /// By default as many as `replicas`.
    running: Option<usize>,
}

impl Blueprint {
    pub(crate) fn build(self, id: &str) -> Application {
        let kind = self.kind();
        let Self { name, region, namespace_id, deleting, children, groups, .. } = self;
        let mut application = Application::new(id).of_kind(kind);
        application.deleting = deleting;
        application.children = children.into_iter().map(|(id, child)| child.build(&id)).collect();
        if let Some(name) = name {
            application = application.named(&name);
        }
        if let Some(region) = region {
            application = application.in_region(&region);
        }
        if let Some(namespace) = namespace_id {
            application = application.in_namespace(&namespace);
        }
        for GroupBlueprint { id, replicas, running } in groups {
            application = application.group(&id, replicas).running(running.unwrap_or(replicas));
        }
        application
    }

    fn kind(&self) -> Kind {
        let tags = self.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        let usual = Kind::default();
        Kind {
            source: self.app_source,
            tags: tags.collect(),
            stateful: self.stateful,
            sae_version: self.new_sae_version.clone().unwrap_or(usual.sae_version),
            language: self.programming_language.clone().unwrap_or(usual.language),
        }
    }
}
