//! The image: no more in it than the binary and the authorities it trusts, and the chart runs it as it is meant.
//! `make image` checks the rest: its size, and that one binary is one digest.

use serde_json::json;

use crate::support::{text, yaml};

/// The instructions of the Dockerfile, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let dockerfile = text("image/Dockerfile").replace("\\\n", " ");
    let lines = dockerfile.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(word, rest)| (word.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

fn of(word: &str) -> Vec<String> {
    instructions().into_iter().filter(|(name, _)| name == word).map(|(_, rest)| rest).collect()
}

#[test]
fn it_holds_the_binary_and_the_authorities_and_nothing_else() {
    assert_eq!(of("FROM"), ["scratch"]);
    assert_eq!(
        of("COPY"),
        ["ca-certificates.crt /etc/ssl/certs/ca-certificates.crt", "${TARGETARCH}/saewatch /saewatch"]
    );
    let allowed = ["FROM", "ARG", "LABEL", "COPY", "USER", "EXPOSE", "ENTRYPOINT"];
    let others: Vec<_> =
        instructions().into_iter().filter(|(word, _)| !allowed.contains(&word.as_str())).collect();
    assert!(others.is_empty(), "nothing runs, and nothing comes from elsewhere: {others:?}");
    assert_eq!(of("ENTRYPOINT"), [r#"["/saewatch"]"#]);
}

#[test]
fn the_chart_runs_it_as_the_user_and_on_the_port_that_it_names() {
    let values = yaml("charts/saewatch/values.yaml");
    // A number, or the kubelet could not tell that it is not root.
    assert_eq!(of("USER"), ["65532:65532"]);
    assert_eq!(values["podSecurityContext"]["runAsNonRoot"], json!(true));
    assert_eq!(of("EXPOSE"), [values["http"]["port"].to_string()]);
    assert_eq!(values["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
}

#[test]
fn its_labels_say_what_the_package_says() {
    let labels = of("LABEL").join(" ");
    for (label, value) in [
        ("title", env!("CARGO_PKG_NAME")),
        ("description", env!("CARGO_PKG_DESCRIPTION")),
        ("source", env!("CARGO_PKG_REPOSITORY")),
        ("licenses", "Apache-2.0"),
        ("version", "${VERSION}"),
        ("revision", "${REVISION}"),
    ] {
        let expected = format!("org.opencontainers.image.{label}=\"{value}\"");
        assert!(labels.contains(&expected), "no {expected} in {labels}");
    }
}
