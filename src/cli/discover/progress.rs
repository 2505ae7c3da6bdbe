//! How far the lists are, for who waits at a terminal.

use crate::api::RegionId;
use crate::cli::status_line::StatusLine;
use crate::domain::text::plural;

/// How far the lists are.
#[derive(Debug)]
pub(super) struct Progress {
    line: StatusLine,
    regions: usize,
    done: usize,
    region: String,
    /// Of the regions that are done.
    applications: usize,
    /// Of the one that is being listed; a list that is read anew is counted anew.
    rows: usize,
}

impl Progress {
    /// Nothing is done of so many regions.
    pub(super) fn new(regions: usize) -> Self {
        Self { line: StatusLine::new(), regions, done: 0, region: String::new(), applications: 0, rows: 0 }
    }

    /// The list of a region begins.
    pub(super) fn begin(&mut self, region: &RegionId) {
        self.region = region.to_string();
        self.rows = 0;
        self.show();
    }

    /// A page of so many rows has come.
    pub(super) fn add(&mut self, rows: usize) {
        self.rows += rows;
        self.show();
    }

    /// The list of the region is complete, with so many applications.
    pub(super) fn end(&mut self, applications: usize) {
        self.done += 1;
        self.applications += applications;
        self.rows = 0;
        self.show();
    }

    fn show(&mut self) {
        let text = self.text();
        self.line.show(&text);
    }

    fn text(&self) -> String {
        let Self { line: _, regions, done, region, applications, rows } = self;
        let applications = plural(i64::try_from(applications + rows).unwrap_or(i64::MAX), "application");
        format!("listing {region}: {done} of {regions} regions done, {applications} so far")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_region_is_listed_how_many_are_done_and_how_many_applications_have_come() {
        let mut progress = Progress::new(2);
        progress.begin(&"cn-a".parse().unwrap());
        assert_eq!(progress.text(), "listing cn-a: 0 of 2 regions done, 0 applications so far");
        progress.add(1);
        assert_eq!(progress.text(), "listing cn-a: 0 of 2 regions done, 1 application so far");
        progress.add(1);
        progress.end(1);
        progress.begin(&"cn-b".parse().unwrap());
        assert_eq!(progress.text(), "listing cn-b: 1 of 2 regions done, 1 application so far");
    }
}
