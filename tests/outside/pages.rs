//! The operator's pages over HTTP, and the text of `/metrics` taken apart.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Operator, eventually};

/// The pages of one operator.
pub struct Pages(String);

/// What was scraped at one moment.
#[derive(Debug)]
pub struct Scrape {
    /// The type of each family.
    pub families: BTreeMap<String, String>,
    pub samples: Vec<Sample>,
}

/// One line of it.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Pages {
    /// Finds them by the operator's log.
    pub async fn of(operator: &Operator) -> Self {
        operator.until_logged("listening address=").await;
        let log = operator.log();
        let (_, rest) = log.split_once("listening address=").unwrap();
        Self(rest.split_whitespace().next().unwrap().to_owned())
    }

    /// The port of loopback that they are on.
    pub fn port(&self) -> &str {
        self.0.rsplit(':').next().unwrap()
    }

    /// The status and the text of a page.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.get_as(path, "*/*")
    }

    /// The same in a format.
    fn get_as(&self, path: &str, accept: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.0).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Of version 1.0, so that the text ends with the connection and comes in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\nAccept: {accept}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, text.to_owned())
    }

    pub fn scrape(&self) -> Scrape {
        let (status, text) = self.get_as("/metrics", "application/openmetrics-text;version=1.0.0");
        assert_eq!(status, 200);
        Scrape::read(&text)
    }

    /// Scrapes until it looks like that.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Scrape) -> bool) -> Scrape {
        eventually(what, async || Some(self.scrape()).filter(&is_so)).await
    }
}

impl Scrape {
    fn read(text: &str) -> Self {
        assert!(text.ends_with("# EOF\n"), "it was cut off: {text}");
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let mut families = BTreeMap::new();
        for (name, kind) in types {
            let before = families.insert(name.to_owned(), kind.to_owned());
            assert_eq!(before, None, "{name} comes twice, which no scraper takes");
        }
        let samples = text.lines().filter(|line| !line.starts_with('#')).map(Sample::read).collect();
        Self { families, samples }
    }

    /// The samples of this name.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    /// The value of the sample with this name and these labels among its labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let fits = |sample: &&Sample| {
            labels.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|is| is == value))
        };
        self.of(name).find(fits).map(|sample| sample.value)
    }
}

impl Sample {
    fn read(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.trim_end_matches('}').split_once('{').unwrap_or((series, ""));
        let labels = labels.split("\",").filter(|label| !label.is_empty()).map(|label| {
            let (name, value) = label.split_once("=\"").unwrap();
            (name.to_owned(), value.trim_end_matches('"').to_owned())
        });
        Self { name: name.to_owned(), labels: labels.collect(), value: value.parse().unwrap() }
    }

    /// The names of its labels but that of a histogram's bound.
    pub fn label_names(&self) -> BTreeSet<&str> {
        self.labels.keys().map(String::as_str).filter(|name| *name != "le").collect()
    }
}
