//! Trouble with the API server, planned by a test.

use std::time::Duration;

use super::call::Verb;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It has no effect and is answered with this HTTP status.
    Answer(u16),
    /// It has no effect, and the connection breaks.
    Lost,
    /// It has its effect, and the connection breaks before the answer.
    Unheard,
    /// It has no effect and is never answered.
    Hang,
    /// It has its effect, but the answer takes this long.
    Slow(Duration),
    /// It takes this long to get there, and has its effect then, also if nobody waits for the answer any more.
    Late(Duration),
    /// Whoever hears the answer meets a bug of its own and panics.
    Panic,
}

/// Trouble for some calls.
#[derive(Debug, Clone)]
pub struct Plan {
    verb: Verb,
    name: Option<String>,
    after: u32,
    times: u32,
    trouble: Trouble,
}

impl Plan {
    /// Trouble for the next call with this verb.
    pub fn next(verb: Verb, trouble: Trouble) -> Self {
        Self { verb, name: None, after: 0, times: 1, trouble }
    }

    /// Trouble for every call with this verb.
    pub fn every(verb: Verb, trouble: Trouble) -> Self {
        Self { times: u32::MAX, ..Self::next(verb, trouble) }
    }

    /// Only for calls about this watch.
    pub fn on(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// The first `after` calls go well.
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// For so many calls.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// The trouble that this call meets by this plan.
    pub fn strike(&mut self, verb: Verb, name: &str) -> Option<Trouble> {
        if self.verb != verb || self.name.as_ref().is_some_and(|only| only != name) || self.times == 0 {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.trouble)
    }
}
