//! What each reason means, what to do about it, and the type of its event.
//!
//! The reference's table of reasons is made from it, and a test compares the two.

use super::{EventType, Reason};

/// What is known of one reason.
pub(super) struct Entry {
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
    pub(super) advice: &'static str,
    pub(super) event: Option<EventType>,
}

const fn entry(
    word: &'static str,
    meaning: &'static str,
    advice: &'static str,
    event: Option<EventType>,
) -> Entry {
    Entry { word, meaning, advice, event }
}

impl Reason {
    #[allow(clippy::too_many_lines, reason = "one table, an entry a reason")]
    pub(super) fn entry(self) -> Entry {
        use EventType::{Normal, Warning};
        match self {
            Self::Observed => {
                entry("Observed", "The newest poll answered, and what is shown is fresh.", "Nothing.", None)
            }
            Self::AwaitingFirstAnswer => entry(
                "AwaitingFirstAnswer",
                "SAE has not answered for this spec yet.",
                "Wait; the message says for what.",
                None,
            ),
            Self::RetryingAfterFailure => entry(
                "RetryingAfterFailure",
                "Something failed and is tried again by itself.",
                "See Ready's reason.",
                None,
            ),
            Self::Suspended => entry(
                "Suspended",
                "The watch or its SaeAccount is suspended: SAE is not polled, and what is shown stays.",
                "Set spec.suspend to false to resume; the message says whose.",
                None,
            ),
            Self::PollFailed => entry(
                "PollFailed",
                "Polls keep failing; the data shown is the last there was.",
                "See the message; SAE or the way to it is in trouble, and the polls go on by themselves.",
                Some(Warning),
            ),
            Self::Throttled => entry(
                "Throttled",
                "SAE refuses calls because the account is over its quota.",
                "Lower --calls-per-minute, watch fewer applications, or ask Alibaba Cloud for more quota.",
                None,
            ),
            Self::DataStale => entry(
                "DataStale",
                "What is shown is too old to be believed.",
                "See Ready's message and the operator's log; if the operator was away, the next poll clears it.",
                Some(Warning),
            ),
            Self::AppNotFound => entry(
                "AppNotFound",
                "SAE does not know the application.",
                "Check appId, or appName and namespaceId, and regionId; or delete the watch if the application is gone.",
                Some(Warning),
            ),
            Self::GroupNotFound => entry(
                "GroupNotFound",
                "A group named by the spec does not exist.",
                "Correct groupIds, or leave it out to watch all groups.",
                Some(Warning),
            ),
            Self::InvalidSpec => entry(
                "InvalidSpec",
                "SAE calls a value of the spec wrong, or the operator cannot read the spec.",
                "Correct the value that the message names.",
                Some(Warning),
            ),
            Self::RegionMissing => entry(
                "RegionMissing",
                "Neither the watch or the set nor the operator names a region.",
                "Set spec.regionId, or spec.regionIds of a set, or start the operator with --region.",
                Some(Warning),
            ),
            Self::AuthenticationFailed => entry(
                "AuthenticationFailed",
                "SAE or STS does not accept the credentials.",
                "Check the access key or the role; a changed key is picked up by itself.",
                Some(Warning),
            ),
            Self::AccessDenied => entry(
                "AccessDenied",
                "The credentials may not ask this.",
                "Grant the RAM action that the message names.",
                Some(Warning),
            ),
            Self::AccountBlocked => entry(
                "AccountBlocked",
                "The account is blocked or out of money.",
                "Settle it in the Alibaba Cloud console.",
                Some(Warning),
            ),
            Self::CredentialsMissing => entry(
                "CredentialsMissing",
                "No credentials are configured, or only half of one.",
                "Give the operator credentials; the message and its log say what was tried.",
                Some(Warning),
            ),
            Self::AccountRequired => entry(
                "AccountRequired",
                "The watch names no account, and the operator was started with --require-account.",
                "Set spec.accountRef.",
                Some(Warning),
            ),
            Self::AccountNotFound => entry(
                "AccountNotFound",
                "There is no SaeAccount of the name in spec.accountRef.",
                "Correct the name, or have the SaeAccount created; it is noticed at once.",
                Some(Warning),
            ),
            Self::AccountNotAllowed => entry(
                "AccountNotAllowed",
                "The SaeAccount does not allow the namespace of the watch.",
                "Have the namespace added to the SaeAccount's spec.namespaces, or name another account.",
                Some(Warning),
            ),
            Self::AccountMismatch => entry(
                "AccountMismatch",
                "The keys of the SaeAccount belong to another account.",
                "Correct the SaeAccount's accountId, roleArn or profile; its own message names both accounts.",
                Some(Warning),
            ),
            Self::AccountConflict => entry(
                "AccountConflict",
                "Another SaeAccount, or the operator's own keys, stand for the same account.",
                "Delete one of the two; the SaeAccount's own message names the other one.",
                Some(Warning),
            ),
            Self::VerificationFailed => entry(
                "VerificationFailed",
                "STS has not said whose the keys of the SaeAccount are.",
                "See the message; STS or the way to it is in trouble, and it is asked again by itself.",
                Some(Warning),
            ),
            Self::Verified => entry(
                "Verified",
                "STS says that the keys are those of the account.",
                "Nothing.",
                Some(Normal),
            ),
            Self::Listed => {
                entry("Listed", "The applications of the set are known.", "Nothing.", Some(Normal))
            }
            Self::LimitReached => entry(
                "LimitReached",
                "More applications are selected than the limit of the set allows.",
                "Raise the set's spec.limit, or narrow its spec.selector.",
                Some(Normal),
            ),
            Self::ListFailed => entry(
                "ListFailed",
                "The applications of a region cannot be listed; the watches of the set stay as they are.",
                "See the message; lists are read again by themselves. Where one is denied, grant sae:ListApplications.",
                Some(Warning),
            ),
            Self::ApplyFailed => entry(
                "ApplyFailed",
                "The API server refuses a watch of the set.",
                "See the message; it is tried again by itself.",
                Some(Warning),
            ),
            Self::Progressing => entry(
                "Progressing",
                "STS has not answered yet, or a region of the set has not been listed yet.",
                "Wait; both happen by themselves.",
                None,
            ),
            Self::HealthUnknown => entry(
                "HealthUnknown",
                "The health of the application is unknown.",
                "See Ready's reason.",
                None,
            ),
            Self::ScaledToZero => entry("ScaledToZero", "No instance is wanted.", "Nothing.", None),
            Self::AllInstancesHealthy => {
                entry("AllInstancesHealthy", "Every instance is ready.", "Nothing.", None)
            }
            Self::RunningWithoutHealthCheck => entry(
                "RunningWithoutHealthCheck",
                "Every instance runs, and none has a health check.",
                "Give the application a readiness probe, so that running means serving.",
                None,
            ),
            Self::EnoughInstancesHealthy => entry(
                "EnoughInstancesHealthy",
                "As many instances are ready as minHealthyPercent asks for.",
                "See the instances that are not.",
                None,
            ),
            Self::InstancesStarting => entry(
                "InstancesStarting",
                "Instances are starting.",
                "Wait; after progressDeadline they count as failing.",
                None,
            ),
            Self::InstancesFailing => entry(
                "InstancesFailing",
                "Instances crash or cannot start.",
                "See the instances the message names, their logs in SAE, and the last rollout.",
                None,
            ),
            Self::InstancesUnhealthy => entry(
                "InstancesUnhealthy",
                "Instances run and fail their health checks, or a sidecar fails.",
                "See the instances the message names and their probes.",
                None,
            ),
            Self::NoInstances => entry(
                "NoInstances",
                "Instances are wanted and none is there.",
                "See the application's change orders in SAE: a rollout or a scaling rule took them all.",
                Some(Warning),
            ),
            Self::InsufficientInstances => entry(
                "InsufficientInstances",
                "Fewer instances are ready than are wanted.",
                "See the application's scaling rules and quota in SAE.",
                None,
            ),
            Self::HealthDegraded => entry(
                "HealthDegraded",
                "The application became unwell, or worse.",
                "See the note and `kubectl describe`.",
                Some(Warning),
            ),
            Self::HealthRecovered => {
                entry("HealthRecovered", "The application is well again.", "Nothing.", Some(Normal))
            }
            Self::InstancesCrashLooping => entry(
                "InstancesCrashLooping",
                "An instance crashes again and again.",
                "See its log in SAE and the last rollout.",
                Some(Warning),
            ),
            Self::ImagePullFailed => entry(
                "ImagePullFailed",
                "An image cannot be pulled.",
                "Check the image's name and the registry's access.",
                Some(Warning),
            ),
            Self::InstancesRestarted => entry(
                "InstancesRestarted",
                "Instances that run were restarted.",
                "See their logs and their memory limits.",
                Some(Warning),
            ),
            Self::InstancesScaled => {
                entry("InstancesScaled", "Another number of instances is wanted.", "Nothing.", Some(Normal))
            }
            Self::VersionChanged => {
                entry("VersionChanged", "A rollout is over and other versions run.", "Nothing.", Some(Normal))
            }
            Self::PollRecovered => entry("PollRecovered", "Polls work again.", "Nothing.", Some(Normal)),
            Self::RefreshHandled => {
                entry("RefreshHandled", "A requested poll was made.", "Nothing.", Some(Normal))
            }
            Self::DiagnosisReady => entry(
                "DiagnosisReady",
                "SAE has said why the application is unwell.",
                "Read status.diagnosis: the change order and the warnings that came with it.",
                Some(Normal),
            ),
        }
    }
}
