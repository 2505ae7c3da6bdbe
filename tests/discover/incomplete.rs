//! A list that fails or is incomplete: exit code 3, what is missing in words, and nothing at standard output.

use std::time::{Duration, Instant};

use sae_simulator::{Fault, KEY_ID, Operation};

use crate::stage::{BOTH, Ran, Stage};

const APPLICATIONS: usize = 45;
const PAGES: u32 = 5;

fn rows(ran: &Ran) -> usize {
    ran.stdout.lines().count()
}

#[test]
fn whatever_befalls_a_page_all_applications_are_printed_or_none() {
    let stage = Stage::with_pages("cn-beijing", APPLICATIONS);
    for page in 1..=PAGES {
        for (fault, always_fails) in [
            (Fault::error(500, "InternalError"), true),
            (Fault::success_false("InvalidParameter.WithMessage"), true),
            (Fault::throttle(), true),
            (Fault::denial(), true),
            (Fault::html(502), true),
            (Fault::reset(), true),
            (Fault::half_body(), true),
            (Fault::cut_page(0), true),
            (Fault::cut_page(3), true),
            (Fault::total_size(1_000), false),
            (Fault::total_size(7), false),
            (Fault::total_size(0), false),
            (Fault::total_size(-1), true),
            (Fault::overlapping_pages(), false),
        ] {
            let what = format!("{:?} on page {page}", fault.effect);
            stage.sae.inject(fault.on(Operation::ListApplications).on_page(page).until_cleared());
            let ran = stage.discover(&["--region", "cn-beijing", "-o", "name"]);
            stage.sae.clear_faults();
            match ran.code {
                0 if !always_fails => assert_eq!(rows(&ran), APPLICATIONS, "{what}"),
                _ => {
                    ran.expect_failure(&[
                        "not all applications are known, so none is printed",
                        "cn-beijing: ",
                    ]);
                }
            }
        }
    }
    assert_eq!(rows(&stage.discover(&["--region", "cn-beijing", "-o", "name"])), APPLICATIONS);
}

#[test]
fn what_passes_is_read_again_where_sae_counts_otherwise() {
    let stage = Stage::with_pages("cn-beijing", APPLICATIONS);
    stage.sae.inject(Fault::cut_page(3).on_page(2));
    assert_eq!(rows(&stage.discover(&["--region", "cn-beijing", "-o", "name"])), APPLICATIONS);
}

#[test]
fn a_page_that_never_comes_ends_the_waiting() {
    let stage = Stage::with_pages("cn-beijing", APPLICATIONS);
    stage.sae.inject(Fault::hang().on_page(3));
    let start = Instant::now();
    stage
        .discover(&["--region", "cn-beijing"])
        .expect_failure(&["cn-beijing: ListApplications", "no answer within 10s"]);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_list_that_says_no_number_may_lack_some() {
    let stage = Stage::new();
    let body =
        r#"{"Code": "200", "Success": true, "Data": {"Applications": [{"AppId": "a", "AppName": "shop"}]}}"#;
    stage.sae.inject(Fault::answer(200, "application/json", body).in_region("cn-beijing"));
    let expected = ["cn-beijing: SAE does not say how many applications there are"];
    stage.discover(&["--region", BOTH]).expect_failure(&expected);
}

#[test]
fn every_region_that_lacks_some_is_named() {
    let stage = Stage::new();
    for region in ["cn-beijing", "us-west-1"] {
        stage.sae.inject(Fault::denial().in_region(region));
    }
    let ran = stage.discover(&["--region", BOTH, "--region", "us-west-1"]);
    ran.expect_failure(&[
        "cn-beijing: ListApplications",
        "us-west-1: ListApplications",
        "grant sae:ListApplications",
    ]);
    assert!(!ran.stderr.contains("cn-hangzhou"), "that one is complete: {}", ran.stderr);
}

#[test]
fn after_what_holds_for_all_regions_no_other_is_asked() {
    let stage = Stage::new();
    stage.sae.inject(Fault::throttle());
    let ran = stage.discover(&["--region", BOTH]);
    ran.expect_failure(&["cn-beijing: ListApplications: Throttling.User", "cn-hangzhou: not asked any more"]);
    assert_eq!(stage.sae.calls().len(), 1);

    stage.sae.add_key(KEY_ID, "another");
    stage
        .discover(&["--region", BOTH])
        .expect_failure(&["SignatureDoesNotMatch", "cn-hangzhou: not asked any more"]);
    let mut without_keys = stage.command(&["--region", BOTH]);
    without_keys.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let ran = Ran::of(without_keys.output().unwrap());
    ran.expect_failure(&["cn-beijing: ", "configure one of these", "cn-hangzhou: not asked any more"]);
}

#[test]
fn nobody_there_is_no_empty_list() {
    let stage = Stage::new();
    let arguments = ["--region", BOTH, "--endpoint", "http://127.0.0.1:1"];
    stage.discover(&arguments).expect_failure(&[
        "cn-beijing: ListApplications",
        "cannot connect",
        "cn-hangzhou: ",
    ]);
}
