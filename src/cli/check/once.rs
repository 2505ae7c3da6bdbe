//! A single poll for each watch. It is not paced; watches on the same target share one, and so do those on the same name.
//! Names of applications that are watched by id come from one list of their region.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::finding::{Answer, Finding, ask, ask_for_id, find};
use crate::api::{AppId, Diagnosis, RegionId, SaeAppWatch};
use crate::cli::status_line::StatusLine;
use crate::domain::diagnosis::{Evidence, assemble, bad_since};
use crate::domain::freshness::whole_seconds;
use crate::domain::{Access, Failure, Identity, Named, NamedTarget, Target, TargetRef};
use crate::sae::{Client, DiagnosisQuestion};

/// After how long the terminal shows what is waited for.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// Checks each watch once; with `explain` SAE is asked what happened too.
pub(super) async fn check_once(
    client: &Client,
    watches: &[SaeAppWatch],
    access: &Access,
    explain: bool,
) -> Vec<Finding> {
    let mut check = Check {
        client,
        ids: BTreeMap::new(),
        answers: BTreeMap::new(),
        names: BTreeMap::new(),
        evidence: BTreeMap::new(),
    };
    let mut findings = Vec::with_capacity(watches.len());
    for watch in watches {
        let (answer, identity, target) = match TargetRef::new(&watch.spec, watch.status.as_ref(), access) {
            Some(TargetRef::Id(target)) => {
                let answer = check.ask(watch, target.clone()).await;
                let named = if answer.is_ok() { check.name(watch, &target).await } else { None };
                (Some(answer), Identity { named, ..Identity::default() }, Some(target))
            }
            Some(TargetRef::Name(target, last)) => {
                let id = check.find(watch, &target, last.as_ref()).await;
                let identity = Identity { id: id.as_ref().ok().cloned(), named: Some(target.app.clone()) };
                match id.map(|id| Arc::new(target.with_id(id))) {
                    Ok(target) => (Some(check.ask(watch, target.clone()).await), identity, Some(target)),
                    Err(failure) => (Some(Err(failure)), identity, None),
                }
            }
            None => (None, Identity::default(), None),
        };
        let mut finding = find(watch, watch.status.as_ref(), answer, &identity, access);
        if let Some(target) = target.filter(|_| explain) {
            finding.diagnosis = check.diagnose(&finding, target).await.map(Arc::new);
        }
        findings.push(finding);
    }
    findings
}

/// What SAE has said so far.
struct Check<'a> {
    client: &'a Client,
    /// Which application has a name in a region.
    ids: BTreeMap<(RegionId, Arc<Named>), Result<AppId, Failure>>,
    answers: BTreeMap<Arc<Target>, Answer>,
    /// How the applications of a region are named; empty where SAE does not say.
    names: BTreeMap<RegionId, BTreeMap<AppId, Arc<Named>>>,
    /// What happened to the applications.
    evidence: BTreeMap<Arc<Target>, Evidence>,
}

impl Check<'_> {
    /// Polls, unless that was done for a watch before.
    async fn ask(&mut self, watch: &SaeAppWatch, target: Arc<Target>) -> Answer {
        if let Some(answer) = self.answers.get(&target) {
            return answer.clone();
        }
        let waiting = format!("asking SAE in {} about {} …", target.region, target.app);
        let answer = show_if_slow(&waiting, ask(self.client, watch, &target)).await;
        self.answers.insert(target, answer.clone());
        answer
    }

    /// Finds the application that has the name, unless that was done for a watch before.
    async fn find(
        &mut self,
        watch: &SaeAppWatch,
        target: &NamedTarget,
        known: Option<&AppId>,
    ) -> Result<AppId, Failure> {
        let key = (target.region.clone(), target.app.clone());
        if let Some(id) = self.ids.get(&key) {
            return id.clone();
        }
        let waiting = format!("asking SAE in {} for {} …", target.region, target.app.name);
        let id = show_if_slow(&waiting, ask_for_id(self.client, watch, target, known)).await;
        self.ids.insert(key, id.clone());
        id
    }

    /// The name of an application, unless its status has one. It only makes the output easier to read, so a list that is
    /// refused or fails is no error, and not asked for again.
    async fn name(&mut self, watch: &SaeAppWatch, target: &Target) -> Option<Arc<Named>> {
        let Target { region, app, .. } = target;
        if watch.status.as_ref().is_some_and(|status| status.app_name.is_some()) {
            return None;
        }
        if !self.names.contains_key(region) {
            let waiting = format!("asking SAE in {region} for the name of {app} …");
            let names = self.client.names(region, watch.spec.timeout.value());
            let names = show_if_slow(&waiting, names).await.unwrap_or_default();
            self.names.insert(region.clone(), names);
        }
        self.names.get(region)?.get(app).cloned()
    }

    /// What SAE says happened, of an application that is well too: a person asks. Where the poll brought nothing, nothing
    /// more is asked.
    async fn diagnose(&mut self, finding: &Finding, target: Arc<Target>) -> Option<Diagnosis> {
        let status = finding.watch.status.as_ref().filter(|_| matches!(finding.answer, Some(Ok(_))))?;
        let at = whole_seconds(Timestamp::now());
        let since = bad_since(status).unwrap_or(at);
        if let Some(evidence) = self.evidence.get(&target) {
            return Some(assemble(evidence, since));
        }
        let waiting = format!("asking SAE in {} what happened to {} …", target.region, target.app);
        let namespace = status.namespace_id.clone();
        let question = DiagnosisQuestion { target: target.clone(), namespace, since, at, denied: Vec::new() };
        let diagnose = self.client.diagnose(&question, finding.watch.spec.timeout.value());
        let evidence = show_if_slow(&waiting, diagnose).await;
        let diagnosis = assemble(&evidence, since);
        self.evidence.insert(target, evidence);
        Some(diagnosis)
    }
}

/// Shows on a terminal what is waited for, if it takes long, and clears that again.
pub(super) async fn show_if_slow<T>(waiting: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(SLOW_AFTER) => {}
    }
    let mut line = StatusLine::new();
    line.show(waiting);
    work.await
}
