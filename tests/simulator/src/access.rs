//! Who may call: access keys and sessions of all accounts, the nonces seen, and the check of a request's signature.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::identity::Identity;
use crate::refusal::{self, Refusal};
use crate::request::Request;
use crate::sign::{self, Authorization};

/// How far a request's date may be off, on either side ("within 15 minutes").
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// A key for a while, as STS and the metadata service issue them. Nothing here is a real secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey {
    /// The `AccessKeyId`.
    pub id: String,
    /// The `AccessKeySecret`.
    pub secret: String,
    /// The security token that goes with every call.
    pub token: String,
    /// When it ends, by the server's clock.
    pub expires: Timestamp,
}

#[derive(Debug)]
struct Entry {
    secret: String,
    active: bool,
    identity: Identity,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    token: String,
    expires: Timestamp,
}

/// The keys of every account.
#[derive(Debug, Default)]
pub(crate) struct Access {
    keys: HashMap<String, Entry>,
    nonces: HashSet<String>,
    /// The same nonces by age: one older than the clock skew allows cannot come back.
    nonces_by_age: VecDeque<(Timestamp, String)>,
}

impl Access {
    pub(crate) fn add(&mut self, account: &str, id: &str, secret: &str) {
        let identity = Identity::user(account, id);
        let entry = Entry { secret: secret.to_owned(), active: true, identity, session: None };
        self.keys.insert(id.to_owned(), entry);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.keys.remove(id);
    }

    pub(crate) fn set_active(&mut self, id: &str, active: bool) {
        if let Some(key) = self.keys.get_mut(id) {
            key.active = active;
        }
    }

    /// A new key with a token, good until the lifetime is over.
    pub(crate) fn issue(&mut self, now: Timestamp, lifetime: Duration, identity: Identity) -> SessionKey {
        let word = |length| std::iter::repeat_with(fastrand::alphanumeric).take(length).collect::<String>();
        let expires = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let (id, secret, token) = (format!("STS.{}", word(24)), word(40), format!("CAIS{}/+=", word(80)));
        let key = SessionKey { id, secret, token, expires };
        self.add_session(&key, identity);
        key
    }

    /// A key that wants its token with every call until it expires.
    pub(crate) fn add_session(&mut self, key: &SessionKey, identity: Identity) {
        let SessionKey { id, secret, token, expires } = key.clone();
        let session = Some(Session { token, expires });
        self.keys.insert(id, Entry { secret, active: true, identity, session });
    }

    /// The account of a key, whoever signs with it.
    pub(crate) fn account_of(&self, key_id: &str) -> Option<&str> {
        self.keys.get(key_id).map(|key| key.identity.account.as_str())
    }

    /// Ends every session at once, as an administrator who revokes a role's sessions does.
    pub(crate) fn expire_sessions(&mut self, now: Timestamp) {
        for session in self.keys.values_mut().filter_map(|key| key.session.as_mut()) {
            session.expires = now;
        }
    }

    /// The secret of an active key, its token checked, and whose key it is.
    pub(crate) fn open(
        &self,
        id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<(&str, &Identity), Refusal> {
        let Entry { secret, active, identity, session } =
            self.keys.get(id).ok_or_else(refusal::unknown_key)?;
        if !active {
            return Err(refusal::inactive_key());
        }
        match (session, token) {
            (None, Some(_)) => Err(refusal::malformed_token()),
            (Some(_), None) => Err(refusal::missing_token()),
            (Some(session), Some(token)) if session.token != token => Err(refusal::foreign_token()),
            (Some(session), Some(_)) if session.expires <= now => Err(refusal::expired_token()),
            (None, None) | (Some(_), Some(_)) => Ok((secret, identity)),
        }
    }

    /// Checks a request that is signed by `ACS3-HMAC-SHA256`; answers whose key it was.
    pub(crate) fn check(&mut self, request: &Request, now: Timestamp) -> Result<Identity, Refusal> {
        let authorization = Authorization::read(request)?;
        require_headers(request)?;
        require_all_signed(request, &authorization)?;
        let token = request.header("x-acs-security-token");
        let (secret, identity) = self.open(authorization.key_id, token, now)?;
        let expected = sign::string_to_sign(request, &authorization.signed_headers);
        if sign::signature(secret, &expected) != authorization.signature {
            return Err(refusal::wrong_signature(&expected));
        }
        let identity = identity.clone();
        check_date(request.header("x-acs-date").unwrap_or_default(), now)?;
        self.take_nonce(request.header("x-acs-signature-nonce").unwrap_or_default(), now)?;
        Ok(identity)
    }

    /// Remembers a nonce; the second use of it is refused.
    pub(crate) fn take_nonce(&mut self, nonce: &str, now: Timestamp) -> Result<(), Refusal> {
        let oldest = now.saturating_sub(MOST_SKEW * 2).unwrap_or(Timestamp::MIN);
        while let Some((_, old)) = self.nonces_by_age.pop_front_if(|(at, _)| *at < oldest) {
            self.nonces.remove(&old);
        }
        if !self.nonces.insert(nonce.to_owned()) {
            return Err(refusal::used_nonce());
        }
        self.nonces_by_age.push_back((now, nonce.to_owned()));
        Ok(())
    }
}

/// A date as the gateway wants it (`2026-11-22T00:00:00Z`) and near the server's clock.
pub(crate) fn check_date(date: &str, now: Timestamp) -> Result<(), Refusal> {
    let exact = date.len() == "2026-11-22T00:00:00Z".len() && date.ends_with('Z');
    let at: Timestamp = date.parse().ok().filter(|_| exact).ok_or_else(refusal::malformed_time)?;
    if now.duration_since(at).abs() > MOST_SKEW { Err(refusal::expired_time()) } else { Ok(()) }
}

/// The headers without which the documented signature cannot be made.
fn require_headers(request: &Request) -> Result<(), Refusal> {
    let named = [
        ("x-acs-action", "Action"),
        ("x-acs-version", "Version"),
        ("x-acs-date", "Timestamp"),
        ("x-acs-signature-nonce", "SignatureNonce"),
        ("x-acs-content-sha256", "ContentSha256"),
    ];
    for (header, parameter) in named {
        request
            .header(header)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| refusal::missing(parameter))?;
    }
    Ok(())
}

/// `host` and every `x-acs-*` header must be signed, in order, and the payload hash must be true.
fn require_all_signed(request: &Request, authorization: &Authorization<'_>) -> Result<(), Refusal> {
    let signed = &authorization.signed_headers;
    if !signed.is_sorted() {
        return Err(refusal::incomplete_signature("SignedHeaders are not sorted"));
    }
    let sent = request.headers.iter().map(|(name, _)| name.as_str());
    for name in sent.filter(|name| *name == "host" || name.starts_with("x-acs-")) {
        if !signed.contains(&name) {
            return Err(refusal::incomplete_signature(format_args!("header {name} is not signed")));
        }
    }
    if let Some(absent) = signed.iter().find(|name| request.header(name).is_none()) {
        return Err(refusal::incomplete_signature(format_args!("signed header {absent} was not sent")));
    }
    let payload = sign::payload_hash(request);
    if request.header("x-acs-content-sha256") != Some(payload.as_str()) {
        return Err(refusal::incomplete_signature("x-acs-content-sha256 is not the hash of the body"));
    }
    Ok(())
}
