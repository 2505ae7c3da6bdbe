//! SAE as the scheduler meets it: answers, latency, quota, faults, and a log of every call.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use saewatch::api::RegionId;
use saewatch::domain::{Named, ObservedGroup, ObservedInstance};
use saewatch::sae::{
    AbnormalInstances, ApplicationsCall, Ask, AvailabilityCall, Class, Error, GroupsCall, InstancesCall,
    ListedApplication, Operation, Page, StatusCall,
};
use tokio::time::{Instant, sleep};

use super::app::{App, Apps, number};
use super::availability::{Availability, Kind};
use super::diagnosis::Diagnoses;
use super::directory::Directory;

/// The regions of a world that has several.
pub const REGIONS: [&str; 8] = [
    "cn-hangzhou",
    "cn-shanghai",
    "cn-beijing",
    "cn-shenzhen",
    "cn-zhangjiakou",
    "cn-hongkong",
    "ap-southeast-1",
    "us-west-1",
];

/// How many instances the client asks a page to hold.
const PAGE_SIZE: u32 = 100;

/// One call as SAE saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it came, from the beginning of the world.
    pub at: Duration,
    pub operation: Operation,
    /// The application; none for a list of them.
    pub app: Option<String>,
    /// The region of a list of applications.
    pub region: Option<RegionId>,
    /// The name that is looked for.
    pub named: Option<Arc<Named>>,
    pub refused: Option<Class>,
    /// Whether a poll begins with it: it asks for the first page of the first group.
    pub is_first: bool,
}

/// What SAE does to the calls of a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub during: Range<Duration>,
    /// Which calls it hits; none: all.
    pub operation: Option<Operation>,
    /// Which application it hits; none: all.
    pub app: Option<String>,
    pub class: Class,
}

/// What SAE does with pages of ListApplications of more than 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageLimit {
    Refuse,
    Shorten,
}

/// What is wrong with one page of ListApplications.
#[derive(Debug, Clone)]
pub struct PageFault {
    pub during: Range<Duration>,
    /// Which page, from 1; none: all.
    pub page: Option<u32>,
    pub trouble: Trouble,
}

/// What can be wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trouble {
    /// SAE refuses it.
    Refused(Class),
    /// It does not come, until the client gives up.
    Hangs,
    /// Its last entries are missing.
    Cut,
    /// SAE counts so many more.
    Counts(u64),
}

/// The world's SAE.
pub struct Sae {
    beginning: Instant,
    latency: Duration,
    /// Calls that SAE allows in any 60 s.
    quota: Option<usize>,
    faults: Vec<Fault>,
    page_faults: Vec<PageFault>,
    /// How many applications each region has; none: one region has them all.
    per_region: Option<usize>,
    page_limit: Option<PageLimit>,
    directory: Directory,
    diagnoses: Mutex<Diagnoses>,
    state: Mutex<State>,
}

struct State {
    apps: Apps,
    availability: Availability,
    calls: Vec<Call>,
    /// When the calls of the last 60 s came that counted.
    counted: VecDeque<Instant>,
}

impl Sae {
    pub fn new(apps: Apps) -> Self {
        Self {
            beginning: Instant::now(),
            latency: Duration::from_millis(150),
            quota: None,
            faults: Vec::new(),
            page_faults: Vec::new(),
            directory: Directory::default(),
            diagnoses: Mutex::default(),
            per_region: None,
            page_limit: None,
            state: Mutex::new(State {
                availability: Availability::new(Kind::Empty, &apps, 0),
                apps,
                calls: Vec::new(),
                counted: VecDeque::new(),
            }),
        }
    }

    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    pub fn with_quota(self, quota: usize) -> Self {
        Self { quota: Some(quota), ..self }
    }

    pub fn with_faults(self, faults: Vec<Fault>) -> Self {
        Self { faults, ..self }
    }

    pub fn with_page_faults(self, page_faults: Vec<PageFault>) -> Self {
        Self { page_faults, ..self }
    }

    pub fn with_directory(self, directory: Directory) -> Self {
        Self { directory, ..self }
    }

    /// What GetAvailabilityMetric lists; nothing without.
    pub fn with_availability(self, kind: Kind, seed: u64) -> Self {
        self.set_availability(kind, seed);
        self
    }

    /// Lets GetAvailabilityMetric list something else from now on.
    pub fn set_availability(&self, kind: Kind, seed: u64) {
        let mut state = self.state();
        state.availability = Availability::new(kind, &state.apps, seed);
    }

    pub fn with_page_limit(self, limit: PageLimit) -> Self {
        Self { page_limit: Some(limit), ..self }
    }

    /// So many applications in each of [`REGIONS`], in their order.
    pub fn with_regions_of(self, applications: usize) -> Self {
        Self { per_region: Some(applications), ..self }
    }

    /// What is wrong with a page now.
    fn page_trouble(&self, page: u32) -> Option<Trouble> {
        let passed = self.passed();
        let here =
            |fault: &&PageFault| fault.page.is_none_or(|hit| hit == page) && fault.during.contains(&passed);
        self.page_faults.iter().find(here).map(|fault| fault.trouble)
    }

    /// Whether an application is in a region.
    fn is_in(&self, app: &str, region: &str) -> bool {
        self.per_region.is_none_or(|applications| REGIONS.get(number(app) / applications) == Some(&region))
    }

    /// How long the world has been going on.
    pub fn passed(&self) -> Duration {
        self.beginning.elapsed()
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How many calls of an operation came from a moment on.
    pub fn count(&self, operation: Operation, from: Duration) -> usize {
        self.state().calls.iter().filter(|call| call.operation == operation && call.at >= from).count()
    }

    pub(super) fn diagnoses(&self) -> MutexGuard<'_, Diagnoses> {
        self.diagnoses.lock().expect("no test panics while it holds the world")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the world")
    }

    /// Counts a call, lets time pass, and answers from how the world is then.
    pub(super) async fn serve<T>(
        &self,
        operation: Operation,
        app: Option<&str>,
        is_first: bool,
        answer: impl FnOnce(&Now) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.serve_list(operation, app, None, is_first, answer).await
    }

    async fn serve_list<T>(
        &self,
        operation: Operation,
        app: Option<&str>,
        list: Option<&ApplicationsCall>,
        is_first: bool,
        answer: impl FnOnce(&Now) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let refused = self.admit(operation, app, list, is_first);
        sleep(self.latency).await;
        if let Some(class) = refused {
            return Err(Error::new(operation.name(), class, "refused by the script"));
        }
        let passed = self.passed();
        answer(self.state().apps.at(passed))
    }

    fn admit(
        &self,
        operation: Operation,
        app: Option<&str>,
        list: Option<&ApplicationsCall>,
        is_first: bool,
    ) -> Option<Class> {
        let (at, now) = (self.passed(), Instant::now());
        let mut state = self.state();
        while state.counted.front().is_some_and(|counted| now - *counted >= Duration::from_secs(60)) {
            state.counted.pop_front();
        }
        let over = self.quota.is_some_and(|quota| state.counted.len() >= quota);
        let fault = self.faults.iter().find(|fault| {
            fault.during.contains(&at)
                && fault.operation.is_none_or(|hit| hit == operation)
                && fault.app.as_deref().is_none_or(|hit| Some(hit) == app)
        });
        let refused = if over { Some(Class::Throttled(None)) } else { fault.map(|fault| fault.class) };
        if !over {
            state.counted.push_back(now);
        }
        let (region, named) =
            (list.map(|list| list.region.clone()), list.and_then(|list| list.named.clone()));
        let app = app.map(str::to_owned);
        state.calls.push(Call { at, operation, app, region, named, refused, is_first });
        refused
    }
}

/// A page as it comes.
fn troubled(
    page: Page<ListedApplication>,
    trouble: Option<Trouble>,
) -> Result<Page<ListedApplication>, Error> {
    let Page { mut entries, total } = page;
    let refused = |class| Error::new(Operation::Applications.name(), class, "refused by the script");
    match trouble {
        None => Ok(Page { entries, total }),
        Some(Trouble::Refused(class)) => Err(refused(class)),
        Some(Trouble::Hangs) => Err(refused(Class::Transient(None))),
        Some(Trouble::Cut) => {
            entries.truncate(entries.len() / 2);
            Ok(Page { entries, total })
        }
        Some(Trouble::Counts(more)) => Ok(Page { entries, total: total.map(|total| total + more) }),
    }
}

type Now = BTreeMap<String, App>;

fn find<'a>(apps: &'a Now, operation: Operation, app: &str) -> Result<&'a App, Error> {
    apps.get(app).ok_or_else(|| Error::new(operation.name(), Class::NotFound, "no such application"))
}

impl Ask<InstancesCall> for Sae {
    async fn ask(&self, call: &InstancesCall, _: Duration) -> Result<Page<ObservedInstance>, Error> {
        let app = call.app.as_str();
        let is_first = call.group == "g-0" && call.page == 1;
        self.serve(Operation::Instances, Some(app), is_first, |apps| {
            let found = find(apps, Operation::Instances, app)?;
            if found.group_ids().all(|id| id != call.group) {
                return Err(Error::new(Operation::Instances.name(), Class::Invalid, "no such group"));
            }
            let numbers = PAGE_SIZE * (call.page - 1)..PAGE_SIZE * call.page;
            let instances = found.instances(app, &call.group, numbers);
            Ok(Page { entries: instances, total: Some(u64::from(found.wanted)) })
        })
        .await
    }
}

impl Ask<GroupsCall> for Sae {
    async fn ask(&self, call: &GroupsCall, _: Duration) -> Result<Page<ObservedGroup>, Error> {
        let app = call.app.as_str();
        self.serve(Operation::Groups, Some(app), false, |apps| {
            let all = find(apps, Operation::Groups, app)?.listed_groups();
            let page = all.into_iter().skip(100 * (call.page as usize - 1)).take(100);
            Ok(Page { entries: page.collect(), total: None })
        })
        .await
    }
}

impl Ask<ApplicationsCall> for Sae {
    async fn ask(
        &self,
        call: &ApplicationsCall,
        timeout: Duration,
    ) -> Result<Page<ListedApplication>, Error> {
        let trouble = self.page_trouble(call.page);
        if trouble == Some(Trouble::Hangs) {
            sleep(timeout).await;
        }
        self.serve_list(Operation::Applications, None, Some(call), false, |apps| {
            let is_over = call.page_size > 200;
            if is_over && self.page_limit == Some(PageLimit::Refuse) {
                return Err(Error::new(
                    Operation::Applications.name(),
                    Class::Invalid,
                    "PageSize is at most 200",
                ));
            }
            let page_size = if is_over && self.page_limit.is_some() { 200 } else { call.page_size };
            let call = ApplicationsCall { page_size, ..call.clone() };
            let is_here = |(app, _): &(&String, &App)| self.is_in(app, call.region.as_str());
            let apps = apps.iter().filter(is_here).map(|(app, state)| (app.clone(), *state)).collect();
            troubled(self.directory.page(&call, &apps, self.passed()), trouble)
        })
        .await
    }
}

impl Ask<StatusCall> for Sae {
    async fn ask(&self, call: &StatusCall, _: Duration) -> Result<bool, Error> {
        self.serve(Operation::Status, Some(call.app.as_str()), false, |_| Ok(false)).await
    }
}

impl Ask<AvailabilityCall> for Sae {
    async fn ask(&self, call: &AvailabilityCall, _: Duration) -> Result<Vec<AbnormalInstances>, Error> {
        let in_region = |apps: &Now| {
            let apps = apps.keys().filter(|app| self.is_in(app, call.region.as_str()));
            Ok(apps.cloned().collect::<Vec<_>>())
        };
        let asked = self.serve(Operation::Availability, None, false, in_region).await?;
        let passed = self.passed();
        Ok(self.state().availability.list(passed, &asked))
    }
}
