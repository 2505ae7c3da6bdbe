//! What is polled, and how it stands: who watches it, what is known of it, how much of the budget it asks for.

pub(crate) mod knowledge;
mod outcome;
pub(crate) mod precheck;
pub(crate) mod priority;
pub(crate) mod seed;
pub(crate) mod slowdown;
pub(crate) mod tracked;
pub(crate) mod watchers;
