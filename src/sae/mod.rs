//! The only place that knows SAE's wire format: sign, send, decode, classify.

mod answer;
mod client;
mod clock;
mod codes;
mod credentials;
mod decode;
mod endpoint;
mod environment;
mod error;
mod lenient;
mod nonce;
mod observe;
mod operations;
mod pages;
mod query;
mod request;
mod settings;
mod sign;
mod text;
mod transport;

pub use answer::Answer;
pub use client::Client;
pub use clock::Clock;
pub use credentials::{Credentials, Keys, Provider, Report, Try};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use environment::Environment;
pub use error::{Class, Error};
pub use nonce::Nonces;
pub use observe::{joined, needs_status, watched};
pub use operations::{
    Api, ApplicationCounts, ApplicationsCall, ApplicationsPage, GroupsCall, InstancesCall, InstancesPage,
    StatusCall,
};
pub use pages::{Listed, Listing, Pages};
pub use query::Query;
pub use request::{APPLICATIONS_PAGE_SIZE, PAGE_SIZE};
pub use settings::Settings;
pub use sign::Signable;
pub use transport::TransportError;
