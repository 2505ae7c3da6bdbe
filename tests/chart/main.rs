//! The chart, and what GitOps tools make of a watch: judged by Helm, helm-unittest, Prometheus, kstatus, Flux' and Argo
//! CD's own libraries, and a real API server.
#![cfg(test)]

mod account_verdicts;
mod alerts;
mod dashboard;
mod documents;
mod examples;
mod flags;
mod guide;
mod image;
mod judges;
mod k9s;
mod metrics;
mod ownership;
mod queries;
mod release;
mod render;
mod scrape;
mod set_children;
mod set_verdicts;
mod situations;
mod support;
mod sync;
mod upgrade;
mod verdicts;
