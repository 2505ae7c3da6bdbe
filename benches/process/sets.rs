//! What it costs to plan a set of 1,000 applications in 8 regions, and to remember its lists and its watches.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use jiff::Timestamp;
use saewatch::api::{RegionId, SaeAppWatchSetSpec};
use saewatch::domain::set::{
    Apply, ListedApp, Membership, Plan, PlanInput, RegionList, RegionLists, SetMemory, SetWatch, Taken,
    manifest, plan,
};

use crate::Result;
use crate::cpu::{memory, thread_seconds};
use crate::table::{Row, median};

const APPLICATIONS: usize = 1000;
const REGIONS: usize = 8;
const ROUNDS: usize = 11;
/// Linux counts the CPU of a thread only every few milliseconds.
const A_ROUND: usize = 50;
const MOST_MS: f64 = 5.0;
/// Enough sets for their memory to be more than what an allocator holds back.
const SETS: usize = 100;
const MOST_BYTES: f64 = 1024.0;
const NAME: &str = "shop";
const UID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// The set, its lists and what its watches say of it.
#[allow(clippy::vec_box, reason = "each in a box, as the operator keeps them")]
struct Set {
    spec: SaeAppWatchSetSpec,
    regions: BTreeMap<RegionId, RegionLists>,
    watches: Vec<Box<Membership>>,
}

#[derive(Debug)]
struct Nothing;

impl Taken for Nothing {
    fn is_taken(&self, _: &str) -> bool {
        false
    }
}

/// One complete list of each region while all watches are there, and what an application takes of memory.
pub fn of_a_thousand() -> Result<Vec<Row>> {
    let (set, names) = Set::new()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = thread_seconds()?;
        for _ in 0..A_ROUND {
            let plan = black_box(set.plan(&names));
            if !plan.apply.is_empty() || plan.applications != APPLICATIONS {
                return Err(format!("{} applied of {}", plan.apply.len(), plan.applications).into());
            }
        }
        times.push((thread_seconds()? - began) * 1e3 / A_ROUND as f64);
    }
    let own = std::process::id();
    let before = memory(own, "VmRSS")?;
    // The names of watches are kept without sets too.
    let sets = (0..SETS).map(|_| Ok(Set::new()?.0)).collect::<Result<Vec<Set>>>()?;
    let taken = (memory(own, "VmRSS")? - before) * 1024.0 * 1024.0;
    let bytes = taken / (sets.len() * APPLICATIONS) as f64;
    let took = median(&mut times);
    Ok(vec![
        Row {
            measure: format!("plan of {APPLICATIONS} applications in {REGIONS} regions"),
            method: format!("one list, nothing to apply; CPU, median of {ROUNDS} rounds of {A_ROUND}"),
            result: format!("{took:.2} ms"),
            bar: "≤ 5 ms",
            holds: Some(took <= MOST_MS),
        },
        Row {
            measure: "… and memory of its lists and watches".into(),
            method: format!("VmRSS of {SETS} such sets, an application"),
            result: format!("{bytes:.0} B"),
            bar: "≤ 1 KiB",
            holds: Some(bytes <= MOST_BYTES),
        },
    ])
}

impl Set {
    /// One whose applications all have their watches, and the names of those.
    fn new() -> Result<(Self, Vec<String>)> {
        let template = serde_json::json!({
            "metadata": { "labels": { "team": "shop" } },
            "spec": { "interval": "5m", "health": { "minHealthyPercent": 80 } },
        });
        let mut spec = SaeAppWatchSetSpec { limit: 1000, ..SaeAppWatchSetSpec::default() };
        spec.template = serde_json::from_value(template)?;
        let regions = (0..REGIONS).map(region).collect::<Result<_>>()?;
        let mut set = Self { spec, regions, watches: Vec::with_capacity(APPLICATIONS) };
        let mut names = Vec::new();
        for apply in set.plan(&[]).apply {
            set.watches.push(Box::new(set.membership(&apply)?));
            names.push(apply.name);
        }
        Ok((set, names))
    }

    fn plan(&self, names: &[String]) -> Plan {
        let watches = names.iter().zip(&self.watches);
        let watches =
            watches.map(|(name, membership)| (&**name, SetWatch { name, membership, health: None }));
        plan(&PlanInput {
            name: NAME,
            uid: UID,
            spec: &self.spec,
            regions: &self.regions,
            watches: &watches.collect(),
            taken: &Nothing,
            known_orphans: &[],
            memory: &SetMemory::default(),
            now: Timestamp::UNIX_EPOCH,
        })
    }

    /// What stands in the watch after this apply.
    fn membership(&self, apply: &Apply) -> Result<Membership> {
        let manifest = manifest("team-shop", NAME, UID, &self.spec, apply);
        let template = manifest["metadata"]["annotations"]["saewatch.dev/template"].as_str();
        Ok(Membership {
            set: NAME.into(),
            uid: UID.into(),
            controller: Some(UID.into()),
            template: template.map(Into::into),
            labels: [("team".into(), "shop".into())].into(),
            annotations: [].into(),
            app: Some(apply.app.clone()),
            region: Some(apply.region.clone()),
            account: None,
            settings: serde_json::from_value(serde_json::json!({
                "interval": "5m",
                "timeout": "15s",
                "suspend": false,
                "health": {
                    "minHealthyPercent": 80, "unhealthyBelowPercent": 50, "requireHealthCheck": false,
                    "progressDeadline": "10m", "unhealthyThreshold": 2, "healthyThreshold": 1,
                },
                "instances": { "limit": 50 },
            }))?,
            is_deleting: false,
        })
    }
}

fn region(number: usize) -> Result<(RegionId, RegionLists)> {
    let id: RegionId = format!("cn-region-{number}").parse()?;
    let app = |n: usize| -> Result<ListedApp> {
        Ok(ListedApp {
            id: format!("7171a6ca-d1cd-4928-8642-{number:04}{n:08}").parse()?,
            name: Some(format!("shop-service-{n}").into()),
            namespace: Some(format!("{id}:production").into()),
            tags: [("team".into(), "shop".into())].into(),
        })
    };
    let list = RegionList {
        sequence: 1,
        row_start: 1,
        read_at: Timestamp::UNIX_EPOCH,
        difference: None,
        applications: (0..APPLICATIONS / REGIONS).map(app).collect::<Result<_>>()?,
    };
    Ok((id, RegionLists { list: Some(Arc::new(list)), ..RegionLists::default() }))
}
