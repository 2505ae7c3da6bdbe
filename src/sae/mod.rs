//! The only place that knows SAE's wire format: sign, send, decode, classify.
//!
//! A [`Client`] finds its keys as the official SDKs do, makes the calls that [`Operation`] lists and no others, and says
//! of every answer what it is: what SAE listed, or an [`Error`] with the [`Class`] that says what follows from it. It is of use
//! without the operator too:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use saewatch::domain::Target;
//! use saewatch::sae::{Client, Settings};
//!
//! # async fn observe() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Settings::new())?;
//! let shop = Target::application("cn-hangzhou".parse()?, "0099b7be-5f5b-4512-a7fc-56049ef1aaaa".parse()?);
//! match client.observe(&shop, Duration::from_secs(10)).await {
//!     Ok(answer) => println!("{} instances", answer.instances.len()),
//!     Err(error) => eprintln!("{error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A caller that has to pay for each call asks by an `Asker`, which makes the same calls through a `Gate`. Nothing here
//! retries, pauses, counts or logs.
//!
//! # Layout
//! * `named`: which entry of a list is meant; `operation`: the allow-list; `calls`: one file an operation; `ask`: a call through a gate; `pages`: lists to their end; `walk`:
//!   all calls of one poll; `diagnose`: all calls of one diagnosis; `observe`: a poll, unpaced
//! * `client`, `settings`, `endpoint`, `environment`, `clock`, `nonce`: who asks, where, when
//! * `sign`, `query`: the signature, and the one encoding for it and for the wire; `transport`: HTTP
//! * `answer`, `codes`: what an answer is; `decode`, `instance`, `evidence`, `lenient`: what it says; `error`, `text`: what it does not
//! * `credentials`: where keys come from, one file a provider

mod answer;
mod ask;
mod calls;
mod client;
mod clock;
mod codes;
mod credentials;
mod decode;
mod diagnose;
mod endpoint;
mod error;
mod evidence;
mod instance;
mod lenient;
mod named;
mod nonce;
mod observe;
mod operation;
mod pages;
mod query;
mod settings;
mod sign;
mod text;
mod transport;
#[cfg(any(test, fuzzing))]
pub mod untrusted_input;
mod walk;

pub use crate::net::Environment;
pub use answer::Answer;
pub(crate) use ask::{AskError, Asker, Gate};
pub(crate) use calls::{APPLICATIONS_PAGE_SIZES, AVAILABILITY_LIMIT};
pub use calls::{
    AbnormalInstances, Api, ApplicationsCall, Ask, AvailabilityCall, Call, ChangeOrderCall, ChangeOrdersCall,
    EventsCall, GroupsCall, InstancesCall, ListedApplication, Page, StatusCall,
};
pub use client::Client;
pub use clock::Clock;
pub use credentials::{Caller, KeySource, Keys, Provider};
pub(crate) use credentials::{Credentials, Report};
pub(crate) use diagnose::DiagnosisQuestion;
pub use endpoint::Endpoint;
pub use error::{Class, Error};
pub(crate) use named::{candidate, named, the_one};
pub(crate) use nonce::Nonces;
pub use operation::Operation;
pub(crate) use pages::Listing;
pub use query::Query;
pub use settings::Settings;
pub use sign::Signable;
pub use transport::TransportError;
pub(crate) use walk::{Known, Walked};
