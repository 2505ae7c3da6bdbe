//! Every link on every page leads to a file and a heading that are there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::markdown::Markdown;
use crate::pages::{path, read, text};

/// Where this project's own pages are on the web; such a link is looked at as one to the file.
const HOME: &str = "https://github.com/saewatch/saewatch/blob/main/";

#[test]
fn every_link_leads_somewhere() {
    for (name, page) in read() {
        let folder = Path::new(&name).parent().unwrap();
        for link in &page.links {
            let (target, folder) = match link.strip_prefix(HOME) {
                Some(target) => (target, Path::new("")),
                None if link.contains("://") => continue,
                None => (link.as_str(), folder),
            };
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { Path::new(&name).to_owned() } else { folder.join(file) };
            let file = file.to_str().unwrap();
            assert!(path(file).exists(), "{name} links to {link}, and there is no {file}");
            if !anchor.is_empty() {
                let anchors = Markdown::read(&text(file)).anchors;
                assert!(anchors.iter().any(|one| one == anchor), "{name}: no heading of {file} is #{anchor}");
            }
        }
    }
}

#[test]
fn every_link_of_the_dashboard_leads_to_a_heading() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&text("charts/saewatch/files/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let links: Vec<&str> = panels
        .filter_map(|panel| panel["links"].as_array())
        .flatten()
        .map(|link| link["url"].as_str().unwrap())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let (file, anchor) = link.strip_prefix(HOME).unwrap().split_once('#').unwrap();
        assert!(Markdown::read(&text(file)).anchors.iter().any(|one| one == anchor), "{link}");
    }
}

#[test]
fn every_page_can_be_reached_from_the_readme() {
    let pages = read();
    let mut reached = BTreeSet::from(["README.md".to_owned()]);
    for _ in 0..pages.len() {
        for (name, page) in &pages {
            if !reached.contains(name) {
                continue;
            }
            let folder = Path::new(name).parent().unwrap();
            for link in &page.links {
                let file = folder.join(link.split('#').next().unwrap());
                // A link to a folder shows its README.
                let shown = if path(file.to_str().unwrap()).is_dir() { file.join("README.md") } else { file };
                reached.insert(even(&shown));
            }
        }
    }
    let lost: Vec<&String> =
        pages.iter().map(|(name, _)| name).filter(|name| !reached.contains(*name)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

/// The same path without `..`.
fn even(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.iter().filter_map(|part| part.to_str()).filter(|part| *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}
