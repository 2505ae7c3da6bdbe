//! Calls through a gate: paced by a scheduler that pays for each of them, or let out at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;

use super::pages::{Endless, Listed, Listing, Pages};
use super::{
    APPLICATIONS_PAGE_SIZES, Api, ApplicationsCall, Ask, Call, Class, Error, ListedApplication, Operation,
    Page,
};
use crate::api::RegionId;
use crate::domain::Named;

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
        call: C,
        page: fn(&mut C) -> &mut u32,
        difference: Option<i64>,
        see: impl FnMut(&[T]) + Send,
    ) -> Result<Listing<T>, AskError<G::Closed>>
    where
        A: Ask<C>,
    {
        let first = self.ask(&call).await?;
        self.list_on(first, call, page, difference, see).await
    }

    /// Reads a list to its end whose first page is there.
    async fn list_on<T: Listed, C: Call<Reply = Page<T>>>(
        &mut self,
        first: Page<T>,
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
        let (mut pages, mut reply) = (Pages::new(difference), first);
        loop {
            see(&reply.entries);
            match pages.take(reply).map_err(malformed)? {
                Some(next) => *page(&mut call) = next,
                None => return Ok(pages.finish()),
            }
            reply = self.ask(&call).await?;
        }
    }

    /// Reads the applications to the end that may have this name: SAE lists others that have it in theirs.
    pub(crate) async fn list_named(
        &mut self,
        region: &RegionId,
        named: Arc<Named>,
    ) -> Result<Vec<ListedApplication>, AskError<G::Closed>>
    where
        A: Api,
    {
        // They are few, so that nothing is gained by a page size that SAE might refuse.
        let (_, page_size) = APPLICATIONS_PAGE_SIZES;
        let call = ApplicationsCall { named: Some(named), page_size, ..ApplicationsCall::first(region) };
        Ok(self.list(call, |call| &mut call.page, None, |_| {}).await?.entries)
    }

    /// Reads the applications of a region to the end, and says with which page size to do so the next time. Where SAE
    /// refuses the large size, or gives fewer while it counts more, it is asked with the small one at once.
    pub(crate) async fn list_region(
        &mut self,
        region: &RegionId,
        page_size: u32,
        difference: Option<i64>,
        see: impl FnMut(&[ListedApplication]) + Send,
    ) -> Result<(Listing<ListedApplication>, u32), AskError<G::Closed>>
    where
        A: Api,
    {
        let (large, small) = APPLICATIONS_PAGE_SIZES;
        let call = ApplicationsCall { page_size, ..ApplicationsCall::first(region) };
        let shortened = match self.ask(&call).await {
            Ok(first) if page_size < large || !is_shortened(&first, page_size, difference) => {
                let list = self.list_on(first, call, |call| &mut call.page, difference, see).await?;
                return Ok((list, page_size));
            }
            Ok(first) => first.entries.len(),
            Err(AskError::Failed(error)) if error.class == Class::Invalid && page_size == large => 0,
            Err(error) => return Err(error),
        };
        let call = ApplicationsCall { page_size: small, ..call };
        let list = self.list(call, |call| &mut call.page, difference, see).await?;
        // SAE may count applications that it never lists, at any size.
        let page_size = if list.entries.len() > shortened { small } else { large };
        Ok((list, page_size))
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

/// Whether a first page holds fewer than it was asked for, while SAE counts more, as far as is known.
fn is_shortened<T>(first: &Page<T>, page_size: u32, difference: Option<i64>) -> bool {
    let listed = i64::try_from(first.entries.len()).unwrap_or(i64::MAX);
    let missing = first.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX).saturating_sub(listed));
    listed < i64::from(page_size) && missing.is_some_and(|missing| missing > 0 && Some(missing) != difference)
}

fn panicked(operation: Operation) -> Error {
    let message = "the answer could not be read because of a bug in saewatch; see its log";
    Error::new(operation.name(), Class::Malformed, message)
}
