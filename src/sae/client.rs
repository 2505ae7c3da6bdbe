//! The client: signs a question, sends it once, reads the answer.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::Method;
use jiff::Timestamp;

use super::clock::iso8601;
use super::codes::Meaning;
use super::credentials::{Credentials, FoundKeys, KeySource, Keys};
use super::endpoint::Origin;
use super::sign::{EMPTY_BODY_SHA256, Signable};
use super::text::without_account;
use super::transport::{Outgoing, Transport, TransportError};
use super::{Answer, Ask, Call, Class, Clock, Endpoint, Error, Nonces, Operation, Query, Settings};
use crate::api::AccountId;

/// The version of the API that is asked.
const API_VERSION: &str = "2019-05-06";

/// A client of SAE for every region of one account. Clones share connections, credentials and clock.
///
/// Each call is one HTTP request: nothing is retried, paused or counted here.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: Endpoint,
    clock: Clock,
    nonces: Nonces,
    transport: Transport,
    credentials: Credentials,
}

impl Client {
    /// A client that finds its keys by the official chain of providers.
    pub fn new(settings: Settings) -> Result<Self, TransportError> {
        let transport = Transport::new(&settings.environment)?;
        let credentials = Credentials::chain(&settings, transport.clone());
        Ok(Self::from_parts(settings, transport, credentials))
    }

    /// A client that asks with these keys.
    pub fn with_keys(settings: Settings, keys: Keys) -> Result<Self, TransportError> {
        let transport = Transport::new(&settings.environment)?;
        let credentials = Credentials::fixed(&settings, transport.clone(), keys);
        Ok(Self::from_parts(settings, transport, credentials))
    }

    fn from_parts(settings: Settings, transport: Transport, credentials: Credentials) -> Self {
        let Settings { endpoint, sts_endpoint: _, metadata: _, environment: _, profile: _, clock, nonces } =
            settings;
        Self { endpoint, clock, nonces, transport, credentials }
    }

    /// A client of another account, where this one has the operator's own keys. It shares connections, clock, endpoints and
    /// the search for the own keys with this one, and asks SAE nothing before STS has said that its keys are the `owner`'s.
    pub fn for_account(&self, keys: &KeySource, owner: AccountId) -> Self {
        Self { credentials: self.credentials.for_account(keys, owner), ..self.clone() }
    }

    /// Where the keys come from, and how that goes.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The time, as the servers have it.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn send(
        &self,
        operation: Operation,
        origin: &Origin,
        query: &Query,
        keys: &Keys,
        (signed, timeout): (Timestamp, Duration),
    ) -> Result<(Answer, HeaderMap), String> {
        let date = iso8601(signed);
        let nonce = self.nonces.next();
        let mut headers = vec![
            ("host", origin.host.as_str()),
            ("x-acs-action", operation.name()),
            ("x-acs-content-sha256", EMPTY_BODY_SHA256),
            ("x-acs-date", date.as_str()),
            ("x-acs-signature-nonce", nonce.as_str()),
            ("x-acs-version", API_VERSION),
        ];
        headers.extend(keys.token().map(|token| ("x-acs-security-token", token)));
        let authorization = Signable {
            method: "GET",
            path: operation.path(),
            query,
            headers: &headers,
            body_sha256: EMPTY_BODY_SHA256,
        }
        .authorization(keys.id(), keys.secret());
        headers.push(("authorization", &authorization));
        headers.push(("accept", "application/json"));
        let url = [&origin.base, operation.path(), "?", query.as_str()].concat();
        self.transport
            .send(Outgoing {
                method: Method::GET,
                url: &url,
                headers: &headers,
                body: None,
                timeout,
                direct: origin.is_loopback,
            })
            .await
    }

    /// Puts right what can be, so that the same question asked again is signed anew: the clock by the server's
    /// `Date`, once, since a corrected clock is not corrected again; and the keys, if others have taken their place.
    fn put_right(
        &self,
        mut error: Error,
        headers: &HeaderMap,
        found: &Arc<FoundKeys>,
        signed: Timestamp,
    ) -> Error {
        let is_put_right = match error.meaning() {
            Some(Meaning::WrongClock) => self.clock.correct_by(headers, signed),
            Some(Meaning::TokenRejected) => self.credentials.reject_token(found),
            Some(Meaning::KeyRejected) => self.credentials.reject_key(found),
            Some(_) | None => false,
        };
        if is_put_right {
            error.class = Class::SignAnew;
            error.advice = None;
        }
        let owner = self.credentials.owner();
        if let Some(owner) = &owner {
            error.message = without_account(&error.message, owner);
        }
        if error.class == Class::CredentialsRejected {
            error.advice = Some(if owner.is_some() {
                // Where they come from may be an ARN too.
                "check the keys of the account: see the SaeAccount, or the log of the operator".to_owned()
            } else {
                format!("check the AccessKey: it comes from {}", found.keys.origin())
            });
        }
        error
    }
}

impl<C: Call> Ask<C> for Client {
    async fn ask(&self, call: &C, timeout: Duration) -> Result<C::Reply, Error> {
        let failed = |class, message| Error::new(C::OPERATION.name(), class, message);
        let origin = self.endpoint.in_region(call.region());
        let found = self.credentials.get().await?;
        let signed = self.clock.now();
        let (answer, headers) = self
            .send(C::OPERATION, &origin, &call.query(), &found.keys, (signed, timeout))
            .await
            .map_err(|problem| failed(Class::Transient(None), problem))?;
        call.read(answer).map_err(|error| self.put_right(error, &headers, &found, signed))
    }
}
