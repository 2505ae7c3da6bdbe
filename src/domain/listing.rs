//! The instances of an observation as the status lists them: judged, cleaned, worst first, cut.

use std::borrow::Cow;

use bytestring::ByteString;
use jiff::Timestamp;

use super::ObservedInstance;
use super::facts::{Fact, Facts, count};
use super::fingerprint::fingerprint;
use super::instance::{Standing, assess_instance, has_probe};
use super::meaning::ListDigest;
use super::text::{MESSAGE_BYTES, TEXT_BYTES, clean, cleaned};
use crate::api::{HealthRules, InstanceState, InstanceStatus, SidecarStatus, Tag, Time};

/// The most that the list may take in a status, as JSON (contract §2): far below etcd's 1.5 MiB for an object.
pub const LIST_BYTES: usize = 256 * 1024;
/// The most sidecars and tags of an instance that are shown (contract §2).
const SIDECARS: usize = 10;
const TAGS: usize = 20;

/// One instance of an observation with what the rules make of it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// What SAE said.
    pub observed: &'a ObservedInstance,
    /// What that means.
    pub standing: Standing<'a>,
    /// Since when the stretch of its state has lasted.
    pub since: Timestamp,
    /// What was known of it before.
    pub before: Option<Fact>,
}

/// Judges every instance, worst first and then by id, so that the order of the answer changes nothing.
pub fn judge<'a>(
    instances: &'a [ObservedInstance],
    rules: &HealthRules,
    facts: &Facts,
    at: Timestamp,
) -> Vec<Judged<'a>> {
    let mut judged: Vec<Judged<'a>> = instances
        .iter()
        .map(|observed| {
            let words = assess_instance(observed, rules);
            let before = facts.get(&observed.id).copied();
            let since = stretch_start(observed, words.state, before.as_ref(), at);
            let standing = words.at(at, since, rules.progress_deadline.signed());
            Judged { observed, standing, since, before }
        })
        .collect();
    judged.sort_by(|a, b| (a.standing.state, a.observed).cmp(&(b.standing.state, b.observed)));
    judged
}

/// When the operator first saw the instance in this state. Whoever starts or is ready at first sight and never
/// restarted has been so since its creation, which tells more than the moment the operator came along.
fn stretch_start(
    observed: &ObservedInstance,
    state: InstanceState,
    before: Option<&Fact>,
    at: Timestamp,
) -> Timestamp {
    match before {
        // A time in the future, written by hand or by a clock since put back, would keep the deadline from ever passing.
        Some(fact) if fact.stretch() == state => fact.since().min(at),
        Some(_) => at,
        None => {
            let is_untouched = matches!(state, InstanceState::Starting | InstanceState::Ready)
                && count(observed.restarts) == 0;
            let created = observed.created_at.and_then(whole_seconds).map(|time| time.0);
            created.filter(|created| is_untouched && *created <= at).unwrap_or(at)
        }
    }
}

/// The facts that the next decision needs, of all instances and not only of the listed ones.
pub fn facts_of(judged: &[Judged<'_>]) -> Facts {
    let fact = |one: &Judged<'_>| {
        let Judged { observed, standing, since, before: _ } = one;
        Fact::new(&observed.id, *since, observed.restarts, standing.stretch(), has_probe(observed))
    };
    judged.iter().map(fact).collect()
}

/// Of the judged instances those that the status lists: the worst `limit`, fewer where they would take more than
/// [`LIST_BYTES`].
pub fn listed<'j, 'a>(judged: &'j [Judged<'a>], limit: i32) -> &'j [Judged<'a>] {
    let limit = usize::try_from(limit).unwrap_or(0).min(judged.len());
    let listed = &judged[..limit];
    // Nearly every list is far from the bound, and writing it down to see would cost as much as reading the answer.
    if listed.iter().map(longest_json).sum::<usize>() <= LIST_BYTES {
        return listed;
    }
    let mut room = LIST_BYTES;
    let fitting = listed.iter().take_while(|one| {
        let size = serde_json::to_vec(&render(one)).map_or(LIST_BYTES, |json| json.len() + 1);
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    &listed[..fitting.count()]
}

/// As many bytes as an instance can take as JSON.
fn longest_json(judged: &Judged<'_>) -> usize {
    /// The longest name of a field, its quotes, colon and comma, and a number, a time or a word of ours.
    const FIELD: usize = 48;
    let ObservedInstance {
        id,
        group_id,
        container,
        main,
        health,
        restarts: _,
        ip,
        eip,
        v_switch_id,
        image,
        package_version,
        created_at: _,
        finished_at: _,
        debug: _,
        traffic_status,
        sidecars,
        tags,
        message,
    } = judged.observed;
    let said = [group_id, container, main, health, ip, eip, v_switch_id, image, package_version];
    let said = said.into_iter().chain([traffic_status, message]).flatten();
    let of_sidecars = sidecars.iter().flat_map(|one| [&one.id, &one.status, &one.image]).flatten();
    let of_tags = tags.iter().flat_map(|(key, value)| [key, value]);
    let texts = [id].into_iter().chain(said).chain(of_sidecars).chain(of_tags);
    let length = texts.map(|text| text.len()).sum::<usize>() + judged.standing.word.len();
    // A quote or a backslash takes two bytes; control characters, which take six, are cleaned away.
    2 * length + FIELD * (21 + 4 * sidecars.len() + 3 * tags.len())
}

/// The images, or package versions where one is set, that run; at most 5.
pub fn versions(judged: &[Judged<'_>]) -> Vec<String> {
    let mut all: Vec<Cow<'_, str>> = judged
        .iter()
        .filter_map(|one| one.observed.package_version.as_ref().or(one.observed.image.as_ref()))
        .map(|version| cleaned(version, TEXT_BYTES))
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().take(5).map(Cow::into_owned).collect()
}

/// An instance as the status lists it.
pub fn render(judged: &Judged<'_>) -> InstanceStatus {
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
    } = judged.observed;
    InstanceStatus {
        id: clean(id, TEXT_BYTES),
        group_id: text(group_id.as_ref()),
        state: judged.standing.state,
        reason: clean(&judged.standing.word, TEXT_BYTES),
        since: Time(judged.since),
        container_status: text(container.as_ref()),
        health_status: text(health.as_ref()),
        main_container_status: text(main.as_ref()),
        restarts: *restarts,
        ip: text(ip.as_ref()),
        eip: text(eip.as_ref()),
        v_switch_id: text(v_switch_id.as_ref()),
        image: text(image.as_ref()),
        package_version: text(package_version.as_ref()),
        created_at: created_at.and_then(whole_seconds),
        finished_at: finished_at.and_then(whole_seconds),
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
        message: message.as_deref().map(|m| clean(m, MESSAGE_BYTES)).filter(|m| !m.is_empty()),
    }
}

/// What [`render`] makes of a list, as a digest: without a copy of each text, since nearly always it is no news.
pub fn digest_of(listed: &[Judged<'_>]) -> ListDigest {
    let mut digest = ListDigest::default();
    for one in listed {
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
        } = one.observed;
        let sidecars: Vec<_> = in_order(sidecars)
            .take(SIDECARS)
            .map(|one| (said(one.id.as_ref()), said(one.status.as_ref()), said(one.image.as_ref())))
            .collect();
        let tags: Vec<_> = in_order(tags)
            .take(TAGS)
            .map(|(key, value)| (cleaned(key, TEXT_BYTES), cleaned(value, TEXT_BYTES)))
            .collect();
        let seconds = |time: &Option<Timestamp>| time.and_then(whole_seconds).map(|time| time.0.as_second());
        let (word, since) = (cleaned(&one.standing.word, TEXT_BYTES), one.since.as_second());
        // As in `meaning`: the same fields in the same order.
        let meaning = fingerprint(&(
            (cleaned(id, TEXT_BYTES), said(group_id.as_ref()), one.standing.state, word, since),
            (said(container.as_ref()), said(health.as_ref()), said(main.as_ref()), restarts),
            (
                said(ip.as_ref()),
                said(eip.as_ref()),
                said(v_switch_id.as_ref()),
                said(image.as_ref()),
                said(package_version.as_ref()),
            ),
            (seconds(created_at), seconds(finished_at)),
            (debug, said(traffic_status.as_ref()), sidecars, tags),
        ));
        let message = message.as_deref().map(|text| cleaned(text, MESSAGE_BYTES));
        digest.chain(meaning, message.filter(|text| !text.is_empty()).as_deref());
    }
    digest
}

/// The members of a list whose order SAE does not promise.
pub fn in_order<T: Ord>(list: &[T]) -> impl Iterator<Item = &T> {
    let mut list: Vec<&T> = list.iter().collect();
    list.sort_unstable();
    list.into_iter()
}

fn text(text: Option<&ByteString>) -> Option<String> {
    said(text).map(Cow::into_owned)
}

fn said(text: Option<&ByteString>) -> Option<Cow<'_, str>> {
    text.map(|text| cleaned(text, TEXT_BYTES)).filter(|text| !text.is_empty())
}

/// A status holds whole seconds; what is compared with a stored one must be as coarse. Before 1970 there was no
/// SAE, and the API server refuses years below 0.
fn whole_seconds(time: Timestamp) -> Option<Time> {
    Timestamp::from_second(time.as_second()).ok().filter(|time| *time > Timestamp::UNIX_EPOCH).map(Time)
}

/// Whether an instance runs, by SAE's word for its container.
pub fn is_running(observed: &ObservedInstance) -> bool {
    observed.container.as_deref() == Some("Running")
}

/// How an instance is named in a message: its id, its word and, where SAE says why, that.
pub fn describe(judged: &Judged<'_>) -> String {
    let word = &judged.standing.word;
    let id: &str = if judged.observed.id.is_empty() { "an instance without id" } else { &judged.observed.id };
    match &judged.observed.message {
        Some(message) => format!("{} {} ({})", clean(id, 80), clean(word, 60), clean(message, 120)),
        None => format!("{} {}", clean(id, 80), clean(word, 60)),
    }
}
