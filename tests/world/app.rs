//! Applications and what happens to them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use saewatch::domain::{ObservedGroup, ObservedInstance};

/// One application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App {
    pub groups: u32,
    /// How often its groups were made anew; with each time they have other ids.
    pub era: u32,
    /// Instances wanted of each group.
    pub wanted: u32,
    /// Instances that do not run, of the first group.
    pub down: u32,
    /// Instances that run and fail their readiness probe, of the first group.
    pub unready: u32,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, from the beginning of the world.
    pub at: Duration,
    pub app: usize,
    pub to: App,
}

impl App {
    /// An application of one group whose instances are all well.
    pub const fn well(wanted: u32) -> Self {
        Self { groups: 1, era: 0, wanted, down: 0, unready: 0 }
    }

    pub const fn is_well(&self) -> bool {
        self.down == 0 && self.unready == 0
    }

    pub fn group_ids(&self) -> impl Iterator<Item = String> {
        (self.era * 1000..self.era * 1000 + self.groups).map(|number| format!("g-{number}"))
    }

    pub fn listed_groups(&self) -> Vec<ObservedGroup> {
        let group = |id| ObservedGroup {
            id,
            name: None,
            replicas: Some(i64::from(self.wanted)),
            image: None,
            package_version: None,
        };
        self.group_ids().map(group).collect()
    }

    /// These of what DescribeApplicationInstances lists for one group. An instance that is down is listed as
    /// crashing.
    pub fn instances(&self, app: &str, group: &str, numbers: Range<u32>) -> Vec<ObservedInstance> {
        let (down, unready) = if group == "g-0" { (self.down, self.unready) } else { (0, 0) };
        let instance = |number: u32| {
            let container = if number < down { "CrashLoopBackOff" } else { "Running" };
            let health =
                if (down..down + unready).contains(&number) { "ReadinessUnhealthy" } else { "Healthy" };
            ObservedInstance {
                id: format!("{app}-{group}-{number}").into(),
                group_id: Some(group.into()),
                container: Some(container.into()),
                health: Some(health.into()),
                ..ObservedInstance::default()
            }
        };
        (numbers.start..numbers.end.min(self.wanted)).map(instance).collect()
    }

    pub fn total_wanted(&self) -> i64 {
        i64::from(self.wanted) * i64::from(self.groups)
    }

    pub fn running(&self) -> i64 {
        self.total_wanted() - i64::from(self.down)
    }
}

/// The name of an application.
pub fn name(app: usize) -> String {
    format!("app-{app:05}")
}

/// The number of an application with this name.
pub fn number(name: &str) -> usize {
    name.trim_start_matches("app-").parse().expect("the name of an application")
}

/// Applications, changing by their script.
#[derive(Debug, Clone)]
pub struct Apps {
    now: BTreeMap<String, App>,
    /// What is still to happen, the soonest last.
    script: Vec<Change>,
}

impl Apps {
    pub fn new(apps: Vec<App>, mut script: Vec<Change>) -> Self {
        script.sort_by_key(|change| std::cmp::Reverse(change.at));
        Self { now: apps.into_iter().enumerate().map(|(number, app)| (name(number), app)).collect(), script }
    }

    /// The applications as they are at a time.
    pub fn at(&mut self, passed: Duration) -> &BTreeMap<String, App> {
        while let Some(change) = self.script.pop_if(|change| change.at <= passed) {
            self.now.insert(name(change.app), change.to);
        }
        &self.now
    }
}
