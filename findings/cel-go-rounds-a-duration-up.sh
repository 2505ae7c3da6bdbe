#!/bin/sh
# cel-go 0.29.2, which checks the rules of CustomResourceDefinitions: a duration with ten nines behind the point is below
# 15s, one with seventeen nines is 15s itself. Digits below a nanosecond are dropped in the one and round up in the other,
# since the fraction passes through a float. One would expect the longer number to be below 15s too, as it is. So a rule
# "at least 15s" takes a text that whoever reads the digits exactly refuses. Seen on 2026-11-30; needs Go.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/google/cel-go/cel"
)

func main() {
	env, err := cel.NewEnv()
	if err != nil {
		panic(err)
	}
	for _, rule := range []string{
		`duration('14.9999999999s') >= duration('15s')`,
		`duration('14.99999999999999999s') >= duration('15s')`,
		`string(duration('14.9999999999s'))`,
		`string(duration('14.99999999999999999s'))`,
	} {
		ast, issues := env.Compile(rule)
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
		fmt.Println(rule, "->", value)
	}
}
GO
go mod init finding 2> log || { cat log >&2; exit 1; }
go get github.com/google/cel-go@v0.29.2 2> log || { cat log >&2; exit 1; }
go mod tidy 2> log || { cat log >&2; exit 1; }
go list -m github.com/google/cel-go

expected="duration('14.9999999999s') >= duration('15s') -> false
duration('14.99999999999999999s') >= duration('15s') -> true
string(duration('14.9999999999s')) -> 14.999999999s
string(duration('14.99999999999999999s')) -> 15s"
seen=$(go run .)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
