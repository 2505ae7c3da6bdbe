//! An error of the Kubernetes client in words.

use std::error::Error;

use kube::client::AuthError;

use crate::domain::text::{MESSAGE_BYTES, clean};
use crate::net;

/// What an error comes down to: what the API server says, else the innermost cause, on one line.
///
/// kube's own texts hold much more: the status as Rust writes it down, and all that a credential plugin printed, which
/// may be a token.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(text) = own_words(error) {
            return clean(&text, MESSAGE_BYTES);
        }
        cause = net::next_cause(error);
    }
    net::describe(error)
}

/// The words for errors of kube whose own are not fit to be shown.
fn own_words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(kube::Error::Api(status)) = error.downcast_ref() {
        let is_said = !status.message.is_empty();
        return Some(if is_said {
            status.message.clone()
        } else {
            format!("HTTP {} {}", status.code, status.reason)
        });
    }
    match error.downcast_ref()? {
        // Not the command, whose arguments are the user's own, and not what it printed for us.
        AuthError::AuthExecRun { cmd: _, out } => {
            let said = String::from_utf8_lossy(&out.stderr);
            Some(format!("the credential plugin of the kubeconfig failed ({}): {said}", out.status))
        }
        AuthError::AuthExecParse(_) => {
            Some("the credential plugin of the kubeconfig printed no ExecCredential".to_owned())
        }
        _ => None,
    }
}
