//! Why an application is unwell, as SAE tells it (contract §14): when SAE is asked (`due`), what it answers
//! (`evidence`), what of that is shown (`change`, `events`, `assemble`), and how it reads (`sentence`).

mod assemble;
mod change;
mod due;
mod events;
mod evidence;
mod sentence;

pub use assemble::assemble;
pub(crate) use change::newest_change;
pub use due::Wanted;
pub(crate) use due::{ASKED_WITHIN, Mark, is_expired, is_first_of_verdict, wanted};
pub use evidence::{AppEvent, ChangeOrder, Evidence};
pub(crate) use sentence::sentence;
