//! What takes minutes of waiting and hardly any work. libtest starts tests in the order of their names: under this one
//! they start among the first, and end while the others run.

mod survival;
pub mod sweeps;
mod walk_by_name;
