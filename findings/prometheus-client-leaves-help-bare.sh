#!/bin/sh
# The crate prometheus-client 0.25.2 escapes values of labels and not the text of HELP, and puts a full stop behind it.
# OpenMetrics escapes both, so a reader of the format takes \n in a help text for a line break: the text that was
# registered with a backslash is another one at the other end. One would expect it back as it was. Seen on 2026-11-30,
# read by the Python package prometheus_client 0.23.1; needs Rust and Python.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir src
cat > Cargo.toml <<'EOF'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
prometheus-client = "=0.25.2"
EOF
cat > src/main.rs <<'EOF'
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;

fn main() {
    let size = Family::<[(&str, &str); 1], Gauge>::default();
    size.get_or_create(&[("folder", r"C:\new")]).set(1);
    let mut registry = Registry::default();
    registry.register("size", r"Size of C:\new", size);
    let mut page = String::new();
    encode(&mut page, &registry).unwrap();
    print!("{page}");
}
EOF
cat > read.py <<'EOF'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
for family in read(sys.stdin.read()):
    print("help", ascii(family.documentation), "label", ascii(family.samples[0].labels["folder"]))
EOF
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check prometheus_client==0.23.1
echo 'prometheus-client 0.25.2, written as:'
CARGO_TARGET_DIR=$folder/target cargo run --quiet > page
cat page

# ascii() shows a line break as \n and a backslash as \\.
expected="help 'Size of C:\\new.' label 'C:\\\\new'"
seen=$(python/bin/python read.py < page)
printf 'and read as:\n%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
