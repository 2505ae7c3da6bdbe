#!/bin/sh
# kube-core 5.0.0: Status::is_not_found says false for a failure with code 404 whose reason is none of Kubernetes' own
# words, such as the one that kube makes of a body that is no Status ("404 page not found", as an API server says of a
# group that it does not serve yet). Its comment says that it follows Go's client, which takes the code where it does not
# know the reason. It asks instead whether the reason that it looks for is a known one, and that it always is, so the code
# never counts. is_conflict, is_forbidden and is_invalid are made the same way. Here it would have made a missing
# definition look like an unknown error: the operator compares the code. Seen on 2026-11-30; needs Rust.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir src
cat > Cargo.toml <<'END'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
k8s-openapi = { version = "=0.29.0", features = ["latest"] }
kube-core = "=5.0.0"
END
cat > src/main.rs <<'END'
use kube_core::Status;

fn main() {
    for reason in ["NotFound", "", "Failed to parse error data"] {
        let status = Status::failure("404 page not found", reason).with_code(404);
        println!("{:?}: {}", reason, status.is_not_found());
    }
}
END
CARGO_TARGET_DIR=$folder/target cargo build --quiet
seen=$(target/debug/finding)
printf 'is_not_found of a failure with code 404 and this reason:\n%s\n' "$seen"
[ "$seen" = '"NotFound": true
"": false
"Failed to parse error data": false' ] || { echo 'it changed: it was true, false, false' >&2; exit 1; }
