//! A list or watch that fails, reported once and not at each try.

use kube::runtime::watcher;

use crate::cluster::describe;

/// What is wrong with one stream of watches, as it was reported last.
#[derive(Debug, Default)]
pub(super) struct Outage(Option<String>);

/// What is worth a log line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// It fails, and why.
    Failing(String),
    /// It works again.
    Over,
}

impl Report {
    /// Logs it: of a resource, by its plural, in a namespace or in all.
    pub(super) fn log(&self, resource: &str, namespace: Option<&str>) {
        match self {
            Self::Failing(error) => {
                tracing::warn!(namespace, error, "{resource} cannot be listed or watched; trying again");
            }
            Self::Over => tracing::info!(namespace, "{resource} can be listed and watched again"),
        }
    }
}

impl Outage {
    /// Takes in what came of a try; what of it is new.
    pub(super) fn note<T>(&mut self, outcome: &Result<T, watcher::Error>) -> Option<Report> {
        match outcome {
            Ok(_) => self.0.take().map(|_| Report::Over),
            Err(error) => {
                let cause = describe(error);
                let is_new = self.0.as_ref() != Some(&cause);
                self.0 = Some(cause.clone());
                is_new.then_some(Report::Failing(cause))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(cause: &str) -> Result<(), watcher::Error> {
        Err(watcher::Error::InitialListFailed(kube::Error::Service(cause.into())))
    }

    #[test]
    fn each_cause_is_reported_once_until_it_is_over() {
        let mut outage = Outage::default();
        assert_eq!(outage.note(&Ok(())), None);
        assert_eq!(outage.note(&failing("refused")), Some(Report::Failing("refused".into())));
        assert_eq!(outage.note(&failing("refused")), None);
        assert_eq!(outage.note(&failing("no such host")), Some(Report::Failing("no such host".into())));
        assert_eq!(outage.note(&Ok(())), Some(Report::Over));
        assert_eq!(outage.note(&failing("refused")), Some(Report::Failing("refused".into())));
    }
}
