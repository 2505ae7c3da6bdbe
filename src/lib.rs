//! saewatch keeps the health of Alibaba Cloud SAE applications where teams already look: in the status of a
//! Kubernetes resource, in its events, in metrics.
//!
//! A watch is a pure question asked on a schedule: *given the spec, the last status, the newest observation and the
//! time, what is the status now, what just happened, and when do we look again?* That question is
//! [`domain::decide`]; everything else is plumbing at the edge.
//!
//! # What it is not
//! It changes nothing in SAE, it keeps no state of its own, it needs no webhook and no finalizer, and it knows no
//! other cloud.
//!
//! # Layout
//! Imports point from right to left; `tests/house.rs` keeps it so.
//!
//! * [`api`]: the resource users write: spec, status, columns, CEL rules, ids and durations
//! * [`domain`]: the rules, pure: the state of an instance, the health of an application, damping, conditions,
//!   events, staleness, and the one list of reasons
//! * [`sae`]: the only place that knows SAE's wire format: signature, credentials, operations, decoding, errors
//! * [`poll`]: the quota: who is asked when, the pace of calls, retries, throttles, the newest answer of each target
//! * [`operator`]: the only place that knows kube: watch streams, reconcile, status writes, events
//! * [`telemetry`]: logs and HTTP
//! * [`cli`]: one file a subcommand
//!
//! # Data flow
//! ```text
//! SaeAppWatch ──watch──▶ operator ──wants──▶ poll ──signed GET──▶ SAE
//!                           ▲                  │
//!                           └── "news for X" ──┘ newest answer of each target
//! reconcile(X): spec + last status + answer + now ──▶ domain::decide ──▶ status? events?
//! ```
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
pub mod domain;
pub mod operator;
pub mod poll;
pub mod sae;
pub mod telemetry;
