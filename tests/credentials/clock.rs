//! A machine whose clock is wrong.

use jiff::SignedDuration;
use sae_simulator::{Fault, KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::Class;

use crate::stage::{Stage, ask, config};

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_the_servers_date() {
    let stage = Stage::new().with_keys();
    stage.sim.set_clock_offset(SignedDuration::from_hours(-5));
    let client = stage.client();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew, "one request a question");
    ask(&client).await.unwrap();
    ask(&client).await.unwrap();
    assert_eq!(stage.sim.calls().len(), 3);
}

#[tokio::test]
async fn each_of_two_calls_that_a_wrong_clock_signed_is_signed_anew() {
    let stage = Stage::new().with_keys();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage.sim.set_clock_offset(SignedDuration::from_hours(-5));
    for answer in futures::future::join_all([ask(&client), ask(&client)]).await {
        assert_eq!(answer.unwrap_err().class, Class::SignAnew);
    }
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_cannot_be_corrected_is_told_once_and_for_all() {
    let stage = Stage::new().with_keys();
    stage.sim.inject(Fault::error(400, "InvalidTimeStamp.Expired").times(2));
    let client = stage.client();
    for _ in 0..2 {
        assert_eq!(ask(&client).await.unwrap_err().class, Class::CredentialsRejected, "the clock was right");
    }
}

#[tokio::test]
async fn sts_corrects_the_clock_too_and_is_asked_again_at_once() {
    let stage = Stage::new();
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    let fields = format!(r#""mode": "RamRoleArn", {keys}, "ram_role_arn": "acs:ram::113511544585:role/r""#);
    stage.write(".aliyun/config.json", &config(&fields));
    stage.sim.set_clock_offset(SignedDuration::from_hours(7));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 2);
}
