//! What SAE refuses after the keys have been replaced.

use std::fs;
use std::sync::Arc;

use crate::sae::credentials::Credentials;
use crate::sae::transport::Transport;
use crate::sae::{Environment, Settings};

fn profile(id: &str) -> String {
    format!("[default]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = secret\n")
}

#[tokio::test]
async fn a_key_that_is_refused_after_its_file_changed_is_not_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    fs::write(&file, profile("first")).unwrap();
    let environment = Environment::of([("ALIBABA_CLOUD_CREDENTIALS_FILE", file.to_str().unwrap())]);
    let transport = Transport::new(&environment).unwrap();
    let credentials = Credentials::chain(&Settings::new().environment(environment), transport);

    let first = credentials.get().await.unwrap();
    assert!(!credentials.reject_key(&first), "there is no other");
    fs::write(&file, profile("the second")).unwrap();
    assert!(credentials.reject_key(&first), "the file holds another");
    let second = credentials.get().await.unwrap();
    assert_eq!(second.keys.id(), "the second");
    assert!(credentials.reject_key(&first), "another call has found another");
    assert!(!credentials.reject_key(&second));
    assert!(Arc::ptr_eq(&second, &credentials.get().await.unwrap()));
}
