//! Which pages there are, and where they are.

use std::path::{Path, PathBuf};

use crate::markdown::Markdown;

/// A file of the project.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Its text.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every page that people read, by its name from the project's root.
pub fn all() -> Vec<String> {
    let mut names: Vec<String> =
        ["", "docs/", "findings/", "gitops/", "charts/saewatch/", "tests/cluster/", "tests/e2e/"]
            .iter()
            .flat_map(|folder| {
                std::fs::read_dir(path(folder)).unwrap().map(move |entry| {
                    let name = entry.unwrap().file_name();
                    format!("{folder}{}", name.to_string_lossy())
                })
            })
            .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "md"))
            .collect();
    names.sort();
    names
}

/// All of them, taken apart.
pub fn read() -> Vec<(String, Markdown)> {
    all().into_iter().map(|name| (name.clone(), Markdown::read(&text(&name)))).collect()
}
