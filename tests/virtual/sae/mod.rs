//! An SAE that a test writes the script of; `line` is how a life of the operator calls it, `diagnosis` what it says of an
//! application that is unwell.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use saewatch::domain::{ObservedGroup, ObservedInstance};
use saewatch::poll::Clock;
use saewatch::sae::{ApplicationsCall, Class, Error, ListedApplication, Operation, Page};

use self::history::{CallTrouble, History};
use self::line::Line;
use crate::life::Life;

mod diagnosis;
#[path = "../../support/history.rs"]
pub mod history;
mod line;

/// The group of an application that has one.
pub const GROUP: &str = "g-1";

/// The operations of a diagnosis.
pub const OF_DIAGNOSES: [Operation; 3] = [Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events];

/// SAE; clones are the same one.
#[derive(Clone)]
pub struct Sae {
    script: Arc<Mutex<Script>>,
    clock: Clock,
}

#[derive(Default)]
struct Script {
    applications: BTreeMap<String, Application>,
    calls: Vec<Asked>,
    trouble: Option<Error>,
    troubled: BTreeMap<String, Error>,
    quota: Option<usize>,
    /// The most applications on one page; 0: as many as are asked for.
    page_size: usize,
    list_troubles: Vec<(u32, ListTrouble)>,
    /// What it says of applications that are unwell.
    histories: BTreeMap<String, History>,
    call_troubles: BTreeMap<Operation, CallTrouble>,
    /// Draws how much longer than usual an answer takes.
    pace: Option<fastrand::Rng>,
}

/// An application as SAE runs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Application {
    pub groups: Vec<ObservedGroup>,
    pub instances: Vec<ObservedInstance>,
    pub stopped: bool,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub tags: Vec<(String, String)>,
    pub is_deleting: bool,
}

/// What goes wrong with one page of a list of applications.
#[derive(Debug, Clone)]
pub enum ListTrouble {
    /// It is answered with this error.
    Fail(Error),
    /// It is never answered.
    Hang,
    /// Half of its applications are left out.
    Cut,
    /// Its count is wrong by so much.
    Miscount(i64),
}

/// One call that SAE took.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub at: Timestamp,
    pub operation: Operation,
    pub app: String,
}

/// An instance that runs and is healthy.
pub fn healthy(id: &str) -> ObservedInstance {
    ObservedInstance {
        id: id.into(),
        group_id: Some(GROUP.into()),
        container: Some("Running".into()),
        health: Some("Healthy".into()),
        restarts: Some(0),
        image: Some("shop:1".into()),
        ..ObservedInstance::default()
    }
}

/// An instance whose container has this word.
pub fn instance(id: &str, container: &str) -> ObservedInstance {
    ObservedInstance { container: Some(container.into()), health: None, ..healthy(id) }
}

/// An instance whose readiness probe fails.
pub fn unready(id: &str, message: &str) -> ObservedInstance {
    ObservedInstance {
        health: Some("ReadinessUnhealthy".into()),
        message: Some(message.into()),
        ..healthy(id)
    }
}

impl Application {
    /// One group that wants as many instances as there are.
    pub fn of(instances: impl IntoIterator<Item = ObservedInstance>) -> Self {
        let instances: Vec<ObservedInstance> = instances.into_iter().collect();
        let replicas = i64::try_from(instances.len()).ok();
        Self { groups: vec![group(GROUP, replicas)], instances, ..Self::default() }
    }

    /// `count` healthy instances `i-0`, `i-1`, …
    pub fn healthy(count: usize) -> Self {
        Self::of((0..count).map(|number| healthy(&format!("i-{number}"))))
    }

    /// With an address for each instance.
    pub fn addressed(mut self) -> Self {
        for (number, instance) in self.instances.iter_mut().enumerate() {
            instance.ip = Some(format!("10.0.0.{number}").into());
        }
        self
    }

    /// Wants another number of instances.
    pub fn scale(&mut self, replicas: i64) {
        self.groups[0].replicas = Some(replicas);
    }
}

/// An application drawn with a letter for each instance, and a stroke between two groups: `RRC/U`. It wants `more`
/// instances than there are.
pub fn drawn(picture: &str, more: i64) -> Application {
    let mut application = Application::default();
    for (group_number, letters) in picture.split('/').enumerate() {
        let id = format!("g-{}", group_number + 1);
        let instances = letters.chars().enumerate().map(|(number, letter)| {
            let name = if group_number == 0 { format!("i-{number}") } else { format!("j-{number}") };
            ObservedInstance { group_id: Some(id.as_str().into()), ..lettered(&name, letter) }
        });
        application.instances.extend(instances);
        let staying = letters.chars().filter(|letter| *letter != 'T').count();
        let wanted = i64::try_from(staying).unwrap() + if group_number == 0 { more } else { 0 };
        application.groups.push(group(&id, Some(wanted.max(0))));
    }
    application
}

fn lettered(id: &str, letter: char) -> ObservedInstance {
    match letter {
        'R' => healthy(id),
        'U' => unready(id, "probe failed"),
        'C' => ObservedInstance { restarts: Some(3), ..instance(id, "CrashLoopBackOff") },
        'I' => instance(id, "ImagePullBackOff"),
        'S' => instance(id, "ContainerCreating"),
        'T' => instance(id, "Terminating"),
        'X' => instance(id, "Levitating"),
        'W' => ObservedInstance { health: Some("WithoutHealthCheckConfig".into()), ..healthy(id) },
        other => panic!("no instance looks like {other}"),
    }
}

/// An instance group.
pub fn group(id: &str, replicas: Option<i64>) -> ObservedGroup {
    ObservedGroup {
        id: id.into(),
        name: Some(format!("group {id}")),
        replicas,
        image: None,
        package_version: None,
    }
}

/// An answer that is an error, of the first operation that a poll makes.
pub fn error(class: Class, code: &str) -> Error {
    let error = Error::new("DescribeApplicationInstances", class, "as the test wants it");
    Error { code: Some(code.into()), status: Some(400), ..error }
}

impl Sae {
    pub fn new(clock: Clock) -> Self {
        Self { script: Arc::default(), clock }
    }

    /// Runs an application from now on, in place of the one it may have run under this id.
    pub fn run(&self, app: &str, application: Application) {
        self.script().applications.insert(app.into(), application);
    }

    /// Changes an application.
    pub fn change(&self, app: &str, change: impl FnOnce(&mut Application)) {
        change(self.script().applications.get_mut(app).unwrap());
    }

    /// Runs the same applications as another SAE.
    pub fn take_over(&self, other: &Self) {
        self.script().applications = other.script().applications.clone();
    }

    /// Lists so many applications a page at the most.
    pub fn clamp_pages(&self, page_size: usize) {
        self.script().page_size = page_size;
    }

    /// Meets each list of applications with this trouble at this page, until [`Sae::mend_lists`].
    pub fn trouble_lists(&self, page: u32, trouble: ListTrouble) {
        self.script().list_troubles.push((page, trouble));
    }

    /// Lists well again.
    pub fn mend_lists(&self) {
        self.script().list_troubles.clear();
    }

    /// How often the applications of a region were asked for, pages counted.
    pub fn list_calls(&self) -> usize {
        self.script().calls.iter().filter(|call| call.operation == Operation::Applications).count()
    }

    /// Forgets an application.
    pub fn delete(&self, app: &str) {
        self.script().applications.remove(app);
    }

    /// Answers every call with this error, until [`Sae::mend`].
    pub fn fail(&self, error: Error) {
        self.script().trouble = Some(error);
    }

    /// Answers every call about an application with this error, until [`Sae::mend`].
    pub fn fail_for(&self, app: &str, error: Error) {
        self.script().troubled.insert(app.into(), error);
    }

    /// Answers well again.
    pub fn mend(&self) {
        let mut script = self.script();
        script.trouble = None;
        script.troubled.clear();
        script.call_troubles.clear();
        script.quota = None;
    }

    /// Throttles what is above so many calls in 60 s.
    pub fn limit(&self, calls_per_minute: usize) {
        self.script().quota = Some(calls_per_minute);
    }

    /// Answers as slowly as a service across a network does, now and then very slowly. The same seed draws the same.
    pub fn take_its_time(&self, seed: u64) {
        self.script().pace = Some(fastrand::Rng::with_seed(seed));
    }

    /// Every call that came in.
    pub fn calls(&self) -> Vec<Asked> {
        self.script().calls.clone()
    }

    /// The most calls that came in within 60 s.
    pub fn most_in_a_minute(&self) -> usize {
        let script = self.script();
        let in_the_minute_from = |(first, call): (usize, &Asked)| {
            let end = call.at + Duration::from_secs(60);
            script.calls[first..].iter().take_while(|call| call.at < end).count()
        };
        script.calls.iter().enumerate().map(in_the_minute_from).max().unwrap_or_default()
    }

    /// How often the instances of an application were asked for.
    pub fn polls(&self, app: &str) -> usize {
        let is_poll = |call: &&Asked| call.app == app && call.operation == Operation::Instances;
        self.script().calls.iter().filter(is_poll).count()
    }

    /// SAE as one life of the operator reaches it.
    pub fn line(&self, life: &Life) -> Line {
        Line::new(self.clone(), life.clone())
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// Takes a call, and says what is wrong with it.
    fn admit(&self, operation: Operation, app: &str) -> Result<(), Error> {
        let mut script = self.script();
        let now = self.clock.now();
        script.calls.push(Asked { at: now, operation, app: app.into() });
        let minute_ago = now - Duration::from_secs(60);
        let lately = script.calls.iter().rev().take_while(|call| call.at > minute_ago).count();
        if script.quota.is_some_and(|quota| lately > quota) {
            return Err(error(Class::Throttled(None), "Throttling.User"));
        }
        let trouble = script.trouble.as_ref().or_else(|| script.troubled.get(app));
        trouble.map_or(Ok(()), |trouble| Err(trouble.clone()))
    }
}

impl Script {
    fn slower(&mut self) -> Duration {
        let milliseconds = self.pace.as_mut().map(|draw| match draw.u8(..) {
            0..4 => draw.u64(200..900),
            4.. => draw.u64(10..180),
        });
        Duration::from_millis(milliseconds.unwrap_or_default())
    }

    fn list_trouble(&self, page: u32) -> Option<ListTrouble> {
        let troubled = self.list_troubles.iter().find(|(troubled, _)| *troubled == page);
        troubled.map(|(_, trouble)| trouble.clone())
    }

    fn list(
        &self,
        call: &ApplicationsCall,
        trouble: Option<ListTrouble>,
    ) -> Result<Page<ListedApplication>, Error> {
        let asked = call.page_size as usize;
        let size = if self.page_size == 0 { asked } else { asked.min(self.page_size) };
        let before = (call.page as usize - 1) * size;
        let mut entries: Vec<ListedApplication> =
            self.applications.iter().skip(before).take(size).map(count).collect();
        let mut total = i64::try_from(self.applications.len()).unwrap();
        match trouble {
            Some(ListTrouble::Fail(error)) => return Err(error),
            Some(ListTrouble::Cut) => entries.truncate(entries.len() / 2),
            Some(ListTrouble::Miscount(by)) => total += by,
            Some(ListTrouble::Hang) | None => {}
        }
        Ok(Page { total: u64::try_from(total).ok(), entries })
    }

    fn application(&self, app: &str) -> Result<&Application, Error> {
        self.applications.get(app).ok_or_else(|| error(Class::NotFound, "InvalidAppId.NotFound"))
    }
}

fn count((app, application): (&String, &Application)) -> ListedApplication {
    let running = application.instances.iter().filter(|one| one.container.as_deref() == Some("Running"));
    ListedApplication {
        name: application.name.clone(),
        namespace: application.namespace.clone(),
        is_deleting: application.is_deleting,
        tags: application
            .tags
            .iter()
            .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
            .collect(),
        app: app.clone(),
        instances: application.groups.iter().map(|group| group.replicas).sum(),
        running: i64::try_from(running.count()).ok(),
    }
}
