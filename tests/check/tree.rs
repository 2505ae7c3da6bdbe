//! `kubectl saewatch tree`: accounts, sets and watches, to be read as documentation.

use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::golden;

fn ready(reason: &str) -> Value {
    json!({"conditions": [{"type": "Stalled", "reason": "x"}, {"type": "Ready", "reason": reason}]})
}

fn account(name: &str, reason: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"accountId": "1234567890123456"}, "status": ready(reason)})
}

fn set(name: &str, account: Option<&str>, reason: &str) -> Value {
    let account_ref = account.map(|name| json!({ "name": name }));
    let metadata = json!({"namespace": "team-a", "name": name});
    json!({"metadata": metadata, "spec": {"accountRef": account_ref}, "status": ready(reason)})
}

/// A watch of this account and set; empty for none.
fn watch(name: &str, account: &str, set: &str, health: &str) -> Value {
    let (instances, reason) = match health {
        "Healthy" => ("4/4", "AllInstancesHealthy"),
        "Degraded" => ("3/4", "InstancesFailing"),
        "Unhealthy" => ("0/4", "InstancesFailing"),
        _ => return json!({"metadata": {"namespace": "team-a", "name": name}, "spec": {}}),
    };
    // A watch of a set has a hash behind the name of its application.
    let app = name.rsplit_once('-').filter(|_| !set.is_empty()).map_or(name, |(app, _)| app);
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    json!({
        "metadata": {"namespace": "team-a", "name": name, "labels": {"saewatch.dev/set": some(set)}},
        "spec": {"accountRef": {"name": some(account)}},
        "status": {"app": app, "health": health, "readyInstances": instances, "reason": reason},
    })
}

/// A cluster with these objects, and its namespace team-a.
fn cluster(accounts: &[Value], sets: &[Value], watches: &[Value]) -> ApiServer {
    let mut server = ApiServer::new();
    server.serve("/saeaccounts", json!({ "items": accounts }));
    for place in ["", "/namespaces/team-a"] {
        server.serve(&format!("{place}/saeappwatchsets"), json!({ "items": sets }));
        server.serve(&format!("{place}/saeappwatches"), json!({ "items": watches }));
    }
    server
}

fn mixed() -> ApiServer {
    cluster(
        &[account("prod", "Verified"), account("spare", "AccountMismatch")],
        &[set("shop", Some("prod"), "Listed"), set("tools", None, "ListFailed")],
        &[
            watch("shop-cart-0a1b2c3d", "prod", "shop", "Healthy"),
            watch("shop-web-4e5f6a7b", "prod", "shop", "Degraded"),
            watch("pay", "prod", "", "Unhealthy"),
            watch("kept-0b7f2c19", "prod", "deleted", "Healthy"),
            watch("ci-8c9d0e1f", "", "tools", "Healthy"),
            watch("elsewhere", "gone", "", "Healthy"),
            watch("new", "", "", ""),
        ],
    )
}

fn see(name: &str, server: &ApiServer, arguments: &[&str]) {
    let ran = server.run(&[&["tree"], arguments].concat());
    golden::see_ran(
        name,
        &["kubectl saewatch tree"].iter().chain(arguments).copied().collect::<Vec<_>>().join(" "),
        &ran,
    );
}

#[test]
fn golden_tree_of_an_empty_cluster() {
    see("tree-empty.txt", &ApiServer::new(), &["-A"]);
}

#[test]
fn golden_tree_of_one_account_with_two_sets() {
    let server = cluster(
        &[account("prod", "Verified")],
        &[set("shop", Some("prod"), "Listed"), set("team", Some("prod"), "Progressing")],
        &[
            watch("shop-cart-0a1b2c3d", "prod", "shop", "Healthy"),
            watch("shop-web-4e5f6a7b", "prod", "shop", "Degraded"),
        ],
    );
    see("tree-one-account.txt", &server, &["-A"]);
}

#[test]
fn golden_tree_of_everything() {
    see("tree-mixed.txt", &mixed(), &["-A"]);
}

#[test]
fn golden_tree_without_the_right_to_read_accounts() {
    let mut server = mixed();
    let refusal =
        "saeaccounts.saewatch.dev is forbidden: User \"team-a\" cannot list resource \"saeaccounts\"";
    server.refuse("/saeaccounts", 403, refusal);
    see("tree-without-accounts.txt", &server, &[]);
}

/// A cluster of 610 watches in 12 sets, of which 30 are unwell in one and one in another.
#[test]
fn golden_tree_of_a_large_cluster() {
    let sets: Vec<Value> =
        (0..12).map(|number| set(&format!("set-{number:02}"), Some("prod"), "Listed")).collect();
    let of_set = |number: usize| {
        let health = if number < 30 || number == 599 { "Degraded" } else { "Healthy" };
        watch(&format!("app-{number:03}"), "prod", &format!("set-{:02}", number / 50), health)
    };
    let alone = |number: usize| watch(&format!("own-{number}"), "", "", "Healthy");
    let watches: Vec<Value> = (0..600).map(of_set).chain((0..10).map(alone)).collect();
    let server = cluster(&[account("prod", "Verified")], &sets, &watches);
    see("tree-large.txt", &server, &["-A"]);
    let pages = server.asked().iter().filter(|asked| asked.contains("/saeappwatches?")).count();
    assert_eq!(pages, 7, "{:?}", server.asked());
}

#[test]
fn in_a_namespace_only_the_accounts_that_are_used_there_are_shown() {
    let ran = mixed().run(&["tree"]);
    assert!(ran.stdout.contains("account prod") && !ran.stdout.contains("account spare"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_differs_from_what_is_not_there() {
    let mut server = mixed();
    for kind in ["/saeaccounts", "/saeappwatchsets"] {
        server.refuse(kind, 404, "the server could not find the requested resource");
    }
    let ran = server.run(&["tree", "-A"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "a cluster without these kinds");
    assert!(!ran.stdout.contains("set team-a"), "{}", ran.stdout);

    server.refuse("/saeappwatches", 403, "no way");
    let ran = server.run(&["tree", "-A"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("saeappwatches cannot be read: no way"), "{}", ran.stderr);

    server.refuse("/saeaccounts", 403, "no way");
    server.serve("/saeappwatches", json!({"items": [{"metadata": {"name": "odd\u{1b}[2J"}, "status": 7}]}));
    let ran = server.run(&["tree", "-A"]);
    assert!(ran.code == 0 && ran.stdout.contains("odd [2J"), "{}{}", ran.stdout, ran.stderr);
    let ran = server.run(&["tree", "-A", "-n", "team-a"]);
    assert!(ran.code == 2 && ran.stderr.contains("--all-namespaces"), "{}", ran.stderr);
}
