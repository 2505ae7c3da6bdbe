//! Which application a status says that it shows (contract §12).

use super::draft::Draft;
use super::{Input, Named, TargetRef};
use crate::api::{AppId, AppName, NamespaceId, SaeAppWatchSpec, SaeAppWatchStatus};

/// What is known of the application that the spec means.
struct Known {
    id: Option<AppId>,
    name: Option<AppName>,
    namespace: Option<NamespaceId>,
}

impl Known {
    fn new(input: &Input<'_>, wanted: Option<&TargetRef>, shown: &SaeAppWatchStatus) -> Self {
        let SaeAppWatchSpec { app_id, app_name, namespace_id, .. } = input.spec;
        match (app_id, app_name) {
            (Some(id), None) => Self::by_id(id, input.identity.named.as_deref(), shown),
            (None, Some(name)) => {
                let namespace = match wanted {
                    Some(TargetRef::Name(target, _)) => Some(&target.app.namespace),
                    // Without a region its default namespace is not known either.
                    Some(TargetRef::Id(_)) | None => namespace_id.as_ref().or(shown.namespace_id.as_ref()),
                };
                let last = match wanted {
                    Some(TargetRef::Name(_, last)) => last.as_ref(),
                    Some(TargetRef::Id(_)) | None => shown.app_id.as_ref(),
                };
                Self {
                    id: input.identity.id.as_ref().or(last).cloned(),
                    name: Some(name.clone()),
                    namespace: namespace.cloned(),
                }
            }
            // A spec that cannot be read: what was known stands.
            (None, None) | (Some(_), Some(_)) => Self {
                id: shown.app_id.as_ref().or(app_id.as_ref()).cloned(),
                name: shown.app_name.as_ref().or(app_name.as_ref()).cloned(),
                namespace: shown.namespace_id.as_ref().or(namespace_id.as_ref()).cloned(),
            },
        }
    }

    /// A name that was learnt is kept as long as no list says another.
    fn by_id(id: &AppId, listed: Option<&Named>, shown: &SaeAppWatchStatus) -> Self {
        let is_shown = shown.app_id.as_ref() == Some(id);
        let (name, namespace) = match listed {
            Some(Named { name, namespace }) => (Some(name), Some(namespace)),
            None if is_shown => (shown.app_name.as_ref(), shown.namespace_id.as_ref()),
            None => (None, None),
        };
        Self { id: Some(id.clone()), name: name.cloned(), namespace: namespace.cloned() }
    }
}

impl Draft<'_> {
    /// Names the application. While the data shown is another one's, it keeps that one's id: a process that starts then
    /// can see whose data it is.
    pub(super) fn name_application(&mut self) {
        let known = Known::new(self.input, self.wanted.as_ref(), &self.status);
        let status = &mut self.status;
        let is_other = status.app_id.as_ref().zip(known.id.as_ref()).is_some_and(|(shown, id)| shown != id);
        if is_other && status.observed_at.is_some() {
            return;
        }
        let Known { id, name, namespace } = known;
        let app = name.as_ref().map(AppName::as_str).or(id.as_ref().map(AppId::as_str));
        if let Some(app) = app.filter(|app| status.app.as_deref() != Some(*app)) {
            status.app = Some(app.to_owned());
        }
        (status.app_id, status.app_name, status.namespace_id) = (id, name, namespace);
    }

    /// Names the application whose data is shown from now on.
    pub(super) fn name_application_of_answer(&mut self, id: &AppId) {
        if self.status.app_id.as_ref() != Some(id) {
            self.status.app_id = Some(id.clone());
            (self.status.app_name, self.status.namespace_id) = (None, None);
        }
        self.name_application();
    }

    /// The application in words, such as `app shop (cn-hangzhou)`.
    pub(super) fn describe_application(&self) -> String {
        let app = match &self.status.app {
            Some(app) => format!("app {app}"),
            None => "the application".into(),
        };
        match &self.wanted {
            Some(wanted) => format!("{app} ({})", wanted.region()),
            None => app,
        }
    }
}
