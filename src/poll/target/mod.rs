//! What is polled, and how does it stand? Which watches are on a target, what is known of it, what it asks of the
//! budget.

pub(crate) mod knowledge;
mod outcome;
pub(crate) mod precheck;
pub(crate) mod priority;
pub(crate) mod seed;
pub(crate) mod slowdown;
pub(crate) mod tracked;
pub(crate) mod watchers;
