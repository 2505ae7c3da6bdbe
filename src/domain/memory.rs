//! What a process knows of a watch beyond its status. All of it may be lost at any time.

use jiff::Timestamp;

use super::fingerprint::{ListFingerprint, status_fingerprint};
use super::instance_memo::InstanceMemos;
use crate::api::{GoDuration, InstanceStatus, SaeAppWatchStatus};

/// The memory of this process for one watch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// Whose data the status shows, once this process has seen an answer: [`Target::fingerprint`].
    pub target: Option<u64>,
    /// When this process first decided on the watch.
    pub first_visit: Option<Timestamp>,
    /// Whether the watch was suspended when it was last reconciled.
    pub suspended: bool,
    /// Whether SAE might not be asked when it was last reconciled: then Ready says why.
    pub refused: bool,
    /// When it was resumed: its data counts as of then.
    pub resumed_at: Option<Timestamp>,
    /// The last good answer, which the status may not hold yet.
    pub observed_at: Option<Timestamp>,
    /// What became of Ready without an event, because the operator was away and not SAE.
    pub unannounced: Option<Unannounced>,
    /// The `progressDeadline` under which the last answer was rendered; another one waits for the next answer.
    pub progress_deadline: Option<GoDuration>,
    /// What is known of each instance, those included that the list omits.
    pub instances: Option<InstanceMemos>,
    /// The fingerprint of the last answer, if it changed nothing and will not by waiting: rendering the same again is
    /// spared.
    pub unchanged: Option<u64>,
    /// What was written last.
    pub written: Option<Written>,
}

/// What became of Ready without an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unannounced {
    /// It became False; unless that is reported after all, its return is not reported either.
    Fall,
    /// It was False already, and now is so because of the age of its data.
    Age,
}

impl Memory {
    /// Notes a write: what was asked for, and what the API server made of it. A list that was not part of the
    /// write is not vouched for, or damage done to it meanwhile would pass for ours.
    pub fn note_write(
        &mut self,
        wanted: &SaeAppWatchStatus,
        wanted_list: Option<&[InstanceStatus]>,
        stored: Option<&SaeAppWatchStatus>,
        stored_list: ListFingerprint,
    ) {
        let list = match (wanted_list, self.written) {
            (Some(wanted), _) => WrittenList {
                wanted: ListFingerprint::new(wanted.iter().cloned()).without_messages,
                stored: stored_list.whole,
            },
            (None, Some(before)) => before.list,
            (None, None) => WrittenList { wanted: stored_list.without_messages, stored: stored_list.whole },
        };
        self.written = Some(Written {
            wanted: status_fingerprint(wanted),
            stored: stored.map_or(0, status_fingerprint),
            list,
        });
    }
}

/// The last write of this process, as fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Written {
    /// What the decision asked for.
    pub wanted: u64,
    /// What the API server made of it. Where the two differ the CRD is older than this program; writing the same
    /// again would not change that.
    pub stored: u64,
    /// The list.
    pub list: WrittenList,
}

/// The list of the last write that had one, as fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WrittenList {
    /// [`ListFingerprint::without_messages`] of what the decision asked for.
    pub wanted: u64,
    /// [`ListFingerprint::whole`] of what the API server made of it.
    pub stored: u64,
}
