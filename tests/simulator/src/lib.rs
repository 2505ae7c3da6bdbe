//! An SAE that behaves as documented, on loopback, for tests and for people.
//!
//! It answers the operations that a watch of SAE applications uses, checks every request's signature with
//! code of its own, keeps each account's quota, holds applications that change while it runs, fails on
//! demand, and remembers every call. It depends on no client, so that it can prove one; it is itself proven
//! by the official Python SDK as its client.
//!
//! ```
//! use sae_simulator::{Application, Fault, Simulator};
//!
//! let sim = Simulator::start();
//! sim.put_application(Application::new("demo-shop").group("g-1", 4).running(4));
//! sim.update("demo-shop", |app| app.instance(0).crash());
//! sim.inject(Fault::throttle().retry_after_millis(2000).times(3));
//! println!("{} was called {} times", sim.endpoint(), sim.calls().len());
//! ```
//!
//! There is one account from the start, which the methods of [`Simulator`] change. [`Simulator::account`] adds
//! others: the keys of a call decide which account it is for.
//!
//! # Layout
//! * [`Setup`], [`Simulator`], [`AccountHandle`]: how it starts, and the handles of a running one.
//! * `server`, `tls`, `request`, `answer`: the wire.
//! * `gateway`: the way of a call; `sign`, `access`, `quota`: what admits it; `refusal`: every error code.
//! * `operations`: one file for each operation of SAE.
//! * `account`, `identity`: what belongs to one account, and whose key it is.
//! * `application`, `kind`, `instance`, `deploy`, `history`, `fixtures`: what is asked about; `applications`: all of an account,
//!   with their last hour; `availability`, `availability_list`: those that
//!   are not well.
//! * `sts`, `sts_sign`, `metadata`: where a chain of credentials finds its keys.
//! * `fault`, `faults`: what goes wrong on purpose; `log`: what was called; `control`, `blueprint`: all of it over HTTP.

mod access;
mod account;
mod answer;
mod application;
mod applications;
mod availability;
mod availability_list;
mod blueprint;
mod clock;
mod control;
mod deploy;
mod envelope;
mod fault;
mod faults;
mod fixtures;
mod gateway;
mod handle;
mod history;
mod identity;
mod instance;
mod kind;
mod log;
mod metadata;
mod operation;
mod operations;
mod quota;
mod refusal;
mod request;
mod server;
mod setup;
mod sign;
mod simulator;
mod sts;
mod sts_sign;
mod tls;
mod world;

pub use access::SessionKey;
pub use application::{Application, Group};
pub use availability_list::{AvailabilityList, ListQuality};
pub use fault::{Effect, Fault};
pub use faults::RandomFaults;
pub use fixtures::{DOCUMENTED_APP_ID, DOCUMENTED_GROUP_ID, documented_application};
pub use handle::AccountHandle;
pub use history::{AppEvent, ChangeOrder};
pub use instance::{Instance, Sidecar, Tag};
pub use kind::{AppSource, Kind};
pub use log::{Call, most_in_any};
pub use operation::Operation;
pub use setup::{Setup, SetupError};
pub use simulator::{KEY_ID, KEY_SECRET, Simulator};

/// The number of the account that is there from the start.
pub const ACCOUNT_ID: &str = "113511544585";
