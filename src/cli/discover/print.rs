//! The applications, as they are printed.

use serde_json::{Value, json};

use super::args::{Args, Output};
use super::listing::Application;
use crate::api::{GROUP, KIND, VERSION};
use crate::cli::columns::{Cell, columns};
use crate::cli::objects::{list, name_line};
use crate::domain::set::{ListedApp, manifest_name};
use crate::domain::text::{TEXT_BYTES, clean};

/// All applications, in the form that is asked for.
pub(super) fn render(applications: &[Application], args: &Args) -> anyhow::Result<String> {
    let manifests = || applications.iter().map(|application| manifest(application, args));
    Ok(match args.output {
        Output::Table => table(applications),
        Output::Json => serde_json::to_string_pretty(&list(&manifests().collect::<Vec<_>>()))? + "\n",
        Output::Yaml => {
            let documents = manifests().map(|manifest| serde_saphyr::to_string(&manifest));
            documents.collect::<Result<Vec<_>, _>>()?.join("---\n")
        }
        Output::Name => applications.iter().map(|application| name_line(KIND, &name(application))).collect(),
    })
}

fn table(applications: &[Application]) -> String {
    let cleaned = |text: Option<&str>| Cell::optional(text.map(|text| clean(text, TEXT_BYTES)));
    let row = |application: &Application| {
        let Application { region, app: ListedApp { id, name, namespace, .. }, running, wanted } = application;
        vec![
            cleaned(name.as_deref()),
            cleaned(namespace.as_deref()),
            Cell::new(region.as_str()),
            Cell::new(id.as_str()),
            Cell::new(instances(*running, *wanted)),
        ]
    };
    let rows: Vec<_> = applications.iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    columns(&["NAME", "NAMESPACE", "REGION", "APP-ID", "INSTANCES"], &rows)
}

/// How many run of how many are wanted, as far as SAE says it.
fn instances(running: Option<i64>, wanted: Option<i64>) -> String {
    if running.is_none() && wanted.is_none() {
        return String::new();
    }
    let count = |count: Option<i64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    format!("{}/{}", count(running), count(wanted))
}

/// The watch of an application, by its id as sets have it: an application that takes the name of another is another one.
fn manifest(application: &Application, args: &Args) -> Value {
    let Application { region, app, .. } = application;
    let mut manifest = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name(application) },
        "spec": { "appId": app.id, "regionId": region },
    });
    if let Some(namespace) = &args.namespace {
        manifest["metadata"]["namespace"] = json!(namespace);
    }
    if let Some(account) = &args.account_ref {
        manifest["spec"]["accountRef"] = json!({ "name": account });
    }
    manifest
}

fn name(Application { region, app, .. }: &Application) -> String {
    manifest_name(region, &app.id, app.name.as_deref())
}
