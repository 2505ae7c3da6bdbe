//! Reading a list to its end, page by page, while SAE may clamp the page size or shift the pages (contract §6).
//!
//! Pure: takes each page and says which one to ask for next, so that the caller, who pays for the calls, makes them.

use std::collections::HashSet;

use foldhash::quality::RandomState;

use super::{ListedApplication, Page};
use crate::domain::{ObservedGroup, ObservedInstance};

/// The most pages of one reading: 100,000 instances. A server that goes on past that makes them up.
const MAX_PAGES: u32 = 1000;
/// A list that does not say its size ends with the first page shorter than this: SAE's default page size, below
/// which no server is known to clamp.
const SMALLEST_FULL_PAGE: usize = 10;

/// What stands in a list of SAE.
pub(crate) trait Listed: Send {
    /// The id by which two entries are the same one; empty when SAE left it out.
    fn id(&self) -> &str;
}

/// A list that is being read: one entry an id, in the order of the answers; entries without id are all kept.
#[derive(Debug, Clone)]
pub(super) struct Pages<T> {
    entries: Vec<T>,
    page: u32,
    /// How many pages were taken, in both readings.
    taken: u32,
    total: Option<u64>,
    /// Whether two pages of this reading said another total.
    has_two_totals: bool,
    known_difference: Option<i64>,
    /// What the first of two readings found.
    first_reading: Option<Vec<T>>,
}

/// A list read to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listing<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// By how many SAE's own count exceeds the entries, when the two still differ. Handed to the next reading of
    /// the same list, it spares that one the second reading.
    pub difference: Option<i64>,
    /// How many pages were asked for.
    pub pages: u32,
    /// Whether SAE said how many there are, and the same on each page. Without that it is unknown whether the list is
    /// complete.
    pub is_counted: bool,
}

/// A list of which no page is the last one.
#[derive(Debug, thiserror::Error)]
#[error("the list goes on past {MAX_PAGES} pages")]
pub(super) struct Endless;

impl<T: Listed> Pages<T> {
    /// A list of which page 1 is to be asked next. `known_difference` is what the last reading ended with.
    pub fn new(known_difference: Option<i64>) -> Self {
        Self {
            entries: Vec::new(),
            page: 1,
            taken: 0,
            total: None,
            has_two_totals: false,
            known_difference,
            first_reading: None,
        }
    }

    /// Takes the page that was asked for. The number of the page to ask next, or `None` when the list is read to
    /// its end. A count that differs at the end starts a second reading, once.
    pub fn take(&mut self, page: Page<T>) -> Result<Option<u32>, Endless> {
        let Page { entries, total } = page;
        self.taken += 1;
        let is_full = entries.len() >= SMALLEST_FULL_PAGE;
        let brought_a_new_one = self.add(entries);
        self.has_two_totals |= self.total.zip(total).is_some_and(|(before, now)| before != now);
        self.total = total.or(self.total);
        if brought_a_new_one && self.goes_on(is_full) {
            return self.next_page().map(Some);
        }
        let difference = self.difference();
        if difference.is_none() || difference == self.known_difference {
            return Ok(None);
        }
        if let Some(first_reading) = self.first_reading.take() {
            self.complete_from(first_reading);
            return Ok(None);
        }
        let first_reading = Some(std::mem::take(&mut self.entries));
        *self = Self { first_reading, taken: self.taken, ..Self::new(self.known_difference) };
        Ok(Some(self.page))
    }

    /// The list as read.
    pub fn finish(self) -> Listing<T> {
        Listing {
            pages: self.taken,
            difference: self.difference(),
            is_counted: self.total.is_some() && !self.has_two_totals,
            entries: self.entries,
        }
    }

    /// Adds what was not seen before; whether there was any.
    fn add(&mut self, mut entries: Vec<T>) -> bool {
        let mut seen = ids(&self.entries);
        let is_new: Vec<bool> =
            entries.iter().map(|entry| entry.id().is_empty() || seen.insert(entry.id())).collect();
        let mut is_new = is_new.into_iter();
        entries.retain(|_| is_new.next() == Some(true));
        let brought_any = !entries.is_empty();
        if self.entries.is_empty() {
            // Nearly always there is one page, and nothing to copy.
            self.entries = entries;
        } else {
            self.entries.append(&mut entries);
        }
        brought_any
    }

    /// Whether there is more after a page that brought something new. A count below what is listed already is none,
    /// so that the list goes on as one without.
    fn goes_on(&self, is_full: bool) -> bool {
        match self.difference() {
            Some(missing) if missing > 0 => true,
            Some(surplus) => is_full && Some(surplus) != self.known_difference,
            None => is_full && self.total.is_none(),
        }
    }

    /// Pages that shift while they are read lose entries, and each reading others: what both found is taken if that
    /// is what SAE counts.
    fn complete_from(&mut self, first_reading: Vec<T>) {
        let seen = ids(&self.entries);
        let is_other = |entry: &T| !entry.id().is_empty() && !seen.contains(entry.id());
        let found_first: Vec<T> = first_reading.into_iter().filter(is_other).collect();
        if self.difference() == i64::try_from(found_first.len()).ok() {
            self.add(found_first);
        }
    }

    fn next_page(&mut self) -> Result<u32, Endless> {
        if self.page >= MAX_PAGES {
            return Err(Endless);
        }
        self.page += 1;
        Ok(self.page)
    }

    fn difference(&self) -> Option<i64> {
        let total = i64::try_from(self.total?).unwrap_or(i64::MAX);
        let listed = i64::try_from(self.entries.len()).unwrap_or(i64::MAX);
        Some(total - listed).filter(|difference| *difference != 0)
    }
}

/// The ids that stand in a list.
fn ids<T: Listed>(entries: &[T]) -> HashSet<&str, RandomState> {
    entries.iter().map(Listed::id).collect()
}

impl Listed for ObservedInstance {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ObservedGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ListedApplication {
    fn id(&self) -> &str {
        &self.app
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn instances(ids: Range<u32>) -> Vec<ObservedInstance> {
        ids.map(|id| ObservedInstance { id: format!("i-{id}").into(), ..ObservedInstance::default() })
            .collect()
    }

    /// Reads a list of `total` instances from a server that answers with `size` of them a page.
    fn read(total: u32, size: u32) -> (Vec<u32>, Listing<ObservedInstance>) {
        let mut pages = Pages::new(None);
        let mut asked = vec![1];
        loop {
            let first = (asked[asked.len() - 1] - 1) * size;
            let page = instances(first.min(total)..(first + size).min(total));
            match pages.take(Page { entries: page, total: Some(u64::from(total)) }).unwrap() {
                Some(next) => asked.push(next),
                None => return (asked, pages.finish()),
            }
        }
    }

    #[test]
    fn a_list_is_complete_at_any_size_also_when_the_server_clamps_the_page() {
        for (total, size, calls) in [(0, 100, 1), (1, 100, 1), (100, 100, 1), (101, 100, 2), (25, 10, 3)] {
            let (asked, listing) = read(total, size);
            assert_eq!(asked.len(), calls, "{total} in pages of {size}");
            assert_eq!(asked, (1..=u32::try_from(calls).unwrap()).collect::<Vec<_>>());
            assert_eq!(listing.entries.len(), total as usize);
            assert_eq!(listing.difference, None);
        }
    }

    #[test]
    fn overlapping_pages_hold_one_instance_an_id() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..100), total: Some(150) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: instances(90..150), total: Some(150) }).unwrap(), None);
        assert_eq!(pages.finish().entries, instances(0..150));
    }

    #[test]
    fn a_count_that_differs_is_read_once_more_and_then_taken_as_listed() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..3), total: Some(5) }).unwrap(), Some(2));
        assert_eq!(
            pages.take(Page { entries: instances(3..3), total: Some(5) }).unwrap(),
            Some(1),
            "once more, from the start"
        );
        assert_eq!(pages.take(Page { entries: instances(0..4), total: Some(5) }).unwrap(), Some(2));
        assert_eq!(
            pages.take(Page { entries: instances(3..3), total: Some(5) }).unwrap(),
            None,
            "and then as listed"
        );
        let listing = pages.finish();
        assert_eq!(listing.entries.len(), 4);
        assert_eq!(listing.difference, Some(1));
    }

    #[test]
    fn the_same_difference_is_not_read_again() {
        let mut pages = Pages::new(Some(1));
        assert_eq!(pages.take(Page { entries: instances(0..4), total: Some(5) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: instances(4..4), total: Some(5) }).unwrap(), None);
    }

    #[test]
    fn a_count_below_the_list_is_read_once_more_too() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..5), total: Some(4) }).unwrap(), Some(1));
        assert_eq!(pages.take(Page { entries: instances(0..4), total: Some(4) }).unwrap(), None);
        assert_eq!(pages.finish().difference, None);
    }

    #[test]
    fn a_count_that_contradicts_its_own_page_does_not_end_the_list() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..10), total: Some(0) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: instances(10..12), total: Some(12) }).unwrap(), None);
        assert_eq!(pages.finish().entries.len(), 12);
    }

    #[test]
    fn a_list_whose_pages_count_differently_is_not_counted() {
        let listing = |totals: [Option<u64>; 2]| {
            let mut pages = Pages::new(None);
            pages.take(Page { entries: instances(0..10), total: totals[0] }).unwrap();
            pages.take(Page { entries: instances(10..12), total: totals[1] }).unwrap();
            pages.finish()
        };
        assert!(listing([Some(12), Some(12)]).is_counted);
        assert!(listing([None, Some(12)]).is_counted, "one page that says it is enough");
        for totals in [[Some(13), Some(12)], [Some(11), Some(12)], [None, None]] {
            let listing = listing(totals);
            assert!(!listing.is_counted && listing.difference.is_none(), "{totals:?}");
        }
    }

    #[test]
    fn two_readings_that_each_lost_another_instance_are_complete_together() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..9), total: Some(10) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: Vec::new(), total: Some(10) }).unwrap(), Some(1));
        assert_eq!(pages.take(Page { entries: instances(1..10), total: Some(10) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: Vec::new(), total: Some(10) }).unwrap(), None);
        let listing = pages.finish();
        assert_eq!((listing.entries.len(), listing.difference), (10, None));
    }

    #[test]
    fn an_instance_that_went_between_two_readings_is_not_kept() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..3), total: Some(5) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: Vec::new(), total: Some(5) }).unwrap(), Some(1));
        assert_eq!(pages.take(Page { entries: instances(1..3), total: Some(5) }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: Vec::new(), total: Some(5) }).unwrap(), None);
        assert_eq!(pages.finish().entries, instances(1..3), "as listed");
    }

    #[test]
    fn instances_without_id_are_all_kept() {
        let mut pages = Pages::new(None);
        let nameless = vec![ObservedInstance::default(), ObservedInstance::default()];
        assert_eq!(pages.take(Page { entries: nameless, total: Some(2) }).unwrap(), None);
        assert_eq!(pages.finish().entries.len(), 2);
    }

    #[test]
    fn a_list_that_does_not_say_its_size_ends_with_a_short_page() {
        let mut pages = Pages::new(None);
        assert_eq!(pages.take(Page { entries: instances(0..10), total: None }).unwrap(), Some(2));
        assert_eq!(pages.take(Page { entries: instances(10..12), total: None }).unwrap(), None);
        assert_eq!(pages.finish().entries.len(), 12);
    }

    #[test]
    fn a_server_that_never_ends_is_refused() {
        let mut pages = Pages::new(None);
        let mut asked = 1;
        while let Ok(next) = pages.take(Page { entries: instances(asked..asked + 1), total: Some(u64::MAX) })
        {
            asked = next.unwrap();
        }
        assert_eq!(asked, MAX_PAGES);
    }
}
