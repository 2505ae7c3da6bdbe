//! The applications of one account, and how available each was in the last hour.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::application::Application;
use crate::availability::Availability;

/// How far back an availability can be asked for.
const KEPT: Duration = Duration::from_hours(1);

/// The applications by id.
#[derive(Debug, Default)]
pub(crate) struct Applications {
    by_id: BTreeMap<String, Application>,
    /// What was true before, oldest first, of those that changed within the last hour.
    past: BTreeMap<String, VecDeque<Past>>,
}

/// How available an application was until it changed; absent: it did not exist.
#[derive(Debug)]
struct Past {
    until: Instant,
    availability: Option<Availability>,
}

impl Applications {
    pub(crate) fn get(&self, id: &str) -> Option<&Application> {
        self.by_id.get(id)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Application> {
        self.by_id.values()
    }

    /// Adds an application, or replaces the one of the same id.
    pub(crate) fn put(&mut self, application: Application, now: Instant) {
        let id = application.id.clone();
        let before = self.availability(&id);
        self.by_id.insert(id.clone(), application);
        self.note(&id, before, now);
    }

    /// Changes an application, if there is one of that id.
    pub(crate) fn change<T>(
        &mut self,
        id: &str,
        now: Instant,
        change: impl FnOnce(&mut Application) -> T,
    ) -> Option<T> {
        let before = self.availability(id);
        let changed = change(self.by_id.get_mut(id)?);
        self.note(id, before, now);
        Some(changed)
    }

    /// Deletes an application; whether there was one.
    pub(crate) fn remove(&mut self, id: &str, now: Instant) -> bool {
        let before = self.availability(id);
        let existed = self.by_id.remove(id).is_some();
        self.note(id, before, now);
        existed
    }

    /// How available each application was then, by id; as far back as an hour.
    pub(crate) fn availability_at(&self, then: Instant) -> Vec<Availability> {
        let ids: BTreeSet<_> = self.by_id.keys().chain(self.past.keys()).collect();
        let at = |id: &String| {
            let past = self.past.get(id).into_iter().flatten().find(|past| then < past.until);
            past.map_or_else(|| self.availability(id), |past| past.availability.clone())
        };
        ids.into_iter().filter_map(at).collect()
    }

    fn availability(&self, id: &str) -> Option<Availability> {
        self.by_id.get(id).map(Availability::of)
    }

    fn note(&mut self, id: &str, before: Option<Availability>, now: Instant) {
        if before == self.availability(id) {
            return;
        }
        let past = self.past.entry(id.to_owned()).or_default();
        while past.pop_front_if(|past| now.duration_since(past.until) > KEPT).is_some() {}
        past.push_back(Past { until: now, availability: before });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// Ids and numbers of failing instances, as they were then.
    fn seen(applications: &Applications, then: Instant) -> Vec<(String, usize)> {
        let all = applications.availability_at(then);
        all.into_iter().map(|one| (one.app, one.failing)).collect()
    }

    #[test]
    fn the_past_is_what_was_true_then_and_the_present_what_is_true_now() {
        let start = Instant::now();
        let mut applications = Applications::default();
        applications.put(Application::new("shop").group("g-1", 2).running(2), start + seconds(10));
        applications.change("shop", start + seconds(20), |app| app.instance(0).fail_readiness());
        applications.change("shop", start + seconds(30), |app| app.instance(1).crash());
        applications.remove("shop", start + seconds(40));

        let failing = |count| vec![("shop".to_owned(), count)];
        assert_eq!(seen(&applications, start + seconds(9)), []);
        assert_eq!(seen(&applications, start + seconds(10)), failing(0));
        assert_eq!(seen(&applications, start + seconds(29)), failing(1));
        assert_eq!(seen(&applications, start + seconds(30)), failing(2));
        assert_eq!(seen(&applications, start + seconds(40)), []);
    }

    #[test]
    fn what_is_older_than_an_hour_is_forgotten() {
        let start = Instant::now();
        let mut applications = Applications::default();
        for minute in 0..180 {
            let now = start + seconds(60 * minute);
            applications
                .put(Application::new("shop").group("g-1", 1).running(usize::from(minute % 2 == 0)), now);
        }
        assert_eq!(applications.past["shop"].len(), 61);
    }
}
