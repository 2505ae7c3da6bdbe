//! What is polled, and how does it stand? Which watches are on a target, what is known of it, what it asks of the
//! budget.

mod cause;
mod diagnosis;
mod hints;
mod inquiry;
mod key;
mod knowledge;
mod name_lists;
mod names;
mod outcome;
mod precheck;
mod priority;
mod seed;
mod slowdown;
mod tracked;
mod watchers;

pub(crate) use self::cause::Cause;
pub(crate) use self::diagnosis::ASKED_ONCE_IN;
pub(crate) use self::hints::Hints;
pub(crate) use self::key::{RegionKey, RunNumber, TargetKey};
pub(crate) use self::name_lists::{NameListEnd, NameLists};
pub(crate) use self::names::{Joined, Name, Names};
pub(crate) use self::outcome::Found;
pub(crate) use self::precheck::OFF;
pub(crate) use self::precheck::{ApplicationsList, Hinted, Moved, Precheck, Sweep, SweepEnd};
pub use self::precheck::{RegionCoverage, RegionStats};
pub(crate) use self::priority::Priority;
pub(crate) use self::seed::{Phase, Seed};
pub(crate) use self::slowdown::{Share, Slowdown};
pub(crate) use self::tracked::Tracked;
pub(crate) use self::watchers::Watcher;
