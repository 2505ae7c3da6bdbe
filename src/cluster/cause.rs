//! An error of the Kubernetes client in words.

use std::error::Error;

use kube::client::AuthError;
use kube::config::{InClusterError, KubeconfigError};

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

/// The words for errors of kube that say more than their innermost cause, or too much.
fn own_words(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(kube::Error::Api(status)) = error.downcast_ref() {
        let is_said = !status.message.is_empty();
        return Some(if is_said {
            status.message.clone()
        } else {
            format!("HTTP {} {}", status.code, status.reason)
        });
    }
    let of_plugin = error.downcast_ref().map(of_plugin);
    let of_kubeconfig = || error.downcast_ref().map(of_kubeconfig);
    of_plugin
        .or_else(of_kubeconfig)
        .or_else(|| error.downcast_ref::<InClusterError>().map(ToString::to_string))
}

fn of_plugin(error: &AuthError) -> String {
    match error {
        // Not the command, whose arguments are the user's own, and not what it printed for us.
        AuthError::AuthExecRun { cmd: _, out } => {
            let said = String::from_utf8_lossy(&out.stderr);
            format!("the credential plugin of the kubeconfig failed ({}): {said}", out.status)
        }
        AuthError::AuthExecParse(_) => {
            "the credential plugin of the kubeconfig printed no ExecCredential".to_owned()
        }
        // With the name of a file.
        other => other.to_string(),
    }
}

fn of_kubeconfig(error: &KubeconfigError) -> String {
    match error {
        // Its text quotes the lines around the mistake, which may hold a token.
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!("the kubeconfig cannot be read: line {}, column {}", at.line(), at.column()),
            None => "the kubeconfig cannot be read".to_owned(),
        },
        // With the name of a file.
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use kube::config::LoadDataError;

    use super::*;

    #[test]
    fn an_answer_of_the_api_server_is_told_in_its_own_words() {
        let status = kube::core::Status::failure("no way", "Forbidden").with_code(403);
        assert_eq!(describe(&kube::Error::Api(Box::new(status))), "no way");
        let status = kube::core::Status::failure("", "Forbidden").with_code(403);
        assert_eq!(describe(&kube::Error::Api(Box::new(status))), "HTTP 403 Forbidden");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let key = KubeconfigError::LoadClientKey(LoadDataError::ReadFile(missing(), "/x/key.pem".into()));
        assert!(describe(&key).contains("/x/key.pem"));
        let token = kube::Error::Auth(AuthError::ReadTokenFile(missing(), "/x/token".into()));
        assert!(describe(&token).contains("/x/token"));
    }
}
