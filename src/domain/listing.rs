//! The instances of an observation as the status lists them: judged, cleaned, worst first, cut.

use std::borrow::Cow;

use bytestring::ByteString;
use jiff::Timestamp;

use super::ObservedInstance;
use super::fingerprint::fingerprint;
use super::instance::{InstanceVerdict, assess_instance};
use super::instance_memo::{InstanceMemo, InstanceMemos, count};
use super::revision::{Checksum, checksum};
use super::text::{MESSAGE_BYTES, TEXT_BYTES, clean, cleaned};
use crate::api::{HealthRules, InstanceState, InstanceStatus, SidecarStatus, Tag, Time};

/// The most that the list may take in a status, as JSON (contract §2): far below etcd's 1.5 MiB for an object.
pub const LIST_BYTES: usize = 256 * 1024;
/// The most sidecars and tags of an instance that are shown (contract §2).
const SIDECARS: usize = 10;
const TAGS: usize = 20;

/// One instance of an observation with what the rules make of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// As the status lists it. Boxed: it is half a kilobyte, and sorting moves it.
    pub shown: Box<InstanceStatus>,
    /// The checksum of all that is shown but messages and times.
    pub checksum: Checksum,
    /// The fingerprint of all that is shown but the message.
    pub fingerprint: u64,
    /// What was known of it before.
    pub before: Option<InstanceMemo>,
}

/// Judges every instance, worst first and then by id, so that the order of the answer changes nothing.
pub fn judge(
    instances: &[ObservedInstance],
    rules: &HealthRules,
    memos: &InstanceMemos,
    at: Timestamp,
) -> Vec<Judged> {
    let mut judged: Vec<Judged> = instances
        .iter()
        .map(|observed| {
            let by_words = assess_instance(observed, rules);
            let before = memos.get(&observed.id).copied();
            let since = episode_start(observed, by_words.state, before.as_ref(), at);
            let verdict = by_words.at(at, since, rules.progress_deadline.signed());
            render(observed, &verdict, since, before)
        })
        .collect();
    judged.sort_by(|a, b| (a.shown.state, &a.shown).cmp(&(b.shown.state, &b.shown)));
    judged
}

/// When the operator first saw the instance in this state. An instance that starts or is ready at first sight and
/// never restarted has been so since its creation, which says more than the time of the first poll.
fn episode_start(
    observed: &ObservedInstance,
    state: InstanceState,
    before: Option<&InstanceMemo>,
    at: Timestamp,
) -> Timestamp {
    match before {
        // A time in the future, written by hand or by a clock since put back, would keep the deadline from ever passing.
        Some(memo) if memo.episode() == state => memo.since().min(at),
        Some(_) => at,
        None => {
            let is_untouched = matches!(state, InstanceState::Starting | InstanceState::Ready)
                && count(observed.restarts) == 0;
            let created = observed.created_at.and_then(storable).map(|time| time.0);
            created.filter(|created| is_untouched && *created <= at).unwrap_or(at)
        }
    }
}

/// Renders an instance as the status lists it. Times and then the message come last, so that the sums which leave them
/// out need no copy of the rest.
fn render(
    observed: &ObservedInstance,
    verdict: &InstanceVerdict<'_>,
    since: Timestamp,
    before: Option<InstanceMemo>,
) -> Judged {
    let ObservedInstance {
        id,
        group_id,
        container,
        main,
        health,
        restarts,
        ip,
        eip,
        v_switch_id,
        image,
        package_version,
        created_at,
        finished_at,
        debug,
        traffic_status,
        sidecars,
        tags,
        message,
    } = observed;
    let mut shown = Box::new(InstanceStatus {
        id: clean(id, TEXT_BYTES),
        group_id: text(group_id.as_ref()),
        state: verdict.state,
        reason: clean(&verdict.reason, TEXT_BYTES),
        since: Time(Timestamp::UNIX_EPOCH),
        container_status: text(container.as_ref()),
        health_status: text(health.as_ref()),
        main_container_status: text(main.as_ref()),
        restarts: *restarts,
        ip: text(ip.as_ref()),
        eip: text(eip.as_ref()),
        v_switch_id: text(v_switch_id.as_ref()),
        image: text(image.as_ref()),
        package_version: text(package_version.as_ref()),
        created_at: None,
        finished_at: None,
        debug: *debug,
        traffic_status: text(traffic_status.as_ref()),
        sidecars: in_order(sidecars)
            .take(SIDECARS)
            .map(|s| SidecarStatus {
                id: text(s.id.as_ref()),
                status: text(s.status.as_ref()),
                image: text(s.image.as_ref()),
            })
            .collect(),
        tags: in_order(tags)
            .take(TAGS)
            .map(|(key, value)| Tag { key: clean(key, TEXT_BYTES), value: clean(value, TEXT_BYTES) })
            .collect(),
        message: None,
    });
    let checksum = checksum(&shown);
    shown.since = since.into();
    shown.created_at = created_at.and_then(storable);
    shown.finished_at = finished_at.and_then(storable);
    let fingerprint = fingerprint(&shown);
    shown.message = message.as_deref().map(|m| clean(m, MESSAGE_BYTES)).filter(|m| !m.is_empty());
    Judged { shown, checksum, fingerprint, before }
}

/// Of the judged instances those that the status lists: the worst `limit`, fewer where they would take more than
/// [`LIST_BYTES`].
pub fn listed(judged: &[Judged], limit: i32) -> &[Judged] {
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut room = LIST_BYTES;
    let fitting = judged.iter().take(limit).take_while(|one| {
        let size = serde_json::to_vec(&one.shown).map_or(LIST_BYTES, |json| json.len() + 1);
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    &judged[..fitting.count()]
}

/// The images, or package versions where one is set, that run; at most 5.
pub fn versions(judged: &[Judged]) -> Vec<String> {
    let mut all: Vec<&String> = judged
        .iter()
        .filter_map(|one| one.shown.package_version.as_ref().or(one.shown.image.as_ref()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().take(5).cloned().collect()
}

/// The members of a list whose order SAE does not promise.
fn in_order<T: Ord>(list: &[T]) -> impl Iterator<Item = &T> {
    let mut list: Vec<&T> = list.iter().collect();
    list.sort_unstable();
    list.into_iter()
}

fn text(text: Option<&ByteString>) -> Option<String> {
    text.map(|text| cleaned(text, TEXT_BYTES)).filter(|text| !text.is_empty()).map(Cow::into_owned)
}

/// Before 1970 there was no SAE, and the API server refuses years below 0.
fn storable(time: Timestamp) -> Option<Time> {
    Some(Time::from(time)).filter(|time| time.0 > Timestamp::UNIX_EPOCH)
}

/// How an instance is named in a message: its id, its word and, where SAE says why, that.
pub fn describe(judged: &Judged) -> String {
    let InstanceStatus { id, reason, message, .. } = &*judged.shown;
    let id: &str = if id.is_empty() { "an instance without id" } else { id };
    match message {
        Some(message) => format!("{} {} ({})", clean(id, 80), clean(reason, 60), clean(message, 120)),
        None => format!("{} {}", clean(id, 80), clean(reason, 60)),
    }
}
