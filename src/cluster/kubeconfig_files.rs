//! The files of the kubeconfig: those that kubectl would read, merged as kubectl merges them.

use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

/// Reads the files of `KUBECONFIG`, else the one in the home directory.
///
/// # Errors
/// When there is no such file, or one cannot be read.
pub(super) fn read() -> Result<Kubeconfig, KubeconfigError> {
    let named = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let files: Vec<PathBuf> =
        std::env::split_paths(&named).filter(|file| !file.as_os_str().is_empty()).collect();
    if files.is_empty() { Kubeconfig::read().map(without_empty_texts) } else { merge(&files) }
}

/// What the files say together. Files that are not there are passed over, as kubectl does: people list those of
/// clusters that come and go. If none is there, the error names the first.
fn merge(files: &[PathBuf]) -> Result<Kubeconfig, KubeconfigError> {
    // What cannot even be looked for is read all the same, so that the error says why.
    let is_there = |file: &&PathBuf| file.try_exists().unwrap_or(true);
    let mut there: Vec<&PathBuf> = files.iter().filter(is_there).collect();
    if there.is_empty() {
        there.extend(files.first());
    }
    there.into_iter().try_fold(Kubeconfig::default(), |merged, file| merged.merge(read_file(file)?))
}

fn read_file(file: &Path) -> Result<Kubeconfig, KubeconfigError> {
    Kubeconfig::read_from(file).map(without_empty_texts)
}

/// An empty text is no value to kubectl, which itself writes `current-context: ""`; in kube's merge it would hide the
/// value of the next file.
fn without_empty_texts(mut config: Kubeconfig) -> Kubeconfig {
    for text in [&mut config.current_context, &mut config.kind, &mut config.api_version] {
        text.take_if(|text| text.is_empty());
    }
    config
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A folder with the kubeconfig of a cluster by this name, which its context has too.
    fn folder(name: &str, current_context: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": current_context, "users": null,
            "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": ""}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        (folder, file)
    }

    #[test]
    fn files_that_are_not_there_are_passed_over() {
        let (_folder, file) = folder("here", "here");
        for files in [["/nonexistent/old".into(), file.clone()], [file.clone(), "/nonexistent/old".into()]] {
            let config = merge(&files).unwrap();
            assert_eq!(config.current_context.as_deref(), Some("here"), "{files:?}");
            assert_eq!(config.clusters.len(), 1);
        }
    }

    #[test]
    fn if_no_file_is_there_the_error_names_one() {
        let error = merge(&["/nonexistent/a".into(), "/nonexistent/b".into()]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/a") && error.contains("No such file"), "{error}");
    }

    #[test]
    fn a_file_that_is_there_and_cannot_be_read_is_an_error() {
        let (folder, file) = folder("here", "here");
        let broken = folder.path().join("broken");
        std::fs::write(&broken, "clusters: {").unwrap();
        assert!(merge(&[file, broken]).is_err());
    }

    #[test]
    fn an_empty_current_context_is_that_of_the_next_file() {
        let ((_a, first), (_b, second)) = (folder("first", ""), folder("second", "second"));
        let config = merge(&[first, second]).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("second"));
        assert_eq!(config.contexts.len(), 2);
    }
}
