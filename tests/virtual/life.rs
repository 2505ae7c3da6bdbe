//! One life of the operator: from its start until it ends or is killed.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;

/// What the world outside knows of a process: whether it still lives. Once dead, nothing it does has an effect,
/// and nothing is answered.
#[derive(Clone, Default)]
pub struct Life(Arc<State>);

#[derive(Default)]
struct State {
    is_over: AtomicBool,
    calls: AtomicU32,
    /// It ends when this many calls have had their effect; 0: it does not.
    last: u32,
    end: Notify,
}

impl Life {
    /// A life that ends right after the effect of its `last` call, before the answer is heard.
    pub fn until_call(last: u32) -> Self {
        Self(Arc::new(State { last, ..State::default() }))
    }

    /// A call of this life to the outside.
    pub async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        if self.is_over() {
            pending::<()>().await;
        }
        let answer = call.await;
        if self.0.calls.fetch_add(1, Ordering::Relaxed) + 1 == self.0.last {
            self.end();
        }
        if self.is_over() {
            pending::<()>().await;
        }
        answer
    }

    /// How many calls it made.
    pub fn calls(&self) -> u32 {
        self.0.calls.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
        self.0.end.notify_one();
    }

    pub fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }

    /// Waits until it is over.
    pub async fn over(&self) {
        if !self.is_over() {
            self.0.end.notified().await;
        }
    }
}
