//! Calls through a gate: paced by a scheduler that pays for each of them, or let out at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;

use super::pages::{Endless, Listed, Listing, Pages};
use super::{Ask, Call, Class, Error, Operation, Page};

/// Lets calls out one by one, and hears how each of them ended.
pub trait Gate: Send {
    /// Why no more calls go out.
    type Closed: Send;

    /// Waits until the next call may go out.
    fn permit(&mut self) -> impl Future<Output = Result<(), Self::Closed>> + Send;

    /// Hears how the call ended that was let out last.
    fn answered(&mut self, operation: Operation, error: Option<&Error>);
}

/// Makes calls one after the other, each of them through the gate.
#[derive(Debug)]
pub struct Asker<A, G> {
    api: Arc<A>,
    gate: G,
    /// How long one call may take.
    timeout: Duration,
}

/// Why there is no reply.
#[derive(Debug)]
pub enum AskError<C> {
    /// A call failed.
    Failed(Error),
    /// The gate let no further call out.
    Closed(C),
}

impl<A, G: Gate> Asker<A, G> {
    /// Makes calls through this gate, each of which may take `timeout`.
    pub fn new(api: Arc<A>, gate: G, timeout: Duration) -> Self {
        Self { api, gate, timeout }
    }

    /// Asks once, and once more if the client has put right what SAE refused: the time, the nonce or the token.
    pub async fn ask<C: Call>(&mut self, call: &C) -> Result<C::Reply, AskError<G::Closed>>
    where
        A: Ask<C>,
    {
        match self.ask_once(call).await {
            Err(AskError::Failed(error)) if error.class == Class::SignAnew => self.ask_once(call).await,
            answered => answered,
        }
    }

    /// Reads a list to its end. `page` is where a call says which page it asks for, `difference` what the last reading
    /// ended with; `see` is shown each page as it comes.
    pub async fn list<T: Listed, C: Call<Reply = Page<T>>>(
        &mut self,
        mut call: C,
        page: fn(&mut C) -> &mut u32,
        difference: Option<i64>,
        mut see: impl FnMut(&[T]) + Send,
    ) -> Result<Listing<T>, AskError<G::Closed>>
    where
        A: Ask<C>,
    {
        let malformed =
            |endless: Endless| Error::new(C::OPERATION.name(), Class::Malformed, endless.to_string());
        let mut pages = Pages::new(difference);
        loop {
            let reply = self.ask(&call).await?;
            see(&reply.entries);
            match pages.take(reply).map_err(malformed)? {
                Some(next) => *page(&mut call) = next,
                None => return Ok(pages.finish()),
            }
        }
    }

    async fn ask_once<C: Call>(&mut self, call: &C) -> Result<C::Reply, AskError<G::Closed>>
    where
        A: Ask<C>,
    {
        self.gate.permit().await.map_err(AskError::Closed)?;
        // A bug in one answer must not stop the polls of all others.
        let reply = AssertUnwindSafe(self.api.ask(call, self.timeout)).catch_unwind().await;
        let reply = reply.unwrap_or_else(|_| Err(panicked(C::OPERATION)));
        self.gate.answered(C::OPERATION, reply.as_ref().err());
        reply.map_err(AskError::Failed)
    }
}

impl<C> From<Error> for AskError<C> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn panicked(operation: Operation) -> Error {
    let message = "the answer could not be read because of a bug in saewatch; see its log";
    Error::new(operation.name(), Class::Malformed, message)
}
