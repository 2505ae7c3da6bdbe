//! Applications by name: `--app-name`, manifests with `appName`, and the name of an application that is given by its id.

use sae_simulator::{Application, Fault, Operation};
use serde_json::Value;

use crate::stage::{Ran, Stage};

/// An SAE in which `shop` is one application in the default namespace and another one in `cn-hangzhou:prod`.
fn stage() -> Stage {
    let stage = Stage::new();
    let app = |id: &str| Application::new(id).named("shop").group("g-1", 1).running(1);
    stage.sae.put_application(app("app-1"));
    stage.sae.put_application(app("app-2"));
    stage.sae.update("app-2", |app| app.namespace = "cn-hangzhou:prod".to_owned());
    stage.sae.put_application(Application::new("app-3").named("shop-2").group("g-1", 1).running(1));
    stage
}

/// How often SAE was asked for applications.
fn lists(stage: &Stage) -> usize {
    stage.sae.calls().iter().filter(|call| call.operation == Operation::ListApplications).count()
}

#[test]
fn a_name_is_found_by_one_list_and_shown_beside_its_id() {
    let stage = stage();
    let Ran { code, stdout, stderr } = stage.check(&["--app-name", "shop", "-o", "wide"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let row: Vec<&str> = stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[0], row[1]), ("shop", "Healthy"), "{stdout}");
    assert!(row.contains(&"app-1"), "{stdout}");
    assert_eq!(lists(&stage), 1);
}

#[test]
fn a_namespace_says_which_of_two_is_meant_and_in_which_region() {
    let stage = stage();
    let arguments = ["--app-name", "shop", "--namespace-id", "cn-hangzhou:prod", "-o", "json"];
    let ran = Ran::of(stage.command(&arguments).env_remove("SAEWATCH_REGION").output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let watch: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(watch["metadata"]["name"], "shop");
    assert_eq!(watch["spec"]["appName"], "shop");
    let status = &watch["status"];
    let shown = ["app", "appId", "appName", "namespaceId"].map(|field| status[field].as_str().unwrap());
    assert_eq!(shown, ["shop", "app-2", "shop", "cn-hangzhou:prod"]);
}

#[test]
fn a_name_that_no_application_has_is_not_found_in_its_namespace() {
    let stage = stage();
    let ran = stage.check(&["--app-name", "shop-", "--region", "cn-hangzhou"]);
    assert_eq!(ran.code, 3, "no such name can be");
    let ran = stage.check(&["--app-name", "Shop"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("namespace cn-hangzhou has no application named Shop"), "{}", ran.stdout);
    assert!(ran.stdout.contains("AppNotFound"), "{}", ran.stdout);
}

#[test]
fn manifests_with_the_same_name_share_one_list_and_one_poll() {
    let stage = stage();
    let manifest = |name: &str| {
        let head = "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\n";
        format!("{head}metadata: {{name: {name}}}\nspec: {{appName: shop}}\n")
    };
    let manifests = format!("{}---\n{}", manifest("one"), manifest("two"));
    let ran = stage.check_input(&["-f", "-"], &manifests);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("1 of 1 instance ready").count(), 2, "{}", ran.stdout);
    assert_eq!((lists(&stage), stage.sae.calls().len()), (1, 3));
}

#[test]
fn a_list_that_is_denied_says_so() {
    let stage = stage();
    stage.sae.inject(Fault::error(403, "NoPermission").on(Operation::ListApplications).until_cleared());
    let ran = stage.check(&["--app-name", "shop"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("AccessDenied") && ran.stdout.contains("ListApplications"), "{}", ran.stdout);
}

#[test]
fn an_application_that_is_given_by_its_id_is_shown_by_its_name() {
    let stage = stage();
    let Ran { code, stdout, stderr } = stage.check(&["app-2", "-o", "wide"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    let row: Vec<&str> = stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[0], row[1]), ("shop", "Healthy"), "{stdout}");
    assert!(row.contains(&"app-2"), "{stdout}");
}

#[test]
fn the_names_of_a_region_are_one_list() {
    let stage = stage();
    let manifest = |app: &str| {
        let head = "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\n";
        format!("{head}metadata: {{name: {app}}}\nspec: {{appId: {app}}}\n")
    };
    let manifests = format!("{}---\n{}", manifest("app-1"), manifest("app-3"));
    let ran = stage.check_input(&["-f", "-", "-o", "json"], &manifests);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    let names = [0, 1].map(|item| list["items"][item]["status"]["app"].as_str().unwrap().to_owned());
    assert_eq!((names, lists(&stage)), (["shop".to_owned(), "shop-2".to_owned()], 1));
}

#[test]
fn without_a_list_of_names_the_id_is_shown_and_nothing_else_is_different() {
    for fault in [Fault::error(403, "NoPermission"), Fault::error(500, "InternalError")] {
        let stage = stage();
        stage.sae.inject(fault.on(Operation::ListApplications).until_cleared());
        let Ran { code, stdout, stderr } = stage.check(&["app-1"]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
        assert!(stdout.contains("app-1   Healthy"), "{stdout}");
    }
}

#[test]
fn no_name_is_looked_for_where_there_is_no_answer() {
    let stage = stage();
    assert_eq!(stage.check(&["nobody"]).code, 3);
    assert_eq!(lists(&stage), 0);
}
