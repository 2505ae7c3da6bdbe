//! Which row of the table a set is in, and why, in words.

use std::fmt::Write as _;

use super::decide::SetInput;
use super::list::RegionLists;
use super::state::SetState;
use crate::api::{RegionId, SaeAppWatchSetSpec};
use crate::domain::conditions::Truth;
use crate::domain::ready_change::ready;
use crate::domain::refusal::KNOWN_BEFORE_STS;
use crate::domain::text::{count, plural};
use crate::domain::{Admission, Failure, FailureClass, Reason, Refusal};

/// How many lists in a row must fail before a region counts as failed (contract §15.1).
const FAILURES: u32 = 3;
/// The most regions that a message names: 512 bytes are soon full.
const NAMED_REGIONS: usize = 5;

/// The reasons of Ready that lists and watches give. They stay over a restart until each region is listed again.
const OF_LISTS: [Reason; 5] =
    [Reason::Listed, Reason::LimitReached, Reason::ListFailed, Reason::ApplyFailed, Reason::AccessDenied];

impl SetInput<'_> {
    /// The first row that fits: what a person must mend before what is tried again, and that before what is awaited.
    pub(super) fn state(&self) -> SetState {
        let spec = match self.spec {
            Ok(spec) => spec,
            Err(problem) => return SetState::Stalled(Reason::InvalidSpec, problem.into()),
        };
        if spec.suspend || self.access.admission == Admission::Suspended {
            return SetState::Suspended;
        }
        if let Admission::Refused(refusal) = &self.access.admission {
            return refused(refusal);
        }
        if spec.region_ids.is_none() && self.access.default_region.is_none() {
            return SetState::Stalled(Reason::RegionMissing, name_missing_region(spec));
        }
        self.state_by_lists(spec)
    }

    fn state_by_lists(&self, spec: &SaeAppWatchSetSpec) -> SetState {
        let failed = self.regions.iter().filter_map(|(region, lists)| Some((region, failure(lists)?)));
        let failed: Vec<(&RegionId, &Failure)> = failed.collect();
        if let [(_, first), ..] = &*failed
            && failed.len() == self.regions.len()
            && failed.iter().all(|(_, failure)| is_denied(failure))
        {
            let message = format!("{} may not be listed: {}", name(&failed), first.message);
            return SetState::Stalled(Reason::AccessDenied, message);
        }
        if let Some(failure) = self.apply_failure {
            return SetState::ApplyFailed(format!("a watch cannot be applied: {failure}"));
        }
        if self.has_untried_applies && self.says(&[Reason::ApplyFailed]) {
            return SetState::Kept;
        }
        if let [(_, first), ..] = &*failed {
            let regions = name(&failed);
            let message = format!(
                "the applications of {regions} cannot be listed, and their watches stay as they are: {}",
                first.message
            );
            return SetState::ListFailed(message);
        }
        if !self.is_each_region_judged() {
            return self.wait(spec);
        }
        let selected = plural(count(self.plan.applications), "application");
        let remarks = self.remarks();
        if self.plan.omitted == 0 {
            return SetState::Listed(format!("{selected} selected{remarks}"));
        }
        SetState::LimitReached(format!(
            "{selected} selected, {} beyond the limit of {}: raise spec.limit or narrow spec.selector{remarks}",
            self.plan.omitted, spec.limit
        ))
    }

    /// Whether of each region there is a list to plan with, or it is known that there will be none soon.
    pub(super) fn is_each_region_judged(&self) -> bool {
        !self.regions.is_empty() && self.regions.values().all(is_judged)
    }

    fn wait(&self, spec: &SaeAppWatchSetSpec) -> SetState {
        if self.is_outcome_kept() {
            return SetState::Kept;
        }
        let account = spec.account_ref.as_ref().map(|account| &account.name);
        if let (Admission::Unverified, Some(account)) = (&self.access.admission, account) {
            return SetState::Progressing(format!("waiting until the SaeAccount {account} is verified"));
        }
        let waiting: Vec<_> = self.regions.iter().filter(|(_, lists)| !is_judged(lists)).collect();
        let differences = waiting.iter().filter_map(|(region, lists)| {
            let difference = lists.unsettled?;
            Some(format!("; a list of {region} has {}, and is read again", against_count(difference)))
        });
        let differences: String = differences.take(NAMED_REGIONS).collect();
        let of = if waiting.is_empty() { String::new() } else { format!(" of {}", name(&waiting)) };
        SetState::Progressing(format!("waiting for the first list of the applications{of}{differences}"))
    }

    /// Whether Ready says what lists and watches gave for this spec, or what an account was refused for that is not
    /// verified again yet.
    fn is_outcome_kept(&self) -> bool {
        let is_by_account = self.access.admission == Admission::Unverified
            && ready(&self.last.conditions).is_some_and(|ready| ready.status == Truth::False.as_str())
            && !self.says(&KNOWN_BEFORE_STS);
        self.last.observed_generation == self.generation && (self.says(&OF_LISTS) || is_by_account)
    }

    /// Whether Ready has one of these reasons.
    fn says(&self, reasons: &[Reason]) -> bool {
        let said = ready(&self.last.conditions);
        said.is_some_and(|ready| reasons.iter().any(|reason| reason.as_str() == ready.reason))
    }

    /// What of the applications is not as it should be, though the set is Ready.
    fn remarks(&self) -> String {
        let mut remarks = String::new();
        if let Some(first) = self.plan.conflicts.first() {
            let conflicts = self.plan.conflicts.len();
            let _ = write!(
                remarks,
                "; {conflicts} without a watch of the set: another watch has the name {first}"
            );
        }
        let lists = self.regions.iter().filter_map(|(region, lists)| Some((region, lists.list.as_ref()?)));
        let differences = lists.filter_map(|(region, list)| Some((region, list.difference?)));
        for (region, difference) in differences.take(NAMED_REGIONS) {
            let difference = against_count(difference);
            let _ = write!(
                remarks,
                "; the list of {region} has {difference}, so that nothing becomes an orphan there"
            );
        }
        remarks
    }
}

fn refused(Refusal { reason, message }: &Refusal) -> SetState {
    match reason {
        Reason::AccountNotFound => SetState::AccountMissing(message.clone()),
        // The refusal speaks to watches.
        Reason::AccountRequired => {
            SetState::Stalled(*reason, "the set names no account: set spec.accountRef".into())
        }
        reason => SetState::Stalled(*reason, message.clone()),
    }
}

fn name_missing_region(spec: &SaeAppWatchSetSpec) -> String {
    let account = spec.account_ref.as_ref().map(|account| &account.name);
    let of_account = account.map_or(String::new(), |name| format!("or regionId of the SaeAccount {name}, "));
    format!("the set has no region: set spec.regionIds, {of_account}or start the operator with --region")
}

/// The newest failure of a region that counts as failed: after three in a row, and at once where it does not pass by
/// itself. A denied region is asked again only after an hour, and with rejected keys none is.
fn failure(lists: &RegionLists) -> Option<&Failure> {
    let failure = lists.failure.as_ref().filter(|_| lists.failures > 0)?;
    let is_permanent = matches!(failure.class, FailureClass::Permanent(_));
    (lists.failures >= FAILURES || is_permanent).then_some(failure)
}

fn is_denied(failure: &Failure) -> bool {
    failure.class == FailureClass::Permanent(Reason::AccessDenied)
}

fn is_judged(lists: &RegionLists) -> bool {
    lists.list.is_some() || failure(lists).is_some()
}

/// By how much a list differs from what SAE counts.
fn against_count(difference: i64) -> String {
    let than = if difference < 0 { "more" } else { "fewer" };
    format!("{} {than} than SAE counts", difference.unsigned_abs())
}

/// `cn-a, cn-b and 3 more regions`.
fn name<T>(regions: &[(&RegionId, T)]) -> String {
    let names: Vec<&str> = regions.iter().take(NAMED_REGIONS).map(|(region, _)| region.as_str()).collect();
    let names = names.join(", ");
    match regions.len().saturating_sub(NAMED_REGIONS) {
        0 => names,
        more => format!("{names} and {}", plural(count(more), "more region")),
    }
}
