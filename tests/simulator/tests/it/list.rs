//! ListApplications: every documented filter, and the pages.

use sae_simulator::{AppSource, Application, Kind, Operation, Simulator, Tag};
use serde_json::{Value, json};

use crate::client::{Ask, Reply};
use crate::fixtures::shop;

async fn list(sim: &Simulator, query: &[(&str, &str)]) -> Reply {
    Ask::new(sim, Operation::ListApplications, query).reply().await
}

/// The ids of the applications that are let through.
async fn ids(sim: &Simulator, query: &[(&str, &str)]) -> Vec<String> {
    let reply = list(sim, query).await;
    let rows = reply.body["Data"]["Applications"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    rows.iter().map(|row| row["AppId"].as_str().unwrap().to_owned()).collect()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

/// The shop, and an application that differs from it in everything that can be filtered by.
fn two_applications() -> Simulator {
    let sim = shop(3);
    let kind = Kind {
        source: AppSource::Job,
        tags: vec![tag("team", "a"), tag("tier", "gold")],
        stateful: true,
        sae_version: "pro".to_owned(),
        language: "php".to_owned(),
    };
    let other = Application::new("other").named("Other-Name").in_namespace("cn-beijing:prod").of_kind(kind);
    sim.put_application(other.group("g-1", 2).running(1));
    sim
}

#[tokio::test]
async fn the_list_counts_every_application_at_both_levels() {
    let body = list(&two_applications(), &[("PageSize", "200")]).await.body;
    assert_eq!(
        (&body["TotalSize"], &body["PageSize"], &body["Data"]["TotalSize"]),
        (&json!(2), &json!(200), &json!(2))
    );
    assert!(body["TraceId"].is_null(), "documented: this operation has none");
    let other = &body["Data"]["Applications"][1];
    assert_eq!((&other["Instances"], &other["RunningInstances"]), (&json!(2), &json!(1)));
    assert_eq!((&other["AppName"], &other["NamespaceId"]), (&json!("Other-Name"), &json!("cn-beijing:prod")));
    assert_eq!((&other["RegionId"], &other["AppDeletingStatus"]), (&json!("cn-beijing"), &json!(false)));
    assert_eq!(other["Tags"][1], json!({ "Key": "tier", "Value": "gold" }));
    assert_eq!((&other["IsStateful"], &other["NewSaeVersion"]), (&json!(true), &json!("pro")));
    assert_eq!(other["AppSource"], Value::Null, "documented: an answer does not show it");
}

#[tokio::test]
async fn every_documented_filter_lets_through_what_fits_it() {
    let sim = two_applications();
    let (both, shop, other, none) =
        (vec!["demo-shop", "other"], vec!["demo-shop"], vec!["other"], Vec::<&str>::new());
    for (query, expected) in [
        (vec![], &both),
        (vec![("FieldType", "appIds"), ("FieldValue", "other,absent")], &other),
        (vec![("FieldType", "appName"), ("FieldValue", "Other-Name")], &other),
        (vec![("FieldType", "instanceIps"), ("FieldValue", "10.0.0.1")], &both),
        (vec![("FieldType", "instanceIps"), ("FieldValue", "10.0.0.3")], &shop),
        (vec![("FieldType", "slbIps"), ("FieldValue", "10.0.0.1")], &none),
        (vec![("AppName", "demo-shop")], &shop),
        (vec![("NamespaceId", "cn-beijing:prod")], &other),
        (vec![("NamespaceId", "cn-beijing")], &none),
        (vec![("NamespaceId", "cn-hangzhou")], &shop),
        (vec![("AppSource", "micro_service")], &shop),
        (vec![("AppSource", "job")], &other),
        (vec![("AppSource", "web")], &none),
        (vec![("Tags", r#"[{"key":"team","value":"a"}]"#)], &other),
        (vec![("Tags", r#"[{"key":"team","value":"a"},{"key":"tier","value":"silver"}]"#)], &none),
        (vec![("IsStateful", "true")], &other),
        (vec![("IsStateful", "false")], &shop),
        (vec![("NewSaeVersion", "std")], &shop),
        (vec![("NewSaeVersion", "lite")], &none),
        (vec![("ProgrammingLanguage", "php")], &other),
        (vec![("AppName", "demo-shop"), ("NamespaceId", "cn-beijing:prod")], &none),
        (vec![("OrderBy", "runnings"), ("Reverse", "true")], &vec!["other", "demo-shop"]),
        (vec![("OrderBy", "instances"), ("Reverse", "false")], &both),
        (vec![("CurrentPage", "2"), ("PageSize", "1")], &other),
    ] {
        assert_eq!(ids(&sim, &query).await, *expected, "{query:?}");
    }
}

#[tokio::test]
async fn a_name_finds_more_than_the_application_of_that_name() {
    let sim = shop(1);
    for name in ["shop-2", "my-shop", "SHOP", "sho"] {
        sim.put_application(Application::new(name));
    }
    assert_eq!(ids(&sim, &[("AppName", "shop")]).await, ["SHOP", "demo-shop", "my-shop", "shop-2"]);
}

#[tokio::test]
async fn a_filter_that_is_not_documented_is_refused() {
    let sim = shop(1);
    for (parameter, value) in [
        ("FieldType", "color"),
        ("AppSource", "function"),
        ("Tags", "team=a"),
        ("IsStateful", "perhaps"),
        ("NewSaeVersion", "max"),
        ("OrderBy", "name"),
        ("PageSize", "10001"),
        ("PageSize", "0"),
    ] {
        let reply = list(&sim, &[(parameter, value)]).await;
        assert_eq!(reply.verdict(), (400, "InvalidParameter.WithMessage"), "{parameter}={value}");
    }
}

#[tokio::test]
async fn a_thousand_applications_come_on_one_page() {
    let sim = shop(1);
    (0..1200).for_each(|number| sim.put_application(Application::new(&format!("app-{number:04}"))));
    assert_eq!(ids(&sim, &[("PageSize", "1000")]).await.len(), 1000);
    assert_eq!(ids(&sim, &[("PageSize", "1000"), ("CurrentPage", "2")]).await.len(), 201);
}

#[tokio::test]
async fn a_server_may_give_fewer_rows_than_asked_or_refuse_to_be_asked_for_so_many() {
    let sim = shop(1);
    (0..9).for_each(|number| sim.put_application(Application::new(&format!("app-{number}"))));
    sim.set_largest_page(Some(4));
    let reply = list(&sim, &[("PageSize", "1000")]).await;
    assert_eq!(reply.body["Data"]["Applications"].as_array().unwrap().len(), 4);
    assert_eq!((&reply.body["PageSize"], &reply.body["TotalSize"]), (&json!(4), &json!(10)));
    sim.set_largest_page(None);

    sim.set_page_refused_above(Some(200));
    let refused = list(&sim, &[("PageSize", "201")]).await;
    assert_eq!(refused.verdict(), (400, "InvalidParameter.WithMessage"));
    assert_eq!(ids(&sim, &[("PageSize", "200")]).await.len(), 10);
    sim.set_page_refused_above(None);
    assert_eq!(ids(&sim, &[("PageSize", "201")]).await.len(), 10);
}

#[tokio::test]
async fn a_name_can_go_to_another_id() {
    let sim = shop(1);
    let row = async |name: &str| {
        let reply = list(&sim, &[("AppName", name)]).await;
        let row = reply.body["Data"]["Applications"][0].clone();
        (row["AppId"].clone(), row["AppDeletingStatus"].clone())
    };
    assert_eq!(row("demo-shop").await, (json!("demo-shop"), json!(false)));
    sim.update("demo-shop", |app| app.deleting = true);
    assert_eq!(row("demo-shop").await, (json!("demo-shop"), json!(true)));
    sim.remove_application("demo-shop");
    sim.put_application(Application::new("second-id").named("demo-shop"));
    assert_eq!(row("demo-shop").await, (json!("second-id"), json!(false)));
}

#[tokio::test]
async fn an_id_that_is_no_name_gets_a_name_that_is_one() {
    for (id, name) in [
        ("demo-shop", "demo-shop"),
        ("0099b7be-5f5b-4512-a7fc-56049ef1aaaa", "app-0099b7be5f5b4512a7fc56049ef1aaaa"),
        ("shop-", "app-shop"),
        ("shop_1", "app-shop1"),
        ("a-name-that-is-longer-than-any-in-sae", "app-anamethatislongerthananyinsae"),
    ] {
        assert_eq!(Application::new(id).name, name);
        assert!(name.len() <= 36, "{name}");
    }
}

#[tokio::test]
async fn tags_can_change_while_it_runs() {
    let sim = shop(1);
    let tagged = async |value: &str| {
        let asked = json!([{ "key": "team", "value": value }]).to_string();
        ids(&sim, &[("Tags", &asked)]).await
    };
    assert!(tagged("a").await.is_empty());
    sim.update("demo-shop", |app| app.kind.set_tag("team", Some("a")));
    assert_eq!(tagged("a").await, ["demo-shop"]);
    sim.update("demo-shop", |app| app.kind.set_tag("team", Some("b")));
    assert_eq!((tagged("a").await.len(), tagged("b").await), (0, vec!["demo-shop".to_owned()]));
    sim.update("demo-shop", |app| app.kind.set_tag("team", None));
    assert!(tagged("b").await.is_empty());
}

#[tokio::test]
async fn a_canary_stands_in_the_row_of_its_application_and_has_none_of_its_own() {
    let sim = shop(1);
    let canary = Application::new("canary").tagged("team", "a").group("g-1", 1).running(1);
    sim.put_application(Application::new("pay").with_child(canary));
    assert_eq!(ids(&sim, &[]).await, ["demo-shop", "pay"]);
    let body = list(&sim, &[]).await.body;
    assert_eq!((&body["TotalSize"], &body["Data"]["TotalSize"]), (&json!(2), &json!(2)));
    let rows = &body["Data"]["Applications"];
    let child = &rows[1]["Children"][0];
    assert_eq!((&child["AppId"], &child["BaseAppId"]), (&json!("canary"), &json!("pay")));
    assert_eq!((&rows[0]["Children"], &rows[1]["BaseAppId"]), (&json!([]), &json!("")));
}

#[tokio::test]
async fn behind_the_endpoint_of_a_region_there_is_nothing_of_another() {
    let sim = two_applications();
    for (region, expected, status) in [
        ("cn-hangzhou", vec!["demo-shop"], 200),
        ("cn-beijing", vec!["other"], 404),
        ("us-west-1", vec![], 404),
    ] {
        let endpoint = sim.regional_endpoint().replace("{region}", region);
        let host = endpoint.strip_prefix("http://").unwrap();
        let reply = Ask::new(&sim, Operation::ListApplications, &[]).with("host", host).reply().await;
        let rows = reply.body["Data"]["Applications"].as_array().unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row["AppId"].as_str().unwrap()).collect();
        assert_eq!((ids, &reply.body["TotalSize"]), (expected.clone(), &json!(expected.len())), "{region}");
        let app = [("AppId", "demo-shop")];
        let groups = Ask::new(&sim, Operation::DescribeApplicationGroups, &app).with("host", host);
        assert_eq!(groups.reply().await.status, status, "{region}");
        assert_eq!(sim.calls().last().unwrap().region.as_deref(), Some(region));
    }
}
