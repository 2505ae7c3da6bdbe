//! No secret in any word.

use saewatch::sae::{Client, Error};

use crate::stage::{Stage, ask, config};

#[tokio::test]
async fn no_secret_is_in_any_word() {
    let fields = r#""mode": "StsToken", "access_key_id": "id", "access_key_secret": "marked-secret",
        "sts_token": "marked-token""#;
    let mut words = Vec::new();
    let mut hear = |client: &Client, answer: Result<bool, Error>| {
        let error = answer.unwrap_err();
        let report = client.credentials().report();
        words.push(format!("{error} {error:?} {client:?} {report:?}"));
    };
    let stage = Stage::new();
    stage.write(".aliyun/config.json", &config(fields));
    let client = stage.client();
    hear(&client, ask(&client).await);

    stage.write(
        ".aliyun/config.json",
        r#"{"profiles": [{"name": "marked-secret", "expired_seconds": "marked"}]}"#,
    );
    hear(&client, ask(&client).await);

    let stage = Stage::new()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "marked secret with \u{1} in it");
    let client = stage.client();
    hear(&client, ask(&client).await);

    let stage =
        Stage::new().with("ALIBABA_CLOUD_CREDENTIALS_URI", "http://user:marked@192.0.2.1/?token=marked");
    let client = stage.client();
    hear(&client, ask(&client).await);
    let words = words.join("\n");
    assert!(words.contains("CredentialsRejected"), "{words}");
    assert!(!words.contains("marked"), "{words}");
}
