//! What a watch says of its targets, as it is stored.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::api::{Health, InstanceState, InstanceStatus};

/// What a watch says of its targets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotation `saewatch.dev/scrape-port`.
    pub scrape_port: Option<String>,
    /// The SaeAccount that it uses.
    pub account: Option<String>,
    /// The region of the data shown.
    pub region: Option<String>,
    /// The application's name, or its id while no name is known.
    pub app: Option<String>,
    /// The application's id.
    pub app_id: Option<String>,
    /// The health of the application.
    pub health: Option<Health>,
    /// When the newest answer came; `None` if there never was one.
    pub observed_at: Option<Timestamp>,
    /// Whether the conditions say that it has no targets.
    pub is_withheld: bool,
    /// The instances that can be scraped.
    pub instances: Vec<ListedInstance>,
}

/// One instance that can be scraped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListedInstance {
    /// The group it belongs to.
    pub group: Option<String>,
    /// Its id.
    pub id: String,
    /// Its address.
    pub ip: IpAddr,
    /// Its state.
    pub state: InstanceState,
}

impl Listing {
    /// Takes in an instance of the list. One that terminates, or whose address is none, cannot be scraped.
    pub(crate) fn add(&mut self, instance: &InstanceStatus) {
        if instance.state == InstanceState::Terminating {
            return;
        }
        let Some(ip) = instance.ip.as_ref().and_then(|ip| ip.parse().ok()) else { return };
        let (id, group) = (instance.id.clone(), instance.group_id.clone());
        self.instances.push(ListedInstance { group, id, ip, state: instance.state });
    }
}
