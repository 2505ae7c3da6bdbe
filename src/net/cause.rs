//! An error of a library in words that are fit for a log, a condition and a terminal.
//!
//! The outer errors of a chain say "error sending request" and name URLs, whose user and query belong in no message.
//! What a person needs is at its end.

use std::error::Error;
use std::io;

use super::certificate;
use crate::domain::text::clean;

/// How much of a cause is shown, in bytes: a sentence or two, with room for what is put around it in the 512 bytes of a
/// condition's message.
const LIMIT: usize = 240;

/// The innermost cause of an error, on one line, bounded, and without the users of URLs.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    loop {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return clean(&certificate::describe(tls), LIMIT);
        }
        match next_cause(cause) {
            Some(inner) => cause = inner,
            None => return clean(&cause.to_string(), LIMIT),
        }
    }
}

/// What an error was caused by. The source of an I/O error made of another error is not that error, but the source
/// of it.
pub(crate) fn next_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("error sending request for url (https://bob:MARKED@sae.example.com/?token=MARKED)")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_innermost_cause_is_told() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(describe(&Outer(io::Error::other(refused))), "connection refused");
    }

    #[test]
    fn a_failure_of_tls_is_found_within_errors_of_io() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let text = describe(&Outer(io::Error::other(io::Error::other(tls))));
        assert!(text.contains("authority that is not trusted"), "{text}");
    }

    #[test]
    fn what_is_told_holds_no_user_and_is_one_line() {
        let text = describe(&io::Error::other("see\nhttp://bob:MARKED@proxy:3128/"));
        assert_eq!(text, "see http://proxy:3128/");
    }
}
