//! Why an application is unwell, as SAE says it (contract §14): when SAE is asked (`due`), what it answers
//! (`evidence`), what of that is shown (`change`, `events`, `assemble`) and what is not (`secrets`), and how it reads
//! (`words`): in one line (`sentence`), which is an `event`, and on a terminal (`explain`).

mod assemble;
mod change;
mod due;
mod event;
mod events;
mod evidence;
mod explain;
mod secrets;
mod sentence;
mod words;

pub use assemble::assemble;
pub(crate) use change::newest_change;
pub(crate) use due::{
    ASKED_WITHIN, Mark, bad_since, diagnosed_at, explained_at, is_about, is_expired, is_explained,
    unexplained_since, wanted,
};
pub(crate) use event::event;
pub use evidence::{AppEvent, ChangeOrder, Evidence};
pub(crate) use explain::explain;
use sentence::sentence;
