//! The only awaits of the polls: the task that starts jobs, their calls, and the handle that the operator has.

mod caller;
mod driver;
mod handle;
mod perform;
mod shared;

pub use handle::{ListNews, ListNewsSender, News, NewsSender, Polls, Settings, news, start};
pub(crate) use shared::Shared;
