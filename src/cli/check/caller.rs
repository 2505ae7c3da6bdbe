//! Whose keys ask SAE: with several profiles at hand it is easy to ask another account than was meant.

use super::once::show_if_slow;
use crate::cli::stderr;
use crate::sae::{Caller, Client};

/// The account, who in it, and where the keys come from. When STS does not say, standard error says why: the check goes
/// on without it.
pub(super) async fn describe_caller(client: &Client) -> Option<String> {
    let credentials = client.credentials();
    match show_if_slow("asking STS whose keys these are …", credentials.identify()).await {
        Ok(Caller { account_id, arn }) => {
            let origin = credentials.report().origin.unwrap_or_default();
            Some(format!("Account {account_id}, as {arn}, with keys from {origin}"))
        }
        Err(error) => {
            stderr::print_error(format!("whose keys these are is not known: {error}"));
            None
        }
    }
}
