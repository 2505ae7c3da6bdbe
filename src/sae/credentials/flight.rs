//! A request for which several wait.

use futures::future::{BoxFuture, Shared};

use crate::sae::Error;

/// An answer that several wait for.
pub(super) type Flight<T> = Shared<BoxFuture<'static, Result<T, Error>>>;
