//! One application with its groups and instances: built in a sentence, changed while the simulator runs.
//!
//! ```
//! use sae_simulator::Application;
//!
//! let mut shop = Application::new("demo-shop").group("g-1", 4).running(4);
//! shop.instance(0).crash();
//! assert_eq!(shop.running_instances(), 3);
//! ```

use crate::deploy::Rollout;
use crate::history::{AppEvent, ChangeOrder};
use crate::instance::{self, Instance};
use crate::kind::Kind;

/// An application of SAE.
#[derive(Clone, Debug)]
pub struct Application {
    /// The `AppId`.
    pub id: String,
    /// The `AppName`; unless set the id, or one made from it where SAE would not take that as a name.
    pub name: String,
    /// The `RegionId`.
    pub region: String,
    /// The `NamespaceId`; by default the region's own.
    pub namespace: String,
    /// What else the filters of a list ask for.
    pub kind: Kind,
    /// Whether it is being deleted: still listed, with `AppDeletingStatus`.
    pub deleting: bool,
    /// Its canaries, which a list shows as `Children` in its row and nowhere else.
    pub children: Vec<Self>,
    /// The image that new instances run.
    pub image: String,
    /// The package version of new instances.
    pub package_version: String,
    /// Whether it has probes.
    pub probed: bool,
    /// Whether it was stopped: no instances, `CurrentStatus` STOPPED; the wanted counts stay.
    pub stopped: bool,
    /// Its groups, in the order SAE lists them.
    pub groups: Vec<Group>,
    /// Its change orders, the newest last.
    pub change_orders: Vec<ChangeOrder>,
    /// Events of the cluster below it, beside those of its unwell instances.
    pub events: Vec<AppEvent>,
    /// A deploy under way.
    pub(crate) rollout: Option<Rollout>,
    /// Instances made so far: gives each its own name and address.
    made: u32,
}

/// A group of instances.
#[derive(Clone, Debug)]
pub struct Group {
    /// The `GroupId`.
    pub id: String,
    /// The `GroupName`.
    pub name: String,
    /// How many instances are wanted.
    pub replicas: usize,
    /// The instances there are.
    pub instances: Vec<Instance>,
}

// Building.
impl Application {
    /// An application without groups in `cn-hangzhou`, with probes.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: default_name(id),
            region: "cn-hangzhou".to_owned(),
            namespace: "cn-hangzhou".to_owned(),
            kind: Kind::default(),
            deleting: false,
            children: Vec::new(),
            image: "registry-vpc.cn-hangzhou.aliyuncs.com/demo/shop:v1".to_owned(),
            package_version: "1609939496200".to_owned(),
            probed: true,
            stopped: false,
            groups: Vec::new(),
            change_orders: Vec::new(),
            events: Vec::new(),
            rollout: None,
            made: 0,
        }
    }

    /// Another `AppName` than the id.
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Another region, with its own default namespace.
    pub fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        region.clone_into(&mut self.namespace);
        self
    }

    /// Another namespace, and the region that its id begins with.
    pub fn in_namespace(mut self, id: &str) -> Self {
        id.split(':').next().unwrap_or(id).clone_into(&mut self.region);
        id.clone_into(&mut self.namespace);
        self
    }

    /// Another source, tags, or whatever else a list can be filtered by.
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Another tag; it takes the place of one with the same key.
    pub fn tagged(mut self, key: &str, value: &str) -> Self {
        self.kind.set_tag(key, Some(value));
        self
    }

    /// A canary of it.
    pub fn with_child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The image of the instances that are made from here on.
    pub fn with_image(mut self, image: &str) -> Self {
        image.clone_into(&mut self.image);
        self
    }

    /// The package version of the instances that are made from here on.
    pub fn with_package_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.package_version);
        self
    }

    /// No probes: instances made from here on are `WithoutHealthCheckConfig`.
    pub fn without_health_check(mut self) -> Self {
        self.probed = false;
        self
    }

    /// A group that wants `replicas` instances and has none yet.
    pub fn group(mut self, id: &str, replicas: usize) -> Self {
        let name = if self.groups.is_empty() { "_DEFAULT_GROUP" } else { id };
        self.groups.push(Group { id: id.to_owned(), name: name.to_owned(), replicas, instances: Vec::new() });
        self
    }

    /// That many running, healthy instances more in the last group.
    pub fn running(self, count: usize) -> Self {
        self.with_instances(count, Instance::recover)
    }

    /// That many instances more in the last group that still wait to be scheduled.
    pub fn starting(self, count: usize) -> Self {
        self.with_instances(count, Instance::wait_for_scheduling)
    }

    fn with_instances(mut self, count: usize, change: fn(&mut Instance)) -> Self {
        for _ in 0..count {
            let mut instance = self.make_instance(self.groups.len().saturating_sub(1));
            change(&mut instance);
            if let Some(group) = self.groups.last_mut() {
                group.instances.push(instance);
            }
        }
        self
    }
}

// Looking.
impl Application {
    /// All instances, group by group.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.groups.iter().flat_map(|group| &group.instances)
    }

    /// How many instances are wanted; a stopped application wants none.
    pub fn wanted_instances(&self) -> usize {
        if self.stopped { 0 } else { self.groups.iter().map(|group| group.replicas).sum() }
    }

    /// How many containers run, sick or not.
    pub fn running_instances(&self) -> usize {
        self.instances().filter(|instance| instance.runs()).count()
    }

    /// How many instances are not ready, or not well.
    pub fn failing_instances(&self) -> usize {
        self.instances().filter(|instance| instance.fails()).count()
    }
}

// Changing.
impl Application {
    /// The instance of that number, counted from 0 through all groups.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn instance(&mut self, number: usize) -> &mut Instance {
        let count = self.instances().count();
        let mut all = self.groups.iter_mut().flat_map(|group| &mut group.instances);
        all.nth(number).unwrap_or_else(|| panic!("instance {number} of an application with {count}"))
    }

    /// The group of that id.
    ///
    /// # Panics
    /// If there is none.
    pub fn group_mut(&mut self, id: &str) -> &mut Group {
        let group = self.groups.iter_mut().find(|group| group.id == id);
        group.unwrap_or_else(|| panic!("application {} has no group {id}", self.id))
    }

    /// Wants another number of instances in one group. Missing ones appear and wait to be scheduled, those
    /// too many terminate, newest first; [`Self::settle`] completes it.
    ///
    /// # Panics
    /// If there is no such group.
    pub fn scale(&mut self, group: &str, replicas: usize) {
        self.group_mut(group).replicas = replicas;
        let index = self.groups.iter().position(|candidate| candidate.id == group).unwrap_or_default();
        self.start_missing(index);
        let living = self.groups[index].instances.iter_mut().filter(|instance| !instance.is_terminating());
        living.skip(replicas).for_each(Instance::terminate);
    }

    /// Stops the application: its instances are gone, what it wants stays written.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.begin_order("CoStopApplication");
        self.end_order(None);
        self.groups.iter_mut().for_each(|group| group.instances.clear());
    }

    /// Starts a stopped application: its instances wait to be scheduled.
    pub fn start(&mut self) {
        self.stopped = false;
        self.begin_order("CoStartApplication");
        self.end_order(None);
        (0..self.groups.len()).for_each(|index| self.start_missing(index));
    }

    /// Everything that was going on is done: every instance runs and is healthy, what terminated is gone.
    pub fn settle(&mut self) {
        for group in &mut self.groups {
            group.instances.retain(|instance| !instance.is_terminating());
            group.instances.iter_mut().for_each(Instance::recover);
        }
    }

    fn start_missing(&mut self, group: usize) {
        let Group { replicas, instances, .. } = &self.groups[group];
        let living = instances.iter().filter(|instance| !instance.is_terminating()).count();
        for _ in living..*replicas {
            let mut instance = self.make_instance(group);
            instance.wait_for_scheduling();
            self.groups[group].instances.push(instance);
        }
    }

    /// A new instance with a name and an address of its own, in no group's list yet.
    pub(crate) fn make_instance(&mut self, group: usize) -> Instance {
        self.made += 1;
        let group_id = self.groups.get(group).map(|group| group.id.clone()).unwrap_or_default();
        let [_, high, middle, low] = self.made.to_be_bytes();
        Instance {
            instance_id: format!("{}-{group_id}-{}", self.name, pod_suffix(self.made)),
            group_id,
            instance_container_ip: format!("10.{high}.{middle}.{low}"),
            image_url: self.image.clone(),
            package_version: self.package_version.clone(),
            v_switch_id: "vsw-simulated".to_owned(),
            create_time_stamp: instance::now(),
            pipeline_id: self.rollout.as_ref().map(|rollout| rollout.pipeline_id.clone()).unwrap_or_default(),
            probed: self.probed,
            ..Instance::default()
        }
    }
}

/// The id where SAE takes it as a name: letters, digits and hyphens, a letter first, no hyphen last, at most 36. Else
/// its letters and digits behind a letter, which for a UUID is just as long.
fn default_name(id: &str) -> String {
    let begins_well = id.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if begins_well && is_plain && !id.ends_with('-') && id.len() <= 36 {
        return id.to_owned();
    }
    let plain = id.chars().filter(char::is_ascii_alphanumeric).take(32);
    format!("app-{}", plain.collect::<String>())
}

/// Five characters as Kubernetes ends a pod's name with; the same for the same number, different for others.
fn pod_suffix(number: u32) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    // 27^5, and a step that shares no factor with it: the names look random and repeat only after all.
    let mut rest = number.wrapping_mul(7_654_321) % 14_348_907;
    std::iter::repeat_with(|| {
        let letter = LETTERS[rest as usize % LETTERS.len()];
        rest /= 27;
        char::from(letter)
    })
    .take(5)
    .collect()
}
