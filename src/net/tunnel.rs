//! A tunnel through a proxy by HTTP CONNECT.
//!
//! hyper-util has one too; it takes no other answer than 200 (RFC 9110 §9.3.6 says any 2xx), and of a refusal it keeps
//! no status.

use std::io;

use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest head of an answer that is read; proxies send a few hundred bytes.
const MAX_HEAD: usize = 8192;
/// The most headers in it.
const MAX_HEADERS: usize = 64;

/// Why there is no tunnel.
#[derive(Debug, thiserror::Error)]
pub(super) enum TunnelError {
    /// The proxy does not let us through.
    #[error("answered {0} to CONNECT{advice}", advice = advice(*.0))]
    Refused(StatusCode),
    /// It closed the connection.
    #[error("closed the connection without an answer to CONNECT")]
    Closed,
    /// What it answered is no HTTP.
    #[error("did not answer CONNECT as a proxy does")]
    NoHttp,
    /// The connection broke.
    #[error("broke off: {0}")]
    Broken(#[from] io::Error),
}

/// Asks the proxy at the other end of a stream for a tunnel to `target`, a host with its port.
pub(super) async fn open(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    target: &str,
    authorization: Option<&HeaderValue>,
) -> Result<(), TunnelError> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = authorization {
        request.extend([b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await?;
    stream.flush().await?;

    let mut head = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(TunnelError::Closed);
        }
        match status(&head)? {
            Some(status) if status.is_success() => return Ok(()),
            Some(status) => return Err(TunnelError::Refused(status)),
            None if head.len() >= MAX_HEAD => return Err(TunnelError::NoHttp),
            None => {}
        }
    }
}

/// The status of an answer, once its head is there.
fn status(head: &[u8]) -> Result<Option<StatusCode>, TunnelError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    match answer.parse(head) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(_)) => {
            let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
            status.map(Some).ok_or(TunnelError::NoHttp)
        }
        Err(_) => Err(TunnelError::NoHttp),
    }
}

fn advice(status: StatusCode) -> &'static str {
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        ": it asks for a user and a password"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: &[u8]) -> (Result<(), TunnelError>, String) {
        let (mut ours, mut theirs) = tokio::io::duplex(MAX_HEAD * 2);
        theirs.write_all(answer).await.unwrap();
        theirs.shutdown().await.unwrap();
        let opened =
            open(&mut ours, "sae.example.com:443", Some(&HeaderValue::from_static("Basic eA=="))).await;
        drop(ours);
        let mut asked = String::new();
        theirs.read_to_string(&mut asked).await.unwrap();
        (opened, asked)
    }

    #[tokio::test]
    async fn any_2xx_is_a_tunnel() {
        for answer in ["HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 201 Yes\r\nVia: x\r\n\r\n"] {
            let (opened, asked) = answered(answer.as_bytes()).await;
            assert!(opened.is_ok(), "{answer}");
            assert_eq!(
                asked,
                "CONNECT sae.example.com:443 HTTP/1.1\r\nHost: sae.example.com:443\r\n\
                 Proxy-Authorization: Basic eA==\r\n\r\n"
            );
        }
    }

    #[tokio::test]
    async fn another_answer_is_told_by_its_status() {
        let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(MAX_HEAD));
        for (answer, problem) in [
            ("HTTP/1.1 403 MARKED\r\n\r\n", "answered 403 Forbidden to CONNECT"),
            ("HTTP/1.1 503 x\r\n\r\n<html>", "answered 503 Service Unavailable to CONNECT"),
            ("HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", "answered 302 Found to CONNECT"),
            (
                "HTTP/1.1 407 x\r\n\r\n",
                "answered 407 Proxy Authentication Required to CONNECT: it asks for a user and a password",
            ),
            ("", "closed the connection without an answer to CONNECT"),
            ("HTTP/1.1 200", "closed the connection without an answer to CONNECT"),
            ("SSH-2.0-x\r\n\r\n", "did not answer CONNECT as a proxy does"),
            (&endless, "did not answer CONNECT as a proxy does"),
        ] {
            assert_eq!(answered(answer.as_bytes()).await.0.unwrap_err().to_string(), problem);
        }
    }
}
