//! Which applications are found: those that fit all the flags, from lists of any number of pages.

use sae_simulator::{Application, Operation};

use crate::stage::{BOTH, Ran, Stage};

/// The first column of the table.
fn names(table: &str) -> Vec<&str> {
    table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect()
}

#[test]
fn an_application_must_fit_all_flags() {
    let stage = Stage::new();
    for (arguments, expected) in [
        (&[][..], &["shop-cart", "shop", "shop"][..]),
        (&["--name", "shop"], &["shop", "shop"]),
        (&["--name", "shop-*,pay"], &["shop-cart"]),
        (&["--name", "*-cart", "--name", "shop"], &["shop-cart", "shop", "shop"]),
        (&["--namespace-id", "cn-hangzhou:prod"], &["shop"]),
        (&["--namespace-id", "cn-hangzhou:prod,cn-beijing"], &["shop-cart", "shop"]),
        (&["--tag", "team=shop"], &["shop-cart", "shop"]),
        (&["--tag", "team=shop", "--tag", "tier=1"], &["shop"]),
        (&["--tag", "team=shop", "--name", "shop-*"], &["shop-cart"]),
    ] {
        assert_eq!(names(&stage.found(arguments)), expected, "{arguments:?}");
    }
    for nothing in
        [&["--tag", "team=Shop"][..], &["--tag", "tier="], &["--name", "Shop"], &["--name", "report"]]
    {
        let Ran { code, stdout, stderr } = stage.discover(&[&["--region", BOTH], nothing].concat());
        assert_eq!(
            (code, stdout.as_str(), stderr.as_str()),
            (0, "", "saewatch: no application fits\n"),
            "{nothing:?}"
        );
    }
}

#[test]
fn an_environment_says_what_flags_say() {
    let stage = Stage::new();
    let mut command = stage.command(&[]);
    for (variable, value) in [
        ("REGION", BOTH),
        ("NAMESPACE_ID", "cn-hangzhou:prod,cn-beijing"),
        ("NAME", "shop,pay"),
        ("TAG", "team=shop"),
        ("ACCOUNT_REF", "prod"),
        ("NAMESPACE", "team-a"),
        ("OUTPUT", "yaml"),
    ] {
        command.env(format!("SAEWATCH_{variable}"), value);
    }
    let by_variables = Ran::of(command.output().unwrap());
    let flags = [
        "--namespace-id",
        "cn-hangzhou:prod",
        "--account-ref",
        "prod",
        "--namespace",
        "team-a",
        "--output",
        "yaml",
    ];
    assert_eq!((by_variables.code, by_variables.stdout), (0, stage.found(&flags)));
}

#[test]
fn a_region_is_asked_once_however_often_it_is_named() {
    let stage = Stage::new();
    stage.found(&["--region", "cn-hangzhou"]);
    let calls = stage.sae.calls();
    let asked: Vec<_> = calls.iter().map(|call| (call.operation, call.region.as_deref().unwrap())).collect();
    assert_eq!(
        asked,
        [(Operation::ListApplications, "cn-beijing"), (Operation::ListApplications, "cn-hangzhou")]
    );
    assert_eq!(calls[0].parameter("AppSource"), Some("micro_service"));
}

#[test]
fn the_output_does_not_depend_on_the_order_of_regions_or_rows() {
    let (one, other) = (Stage::new(), Stage::empty());
    for id in [
        "f7730764-d88f-4b9a-8d8e-cd8efbfe56b3",
        "7171a6ca-d1cd-4928-8642-7d5cfe69a1a1",
        "0099b7be-5f5b-4512-a7fc-56049ef1aaaa",
    ] {
        other.sae.put_application(one.sae.application(id).unwrap());
    }
    for format in ["table", "yaml", "json", "name"] {
        let (first, second) = (one.found(&["-o", format]), other.found(&["-o", format]));
        assert_eq!(first, second);
        let turned = one.discover(&["--region", "cn-beijing", "--region", "cn-hangzhou", "-o", format]);
        assert_eq!(first, turned.stdout);
    }
}

#[test]
fn a_list_of_many_pages_is_read_to_its_end() {
    let stage = Stage::with_pages("cn-beijing", 45);
    let expected: Vec<String> = (0..45).map(|number| format!("app-{number:04}")).collect();
    assert_eq!(names(&stage.found(&[])), expected);
    stage.sae.put_application(Application::new("one-more").named("app-9999").in_region("cn-beijing"));
    assert_eq!(names(&stage.found(&[])).last(), Some(&"app-9999"));
}

#[test]
fn a_profile_lists_its_own_account_at_the_endpoint_that_is_named() {
    let stage = Stage::new();
    let other = stage.sae.account("222222222222");
    other.add_key("other-key-id", "other-key-secret");
    other.put_application(Application::new("other-shop"));
    let folder = stage.home.path().join(".aliyun");
    std::fs::create_dir(&folder).unwrap();
    let profiles = r#"{"current": "default", "profiles": [{"name": "staging", "mode": "AK",
        "access_key_id": "other-key-id", "access_key_secret": "other-key-secret"}]}"#;
    std::fs::write(folder.join("config.json"), profiles).unwrap();
    let endpoint = stage.sae.regional_endpoint();
    let mut command = stage.command(&["--region", BOTH, "--profile", "staging", "--endpoint", &endpoint]);
    let ran = Ran::of(command.env_remove("SAEWATCH_ENDPOINT").output().unwrap());
    assert_eq!((ran.code, names(&ran.stdout)), (0, vec!["other-shop"]), "{}", ran.stderr);
    stage
        .discover(&["--region", BOTH, "--profile", "stagign"])
        .expect_failure(&["no profile stagign with keys"]);
}
