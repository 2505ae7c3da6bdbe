#!/bin/sh
# tracing 0.1.44: a subscriber that is set for one thread with set_default never sees an event whose line of code another
# thread came by first, if that thread has no subscriber and there is no second one in the process. Whether a line is on is
# decided once; while there is one subscriber alone, the deciding thread's own is asked, and it has none. One would
# expect that a thread without a subscriber decides nothing for those that have one. So a test that collects log lines
# misses some of them now and then, when other tests run beside it. A second subscriber that is alive and never used
# changes that. Seen on 2026-11-30 with tracing-core 0.1.36 and tracing-subscriber 0.3.23; needs Rust.
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
tracing = "=0.1.44"
tracing-core = "=0.1.36"
tracing-subscriber = { version = "=0.3.23", default-features = false, features = ["fmt"] }
EOF
cat > src/main.rs <<'EOF'
use tracing::Dispatch;

fn say() {
    tracing::warn!("the pump is dry");
}

fn main() {
    let second = std::env::args().nth(1).map(|_| Dispatch::new(tracing_subscriber::registry()));
    let lines = tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(std::io::stdout).finish();
    let _scope = tracing::subscriber::set_default(lines);
    std::thread::spawn(say).join().unwrap();
    say();
    drop(second);
}
EOF
CARGO_TARGET_DIR=$folder/target cargo build --quiet
one=$(target/debug/finding)
two=$(target/debug/finding second)
printf 'one subscriber: %s\nbeside an unused one: %s\n' "${one:-nothing}" "${two:-nothing}"
[ -z "$one" ] && [ "$two" = " WARN finding: the pump is dry" ] || { echo 'it changed: it was nothing, and one line' >&2; exit 1; }
