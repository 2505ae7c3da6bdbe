//! How one instance is: the table of contract §3, first rule that fits.

use std::borrow::Cow;

use bytestring::ByteString;
use jiff::{SignedDuration, Timestamp};

use super::{ObservedInstance, Rule};
use crate::api::{HealthRules, InstanceState, InstanceStatus};

/// The word of an instance that has been starting for longer than `progressDeadline`.
pub const DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";

/// The word shown when SAE said nothing that could be shown instead.
const NOTHING_SAID: &str = "Unknown";

/// Words of a container that has failed and will not come up by itself (contract §3; kubectl's own words where
/// SAE's documentation lists none).
const FAILING: [&str; 9] = [
    "Error",
    "Failed",
    "CrashLoopBackOff",
    "ErrImagePull",
    "ImagePullBackOff",
    "OOMKilled",
    "Evicted",
    "ContainerCannotRun",
    "DeadlineExceeded",
];

/// What the rules make of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceVerdict<'a> {
    /// The state.
    pub state: InstanceState,
    /// The word that decided it, as SAE wrote it or one of ours.
    pub reason: Cow<'a, str>,
}

impl InstanceVerdict<'_> {
    /// The same at a time: an instance that has been starting since before the deadline is failing.
    #[must_use]
    pub fn at(self, now: Timestamp, since: Timestamp, deadline: SignedDuration) -> Self {
        if self.state == InstanceState::Starting && now.duration_since(since) > deadline {
            Self { state: Rule::DeadlineExceeded.state(), reason: DEADLINE_EXCEEDED.into() }
        } else {
            self
        }
    }
}

/// Whether an instance crashes again and again.
pub fn is_crash_loop(instance: &InstanceStatus) -> bool {
    instance.reason.ends_with("CrashLoopBackOff")
}

/// Whether the image of an instance cannot be pulled.
pub fn is_image_pull(instance: &InstanceStatus) -> bool {
    instance.state == InstanceState::Failing && instance.reason.contains("Image")
}

/// The episode that a listed state and reason belong to: passing the deadline does not end the episode of starting.
pub fn episode_of(state: InstanceState, reason: &str) -> InstanceState {
    if state == InstanceState::Failing && reason == DEADLINE_EXCEEDED {
        InstanceState::Starting
    } else {
        state
    }
}

/// The verdict by SAE's words alone; [`InstanceVerdict::at`] adds the clock.
pub fn assess_instance<'a>(instance: &'a ObservedInstance, rules: &HealthRules) -> InstanceVerdict<'a> {
    let (rule, reason) = apply_rules(instance, rules);
    InstanceVerdict { state: rule.state(), reason }
}

/// The rule that fits an instance by SAE's words alone, and the word that decided it.
pub fn apply_rules<'a>(instance: &'a ObservedInstance, rules: &HealthRules) -> (Rule, Cow<'a, str>) {
    let container = instance.container.as_deref().unwrap_or_default();
    let main = instance.main.as_deref().filter(|main| !main.is_empty()).unwrap_or(container);
    let health = instance.health.as_deref().unwrap_or_default();
    let running = is_running(instance);
    let by = |rule, word: &'a str| (rule, word.into());

    if is_terminating(instance) {
        return by(Rule::Terminating, container);
    }
    if let Some(word) = [container, main].into_iter().find(|word| is_failing(word)) {
        return by(Rule::FailingWord, word);
    }
    if let Some(word) = [container, main].into_iter().find(|word| is_starting(word)) {
        return by(Rule::StartingWord, word);
    }
    if running && health == "NotCheckedYet" {
        return by(Rule::NotCheckedYet, health);
    }
    if running && is_unhealthy(health) {
        return by(Rule::HealthCheckFailed, health);
    }
    if running
        && let Some(word) =
            instance.sidecars.iter().filter_map(|s| s.status.as_deref()).filter(|w| is_failing(w)).min()
    {
        return (Rule::FailingSidecar, format!("Sidecar{word}").into());
    }
    if running && rules.require_health_check && health == "WithoutHealthCheckConfig" {
        return by(Rule::HealthCheckMissing, health);
    }
    if running && main == "Running" && is_ready(health) {
        return by(Rule::Ready, health);
    }
    by(Rule::NoRule, unknown_word(container, main, health))
}

/// Whether the instance is on its way down.
pub fn is_terminating(instance: &ObservedInstance) -> bool {
    instance.container.as_deref() == Some("Terminating")
}

/// Whether the container of the instance runs, well or not.
pub fn is_running(instance: &ObservedInstance) -> bool {
    instance.container.as_deref() == Some("Running")
}

/// Whether SAE itself calls the instance running and not unhealthy, whatever the spec makes of it. The polls
/// read the groups again when fewer of these are there than before (contract §4).
pub fn is_running_well(instance: &ObservedInstance) -> bool {
    is_running(instance) && !instance.health.as_deref().is_some_and(is_unhealthy)
}

/// Whether the instance fails or SAE calls it unhealthy, whatever the spec makes of it.
pub fn is_unwell(instance: &ObservedInstance) -> bool {
    let fails = |word: &Option<ByteString>| word.as_deref().is_some_and(is_failing);
    fails(&instance.container)
        || fails(&instance.main)
        || instance.health.as_deref().is_some_and(is_unhealthy)
}

/// Whether a word of health is that of an instance with a health check.
pub fn is_probe(health: Option<&str>) -> bool {
    health.is_some_and(|health| !health.is_empty() && health != "WithoutHealthCheckConfig")
}

fn is_failing(word: &str) -> bool {
    FAILING.contains(&word)
        || ["BackOff", "Error"].iter().any(|end| word.ends_with(end))
        || ["Err", "Invalid", "ExitCode:", "Signal:"].iter().any(|start| word.starts_with(start))
        || word.strip_prefix("Init:").is_some_and(|rest| !is_progress(rest))
}

fn is_starting(word: &str) -> bool {
    matches!(word, "Pending" | "PodInitializing" | "ContainerCreating")
        || word.strip_prefix("Init:").is_some_and(is_progress)
}

/// `a/b`, as in `Init:0/1`: so many of so many init containers are done.
fn is_progress(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('/').is_some_and(|(done, all)| is_number(done) && is_number(all))
}

fn is_unhealthy(health: &str) -> bool {
    matches!(health, "LivenessUnhealthy" | "ReadinessUnhealthy" | "Unhealthy")
}

/// Whether a word of health speaks for the instance, or says which probe there is none to speak against it.
fn is_ready(health: &str) -> bool {
    health == "Healthy" || (health.starts_with("Without") && health.ends_with("Config"))
}

/// The first of container, main and health that no row knows. Failing and starting words are known to the rows
/// above, so what is left here to be known is `Running` and the words of health.
fn unknown_word<'a>(container: &'a str, main: &'a str, health: &'a str) -> &'a str {
    if container != "Running" && !container.is_empty() {
        container
    } else if main != "Running" && !main.is_empty() {
        main
    } else if !health.is_empty() && !is_ready(health) && !is_unhealthy(health) && health != "NotCheckedYet" {
        health
    } else {
        NOTHING_SAID
    }
}

#[cfg(test)]
mod tests {
    use InstanceState::{Failing, Ready, Starting, Terminating, Unhealthy, Unknown};

    use super::*;
    use crate::domain::ObservedSidecar;

    fn observed(container: &str, main: &str, health: &str) -> ObservedInstance {
        let word = |text: &str| (!text.is_empty()).then(|| text.into());
        ObservedInstance {
            id: "i".into(),
            container: word(container),
            main: word(main),
            health: word(health),
            ..ObservedInstance::default()
        }
    }

    fn standing(container: &str, main: &str, health: &str) -> (InstanceState, String) {
        let instance = observed(container, main, health);
        let InstanceVerdict { state, reason } = assess_instance(&instance, &HealthRules::default());
        (state, reason.into_owned())
    }

    #[test]
    fn every_documented_and_every_likely_container_state_has_its_row() {
        for (container, state) in [
            ("Error", Failing),
            ("CrashLoopBackOff", Failing),
            ("ErrImagePull", Failing),
            ("ImagePullBackOff", Failing),
            ("Pending", Starting),
            ("Unknown", Unknown),
            ("Terminating", Terminating),
            ("NotFound", Unknown),
            ("PodInitializing", Starting),
            ("Init:0/1", Starting),
            ("Init:12/13", Starting),
            ("Init:Error", Failing),
            ("Init:CrashLoopBackOff", Failing),
            ("Init:OOMKilled", Failing),
            ("Init:ExitCode:1", Failing),
            ("Init:1", Failing),
            ("Init:/", Failing),
            ("ContainerCreating", Starting),
            ("OOMKilled", Failing),
            ("Evicted", Failing),
            ("ContainerCannotRun", Failing),
            ("CreateContainerConfigError", Failing),
            ("CreateContainerError", Failing),
            ("RunContainerError", Failing),
            ("InvalidImageName", Failing),
            ("DeadlineExceeded", Failing),
            ("Failed", Failing),
            ("ExitCode:137", Failing),
            ("Signal:9", Failing),
            ("Completed", Unknown),
            ("Succeeded", Unknown),
            ("NodeLost", Unknown),
            ("NotReady", Unknown),
        ] {
            assert_eq!(standing(container, "", "Healthy"), (state, container.to_owned()));
        }
    }

    #[test]
    fn a_running_container_is_as_its_health_says() {
        for (health, state) in [
            ("Healthy", Ready),
            ("WithoutHealthCheckConfig", Ready),
            ("WithoutLivenessConfig", Ready),
            ("WithoutReadinessConfig", Ready),
            ("NotCheckedYet", Starting),
            ("LivenessUnhealthy", Unhealthy),
            ("ReadinessUnhealthy", Unhealthy),
            ("Unhealthy", Unhealthy),
            ("SomethingNew", Unknown),
        ] {
            assert_eq!(standing("Running", "Running", health), (state, health.to_owned()));
            assert_eq!(
                standing("Running", "", health),
                (state, health.to_owned()),
                "main is as the container"
            );
        }
    }

    /// What each documented state of a container (row) makes of each documented health (column).
    const DOCUMENTED: [(&str, [InstanceState; 8]); 11] = {
        let ready_or = [Ready, Ready, Ready, Ready, Starting, Unhealthy, Unhealthy, Unhealthy];
        [
            ("Error", [Failing; 8]),
            ("CrashLoopBackOff", [Failing; 8]),
            ("ErrImagePull", [Failing; 8]),
            ("ImagePullBackOff", [Failing; 8]),
            ("Pending", [Starting; 8]),
            ("Unknown", [Unknown; 8]),
            ("Terminating", [Terminating; 8]),
            ("NotFound", [Unknown; 8]),
            ("PodInitializing", [Starting; 8]),
            ("Init:0/1", [Starting; 8]),
            ("Running", ready_or),
        ]
    };
    const HEALTHS: [&str; 8] = [
        "Healthy",
        "WithoutHealthCheckConfig",
        "WithoutLivenessConfig",
        "WithoutReadinessConfig",
        "NotCheckedYet",
        "LivenessUnhealthy",
        "ReadinessUnhealthy",
        "Unhealthy",
    ];

    #[test]
    fn every_documented_container_state_meets_every_documented_health() {
        for (container, states) in DOCUMENTED {
            for (health, state) in HEALTHS.into_iter().zip(states) {
                let word = if container == "Running" { health } else { container };
                for main in ["", container] {
                    let seen = standing(container, main, health);
                    assert_eq!(seen, (state, word.to_owned()), "{container}, {main:?}, {health}");
                }
            }
        }
    }

    #[test]
    fn an_unwell_main_container_decides_where_the_instance_looks_well() {
        assert_eq!(standing("Running", "CrashLoopBackOff", "Healthy"), (Failing, "CrashLoopBackOff".into()));
        assert_eq!(standing("Running", "Pending", "Healthy"), (Starting, "Pending".into()));
        assert_eq!(standing("Running", "Paused", "Healthy"), (Unknown, "Paused".into()));
        assert_eq!(standing("Running", "Terminating", "Healthy"), (Unknown, "Terminating".into()));
    }

    #[test]
    fn terminating_comes_before_everything_else() {
        assert_eq!(standing("Terminating", "Error", "Unhealthy"), (Terminating, "Terminating".into()));
    }

    #[test]
    fn a_failing_sidecar_makes_a_running_instance_unhealthy() {
        let mut instance = observed("Running", "Running", "Healthy");
        instance.sidecars = vec![
            ObservedSidecar { status: Some("Running".into()), ..ObservedSidecar::default() },
            ObservedSidecar { status: Some("CrashLoopBackOff".into()), ..ObservedSidecar::default() },
        ];
        let verdict = assess_instance(&instance, &HealthRules::default());
        assert_eq!((verdict.state, &*verdict.reason), (Unhealthy, "SidecarCrashLoopBackOff"));
    }

    #[test]
    fn a_missing_health_check_is_unhealthy_only_where_one_is_required() {
        let rules = HealthRules { require_health_check: true, ..HealthRules::default() };
        let of = |health| assess_instance(&observed("Running", "", health), &rules).state;
        assert_eq!(of("WithoutHealthCheckConfig"), Unhealthy);
        assert_eq!(of("WithoutLivenessConfig"), Ready);
    }

    #[test]
    fn an_instance_of_which_nothing_is_said_is_unknown() {
        assert_eq!(standing("", "", ""), (Unknown, "Unknown".into()));
        assert_eq!(standing("Running", "Running", ""), (Unknown, "Unknown".into()));
        assert_eq!(standing("", "Running", "Odd"), (Unknown, "Odd".into()));
    }

    #[test]
    fn starting_for_longer_than_the_deadline_is_failing_and_the_same_episode() {
        let start = Timestamp::UNIX_EPOCH;
        let deadline = SignedDuration::from_secs(600);
        let after = |seconds| {
            let verdict = InstanceVerdict { state: Starting, reason: "Pending".into() };
            verdict.at(start + SignedDuration::from_secs(seconds), start, deadline)
        };
        assert_eq!(after(600).state, Starting);
        let InstanceVerdict { state, reason } = after(601);
        assert_eq!((state, &*reason), (Failing, DEADLINE_EXCEEDED));
        assert_eq!(episode_of(state, &reason), Starting);
    }
}
