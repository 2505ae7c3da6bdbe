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
//! What each room may use stands in CONTRIBUTING.md; `tests/house.rs` keeps it so.
//!
//! * [`api`]: the resource users write: its spec, rules and columns (`spec`), its status (`status`), ids and durations
//! * [`domain`]: the rules, pure: the state of one instance (`instance`), the health of the application (`health`),
//!   damping, events, staleness (`readiness`, `freshness`), the one list of words (`reason`), and the texts of conditions:
//!   of Ready in `readiness` and `watch_state`, of AppHealthy in `health`
//! * `net`: how a connection is made: proxies, certificate authorities, and what is said when it fails
//! * [`sae`]: the only place that knows SAE's wire format: the signature (`sign`), credentials, operations, decoding,
//!   codes and errors
//! * [`poll`]: the quota, in four folders: which call is next and when (`scheduler`), what is polled and how it stands
//!   (`targets`), whether a call may go out (`gate`), and the only awaits (`run`)
//! * `cluster`: the API server: the kubeconfig, the client, its errors in words, who leads
//! * [`operator`]: the only place that knows the resources in Kubernetes: the watch streams (`controller`), when each
//!   watch is reconciled (`runner`) and how (`reconcile`), what is written (`status`, `events`)
//! * [`telemetry`]: logs; metrics, health and readiness over HTTP
//! * [`cli`]: the command line: `run`, `check`, `discover`, the commands of the plugin, and what they share
//!
//! # Data flow
//! ```text
//! SaeAppWatch ──watch──▶ operator ──subscriptions──▶ poll ──signed GET──▶ SAE
//!                           ▲                          │
//!                           └────── "news for X" ──────┘ newest answer of each target
//! reconcile(X): spec + last status + answer + now ──▶ domain::decide ──▶ status? events?
//! ```
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
mod cluster;
pub mod domain;
mod net;
pub mod operator;
pub mod poll;
pub mod sae;
pub mod telemetry;
