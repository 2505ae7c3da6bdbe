//! The control endpoint `/_control/…`: the library's handles as JSON over HTTP, unsigned, for the demo and
//! for people with curl. It is on loopback, as all of the simulator.
//!
//! | request | body | what |
//! |---|---|---|
//! | `GET applications` | | all, with their instances |
//! | `PUT applications/{id}` | [`Blueprint`] | add or replace one |
//! | `POST applications/{id}` | [`Change`] | something happens to one |
//! | `DELETE applications/{id}` | | delete it |
//! | `PUT availability` | [`AvailabilityList`] | what GetAvailabilityMetric answers |
//! | `PUT settings` | [`Settings`] | quota, page size, clock |
//! | `PUT roles/{name}` | `{"externalId": "…"}` | add a role, which requires the external id if there is one |
//! | `PUT keys/{id}` | `{"secret": "…"}` | add an access key |
//! | `DELETE keys/{id}` | | delete it |
//! | `PUT denials/{operation}` | `{"code": "Forbidden.RAM"}` | RAM denies it |
//! | `DELETE denials/{operation}` | | RAM allows it |
//! | `POST faults` | [`Fault`] | for the next calls |
//! | `PUT faults` | [`RandomFaults`] | by chance |
//! | `DELETE faults` | | none any more |
//! | `GET calls`, `DELETE calls` | | the log |
//!
//! Behind `accounts/{number}/` the same changes another account; page size, clock and log are common to all.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::ACCOUNT_ID;
use crate::account::{Account, Role};
use crate::answer::Answer;
use crate::application::Application;
use crate::availability_list::AvailabilityList;
use crate::blueprint::Blueprint;
use crate::fault::Fault;
use crate::faults::RandomFaults;
use crate::history::{AppEvent, ChangeOrder};
use crate::instance::Instance;
use crate::operation::Operation;
use crate::request::Request;
use crate::world::{Shared, World};

/// Something that happens to an application. Instances are counted from 0 through all groups.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
enum Change {
    Crash { instance: usize },
    FailImagePull { instance: usize },
    FailReadiness { instance: usize },
    FailLiveness { instance: usize },
    RunOutOfMemory { instance: usize },
    Recover { instance: usize },
    Scale { group: String, replicas: usize },
    Stop,
    Start,
    Settle,
    Deploy { image: String },
    Step,
    FailDeploy { message: String },
    SetChangeOrders { orders: Vec<ChangeOrder> },
    SetEvents { events: Vec<AppEvent> },
    BeginDeletion,
    Rename { name: String },
    Tag { key: String, value: String },
    Untag { key: String },
}

/// What of the server can be set; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// 0: no quota.
    calls_per_minute: Option<usize>,
    retry_hints: Option<bool>,
    /// 0: no limit.
    largest_page: Option<usize>,
    /// 0: none is refused.
    page_refused_above: Option<usize>,
    clock_offset_seconds: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySecret {
    secret: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RoleBlueprint {
    external_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Denial {
    code: String,
}

/// Why a control request fails: HTTP status and a sentence.
type Failure = (u16, String);

/// The part of a path behind the control endpoint's prefix.
pub(crate) fn endpoint(path: &str) -> Option<&str> {
    path.strip_prefix("/_control/")
}

pub(crate) fn answer(world: &Shared, endpoint: &str, request: &Request) -> Answer {
    match control(&mut world.lock(), endpoint, request) {
        Ok(body) => Answer::json(200, body),
        Err((status, error)) => Answer::json(status, json!({ "error": error })),
    }
}

fn control(world: &mut World, endpoint: &str, request: &Request) -> Result<Value, Failure> {
    let done = json!({});
    let segments: Vec<_> = endpoint.split('/').collect();
    let (id, segments) = match segments.as_slice() {
        ["accounts", id, rest @ ..] => (*id, rest),
        rest => (ACCOUNT_ID, rest),
    };
    let account = world.account(id);
    let now = Instant::now();
    match (request.method.as_str(), segments) {
        ("GET", ["applications"]) => return Ok(account.applications.values().map(show).collect()),
        ("GET", ["applications", id]) => {
            let application = account.applications.get(id).ok_or_else(|| unknown_application(id))?;
            return Ok(show(application));
        }
        ("PUT", ["applications", id]) => {
            account.applications.put(read::<Blueprint>(request)?.build(id), now);
        }
        ("POST", ["applications", id]) => {
            let change: Change = read(request)?;
            let changed = account.applications.change(id, now, |application| {
                change.apply(application)?;
                Ok(show(application))
            });
            return changed.ok_or_else(|| unknown_application(id))?;
        }
        ("DELETE", ["applications", id]) => {
            if !account.applications.remove(id, now) {
                return Err(unknown_application(id));
            }
        }
        ("PUT", ["availability"]) => {
            let Account { applications, availability, .. } = account;
            availability.set(read::<AvailabilityList>(request)?, applications, now);
        }
        ("PUT", ["settings"]) => read::<Settings>(request)?.apply(world, id),
        ("PUT", ["keys", key]) => world.access.add(id, key, &read::<KeySecret>(request)?.secret),
        ("DELETE", ["keys", key]) => world.access.remove(key),
        ("PUT", ["roles", name]) => {
            let RoleBlueprint { external_id } = read(request)?;
            account.roles.insert((*name).to_owned(), Role { external_id });
        }
        ("PUT", ["denials", name]) => {
            let Denial { code } = read(request)?;
            account.denials.insert(operation(name)?, code);
        }
        ("DELETE", ["denials", name]) => {
            account.denials.remove(&operation(name)?);
        }
        ("POST", ["faults"]) => account.faults.inject(read::<Fault>(request)?),
        ("PUT", ["faults"]) => account.faults.at_random(read::<RandomFaults>(request)?),
        ("DELETE", ["faults"]) => account.faults.clear(),
        ("GET", ["calls"]) => return Ok(json!(world.calls.all())),
        ("DELETE", ["calls"]) => world.calls.clear(),
        (method, _) => return Err((404, format!("there is no {method} /_control/{endpoint}"))),
    }
    Ok(done)
}

impl Change {
    fn apply(self, application: &mut Application) -> Result<(), Failure> {
        match self {
            Self::Crash { instance } => numbered(application, instance)?.crash(),
            Self::FailImagePull { instance } => numbered(application, instance)?.fail_image_pull(),
            Self::FailReadiness { instance } => numbered(application, instance)?.fail_readiness(),
            Self::FailLiveness { instance } => numbered(application, instance)?.fail_liveness(),
            Self::RunOutOfMemory { instance } => numbered(application, instance)?.run_out_of_memory(),
            Self::Recover { instance } => numbered(application, instance)?.recover(),
            Self::Scale { group, replicas } => {
                if !application.groups.iter().any(|candidate| candidate.id == group) {
                    return Err((404, format!("the application has no group {group}")));
                }
                application.scale(&group, replicas);
            }
            Self::Stop => application.stop(),
            Self::Start => application.start(),
            Self::Settle => application.settle(),
            Self::Deploy { image } => drop(application.deploy(&image)),
            Self::Step => drop(application.step()),
            Self::FailDeploy { message } => application.fail_deploy(&message),
            Self::SetChangeOrders { orders } => application.change_orders = orders,
            Self::SetEvents { events } => application.events = events,
            Self::BeginDeletion => application.deleting = true,
            Self::Rename { name } => application.name = name,
            Self::Tag { key, value } => application.kind.set_tag(&key, Some(&value)),
            Self::Untag { key } => application.kind.set_tag(&key, None),
        }
        Ok(())
    }
}

impl Settings {
    fn apply(self, world: &mut World, account: &str) {
        let Self { calls_per_minute, retry_hints, largest_page, page_refused_above, clock_offset_seconds } =
            self;
        let above_zero = |count: usize| (count > 0).then_some(count);
        if let Some(calls) = calls_per_minute {
            world.account(account).quota.calls_per_minute = above_zero(calls);
        }
        if let Some(hints) = retry_hints {
            world.account(account).quota.says_when = hints;
        }
        if let Some(entries) = largest_page {
            world.paging.largest = above_zero(entries);
        }
        if let Some(entries) = page_refused_above {
            world.paging.refused_above = above_zero(entries);
        }
        if let Some(seconds) = clock_offset_seconds {
            world.clock.offset = SignedDuration::from_secs(seconds);
        }
    }
}

fn show(application: &Application) -> Value {
    let tags: BTreeMap<_, _> = application.kind.tags.iter().map(|tag| (&tag.key, &tag.value)).collect();
    let groups = application.groups.iter().map(|group| {
        json!({ "id": group.id, "name": group.name, "replicas": group.replicas, "instances": group.instances })
    });
    json!({
        "id": application.id,
        "name": application.name,
        "region": application.region,
        "namespaceId": application.namespace,
        "appSource": application.kind.source,
        "tags": tags,
        "children": application.children.iter().map(show).collect::<Vec<_>>(),
        "deleting": application.deleting,
        "stopped": application.stopped,
        "groups": groups.collect::<Vec<_>>(),
    })
}

fn numbered(application: &mut Application, number: usize) -> Result<&mut Instance, Failure> {
    let count = application.instances().count();
    if number < count {
        Ok(application.instance(number))
    } else {
        Err((404, format!("there is no instance {number}: they are numbered from 0 and there are {count}")))
    }
}

fn unknown_application(id: &str) -> Failure {
    (404, format!("there is no application {id}"))
}

fn operation(name: &str) -> Result<Operation, Failure> {
    serde_json::from_value(json!(name)).map_err(|error| (404, error.to_string()))
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))
}
