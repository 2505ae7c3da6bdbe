#!/bin/sh
# The crate cel 0.15.0: \d, \w and \s in matches() are those of Unicode, so an Arabic three is a digit and é a letter of
# a word. CEL's definition names RE2, where they are those of ASCII, and cel-go says false. A rule that is checked before
# it is sent passes here and is refused by the API server; with the characters spelt out both agree. Seen on 2026-11-30;
# needs Rust and Go.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir -p rust/src go
cat > rules <<'EOF'
'٣'.matches('^\\d$')
'é'.matches('^\\w$')
'٣'.matches('^[0-9]$')
EOF
cat > rust/Cargo.toml <<'EOF'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
cel = { version = "=0.15.0", default-features = false, features = ["regex"] }
EOF
cat > rust/src/main.rs <<'EOF'
fn main() {
    for rule in include_str!("../../rules").lines() {
        let value = cel::Program::compile(rule).unwrap().execute(&cel::Context::default());
        println!("{rule} -> {}", value == Ok(cel::Value::Bool(true)));
    }
}
EOF
cat > go/main.go <<'EOF'
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
)

func main() {
	env, err := cel.NewEnv()
	if err != nil {
		panic(err)
	}
	for rules := bufio.NewScanner(os.Stdin); rules.Scan(); {
		ast, issues := env.Compile(rules.Text())
		if issues.Err() != nil {
			panic(issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			panic(err)
		}
		value, _, err := program.Eval(cel.NoVars())
		if err != nil {
			panic(err)
		}
		fmt.Println(rules.Text(), "->", value)
	}
}
EOF
(
  cd go
  go mod init finding 2> log || { cat log >&2; exit 1; }
  go get github.com/google/cel-go@v0.29.2 2> log || { cat log >&2; exit 1; }
  go mod tidy 2> log || { cat log >&2; exit 1; }
  go list -m github.com/google/cel-go
)

cat > expected <<'EOF'
cel 0.15.0:
'٣'.matches('^\\d$') -> true
'é'.matches('^\\w$') -> true
'٣'.matches('^[0-9]$') -> false
cel-go:
'٣'.matches('^\\d$') -> false
'é'.matches('^\\w$') -> false
'٣'.matches('^[0-9]$') -> false
EOF
{
  echo 'cel 0.15.0:'
  CARGO_TARGET_DIR=$folder/target cargo run --quiet --manifest-path rust/Cargo.toml
  echo 'cel-go:'
  (cd go && go run . < ../rules)
} > seen
cat seen
cmp -s seen expected || { echo 'it changed; it was:'; cat expected; exit 1; } >&2
