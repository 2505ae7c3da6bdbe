//! HTTPS with an authority of its own.

use sae_simulator::{DOCUMENTED_APP_ID, Operation, Simulator};

use crate::client::{Ask, http_client};

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served() {
    let sim = Simulator::start_tls();
    assert!(sim.endpoint().starts_with("https://127.0.0.1:"));
    let reply =
        Ask::new(&sim, Operation::DescribeApplicationGroups, &[("AppId", DOCUMENTED_APP_ID)]).reply().await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_client_that_trusts_another_authority_turns_away() {
    let (sim, other) = (Simulator::start_tls(), Simulator::start_tls());
    let error = http_client(&other).get(sim.endpoint()).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("InvalidCertificate"), "{error:?}");
    assert!(sim.calls().is_empty());
}
