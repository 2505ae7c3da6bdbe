//! What is applied for one watch of a set.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::apply::Apply;
use crate::api::{GROUP, KIND, SET_LABEL, SaeAppWatchSetSpec, TEMPLATE_ANNOTATION, VERSION};
use crate::domain::text::hex;

/// The SaeAppWatch that a set with this name, uid and spec applies, in its namespace, with the checksum of it in the
/// annotation.
///
/// A watch that is there is applied with its uid: one that was made under its name meanwhile is refused with a conflict
/// and not taken.
pub fn manifest(
    namespace: &str,
    set: &str,
    set_uid: &str,
    spec: &SaeAppWatchSetSpec,
    apply: &Apply,
) -> Value {
    let Apply { name, region, app, uid } = apply;
    let application = [name, region.as_str(), app.as_str()];
    let checksum = Checksums::new(set, set_uid, spec).of(application);
    let mut watch = watch(set, set_uid, spec, application);
    watch["metadata"]["namespace"] = namespace.into();
    watch["metadata"]["annotations"][TEMPLATE_ANNOTATION] = checksum.into();
    if let Some(uid) = uid {
        watch["metadata"]["uid"] = (**uid).into();
    }
    watch
}

/// All that a set says of the watch with this name, of this region and this application.
fn watch(set: &str, set_uid: &str, spec: &SaeAppWatchSetSpec, [name, region, app]: [&str; 3]) -> Value {
    let mut watch = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": {
            "name": name,
            "labels": spec.template.metadata.labels,
            "annotations": spec.template.metadata.annotations,
            // Without blockOwnerDeletion, for which the operator would need a right on finalizers of sets.
            "ownerReferences": [{
                "apiVersion": format!("{GROUP}/{VERSION}"),
                "kind": "SaeAppWatchSet",
                "name": set,
                "uid": set_uid,
                "controller": true,
            }],
        },
        "spec": spec.template.spec,
    });
    watch["metadata"]["labels"][SET_LABEL] = set.into();
    watch["spec"]["appId"] = app.into();
    watch["spec"]["regionId"] = region.into();
    if let Some(account) = &spec.account_ref {
        watch["spec"]["accountRef"] = json!({ "name": account.name });
    }
    watch
}

/// Checksums of what a set applies: of what all its watches have in common, once, and of what each has of its own. The
/// namespace is not in it, in which all of them are, nor the uid, which a watch has only after its first apply.
pub(super) struct Checksums(Sha256);

impl Checksums {
    /// Those of a set with this name, uid and spec.
    pub(super) fn new(set: &str, set_uid: &str, spec: &SaeAppWatchSetSpec) -> Self {
        Self(Sha256::new_with_prefix(watch(set, set_uid, spec, [""; 3]).to_string()))
    }

    /// That of the watch with this name, of this region and this application.
    pub(super) fn of(&self, application: [&str; 3]) -> String {
        let mut sum = self.0.clone();
        for part in application {
            sum.update(part);
            sum.update([0]);
        }
        hex(&sum.finalize()[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccountRef, TemplateSpec};

    fn apply() -> Apply {
        Apply {
            name: "shop-cart-12345678".into(),
            region: "cn-hangzhou".parse().unwrap(),
            app: "app-1".parse().unwrap(),
            uid: None,
        }
    }

    #[test]
    fn a_watch_has_what_the_template_names_and_what_the_set_adds() {
        let mut spec = SaeAppWatchSetSpec {
            account_ref: Some(AccountRef { name: "prod".parse().unwrap() }),
            ..SaeAppWatchSetSpec::default()
        };
        spec.template.spec = TemplateSpec { suspend: Some(false), ..TemplateSpec::default() };
        spec.template.metadata.labels = [("team".to_owned(), "shop".to_owned())].into();
        spec.template.metadata.annotations =
            [("saewatch.dev/scrape-port".to_owned(), "80".to_owned())].into();
        let apply = Apply { uid: Some("u-9".into()), ..apply() };
        let watch = manifest("team-a", "shop", "u-1", &spec, &apply);
        let checksum = &watch["metadata"]["annotations"]["saewatch.dev/template"];
        assert_eq!(checksum.as_str().unwrap().len(), 16);
        let expected = json!({
            "apiVersion": "saewatch.dev/v1alpha1",
            "kind": "SaeAppWatch",
            "metadata": {
                "name": "shop-cart-12345678",
                "namespace": "team-a",
                "uid": "u-9",
                "labels": { "team": "shop", "saewatch.dev/set": "shop" },
                "annotations": { "saewatch.dev/scrape-port": "80", "saewatch.dev/template": checksum },
                "ownerReferences": [{
                    "apiVersion": "saewatch.dev/v1alpha1",
                    "kind": "SaeAppWatchSet",
                    "name": "shop",
                    "uid": "u-1",
                    "controller": true,
                }],
            },
            "spec": {
                "appId": "app-1",
                "regionId": "cn-hangzhou",
                "accountRef": { "name": "prod" },
                "suspend": false,
            },
        });
        assert_eq!(watch, expected);
    }

    #[test]
    fn a_watch_can_be_read_by_the_operator() {
        let watch = manifest("team-a", "shop", "u-1", &SaeAppWatchSetSpec::default(), &apply());
        let watch: crate::api::SaeAppWatch = serde_json::from_value(watch).unwrap();
        assert_eq!(watch.spec.app_id.unwrap().as_str(), "app-1");
    }

    #[test]
    fn the_checksum_moves_with_all_that_is_applied_but_the_uid_of_the_watch() {
        let spec = SaeAppWatchSetSpec::default();
        let sum = |set: &str, uid: &str, spec: &SaeAppWatchSetSpec, apply: &Apply| {
            manifest("a", set, uid, spec, apply)["metadata"]["annotations"][TEMPLATE_ANNOTATION].clone()
        };
        let usual = sum("s", "u", &spec, &apply());
        let with = |change: fn(&mut SaeAppWatchSetSpec)| {
            let mut spec = spec.clone();
            change(&mut spec);
            sum("s", "u", &spec, &apply())
        };
        let others = [
            sum("t", "u", &spec, &apply()),
            sum("s", "v", &spec, &apply()),
            sum("s", "u", &spec, &Apply { name: "n".into(), ..apply() }),
            sum("s", "u", &spec, &Apply { region: "cn-beijing".parse().unwrap(), ..apply() }),
            sum("s", "u", &spec, &Apply { app: "app-2".parse().unwrap(), ..apply() }),
            with(|spec| spec.account_ref = Some(AccountRef { name: "prod".parse().unwrap() })),
            with(|spec| spec.template.spec.suspend = Some(false)),
            with(|spec| spec.template.spec.interval = Some("5m".parse().unwrap())),
            with(|spec| spec.template.metadata.labels = [("a".to_owned(), "b".to_owned())].into()),
            with(|spec| spec.template.metadata.annotations = [("a".to_owned(), "b".to_owned())].into()),
        ];
        let distinct: std::collections::BTreeSet<String> =
            others.iter().chain([&usual]).map(ToString::to_string).collect();
        assert_eq!(distinct.len(), others.len() + 1);
        assert_eq!(sum("s", "u", &spec, &Apply { uid: Some("w".into()), ..apply() }), usual);
        assert_eq!(with(|spec| spec.limit = 7), usual, "what is not applied");
    }
}
