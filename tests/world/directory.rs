//! What ListApplications lists: every application under its id as its name, unless a test says otherwise.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use saewatch::domain::Named;
use saewatch::sae::{ApplicationsCall, ListedApplication, Page};

use super::app::App;

/// The namespace of applications for which a test says nothing.
pub const NAMESPACE: &str = "cn-hangzhou";

/// One entry of the list, for some time.
#[derive(Debug, Clone)]
pub struct Entry {
    pub during: Range<Duration>,
    pub app: String,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub is_deleting: bool,
}

/// The list, and how it is answered.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// What is listed; `None`: all applications.
    pub entries: Option<Vec<Entry>>,
    /// Whether AppName and NamespaceId are ignored. Else the name may stand anywhere in the listed one, as with SAE.
    pub ignores_filter: bool,
    /// The most entries of a page, whatever was asked for; none: as asked.
    pub most_a_page: Option<usize>,
    /// Whether each page is of a list in another order.
    pub shuffles: bool,
}

impl Entry {
    /// An application with this name in this namespace.
    pub fn new(during: Range<Duration>, app: &str, name: &str, namespace: &str) -> Self {
        let (name, namespace) = (Some(name.to_owned()), Some(namespace.to_owned()));
        Self { during, app: app.to_owned(), name, namespace, is_deleting: false }
    }

    fn listed(&self, app: Option<&App>) -> ListedApplication {
        ListedApplication {
            app: self.app.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            is_deleting: self.is_deleting,
            tags: Box::default(),
            instances: app.map(App::total_wanted),
            running: app.map(App::running),
        }
    }

    /// Whether it is an application of exactly this name and namespace.
    pub fn is_named(&self, named: &Named) -> bool {
        self.name.as_deref() == Some(named.name.as_str())
            && self.namespace.as_deref() == Some(named.namespace.as_str())
            && !self.is_deleting
    }
}

impl Directory {
    /// The applications that the test says, and no others.
    pub fn of(entries: Vec<Entry>) -> Self {
        Self { entries: Some(entries), ..Self::default() }
    }

    /// One page, `passed` after the beginning of the world.
    pub fn page(
        &self,
        call: &ApplicationsCall,
        apps: &BTreeMap<String, App>,
        passed: Duration,
    ) -> Page<ListedApplication> {
        let all = || {
            apps.keys().map(|app| Entry::new(Duration::ZERO..Duration::MAX, app, app, NAMESPACE)).collect()
        };
        let entries = self.entries.clone().unwrap_or_else(all);
        let now = entries.iter().filter(|entry| entry.during.contains(&passed));
        let mut listed: Vec<ListedApplication> =
            now.map(|entry| entry.listed(apps.get(&entry.app))).collect();
        if let Some(named) = call.named.as_ref().filter(|_| !self.ignores_filter) {
            listed.retain(|one| {
                one.name.as_ref().is_some_and(|name| name.contains(named.name.as_str()))
                    && one.namespace.as_deref() == Some(named.namespace.as_str())
            });
        }
        let total = listed.len();
        if self.shuffles && total > 0 {
            listed.rotate_left((call.page as usize * 3) % total);
        }
        let size = self.most_a_page.unwrap_or(usize::MAX).min(call.page_size as usize);
        let entries = listed.into_iter().skip(size * (call.page as usize - 1)).take(size);
        Page { entries: entries.collect(), total: Some(total as u64) }
    }
}
