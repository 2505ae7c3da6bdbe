#!/bin/sh
# gopher-json 552bb3c, on which Argo CD builds its scripts in Lua: what is decoded and encoded again is another document.
# A null in a list is gone, so that what follows moves up; an empty map comes back as an empty list; a whole number above
# 2^53 is another number. One would expect the same document. So a script that only hands an object back may change
# it, and its caller has to put that right. Seen on 2026-11-30; needs Go.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > main.go <<'GO'
package main

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	json "layeh.com/gopher-json"
)

func main() {
	state := lua.NewState()
	defer state.Close()
	for _, text := range []string{`[1,null,3]`, `{"annotations":{}}`, `9007199254740993`} {
		value, err := json.Decode(state, []byte(text))
		if err != nil {
			panic(err)
		}
		again, err := json.Encode(value)
		if err != nil {
			panic(err)
		}
		fmt.Println(text, "->", string(again))
	}
}
GO
go mod init finding 2> log || { cat log >&2; exit 1; }
go get github.com/yuin/gopher-lua@v1.1.2 layeh.com/gopher-json@v0.0.0-20201124131017-552bb3c4c3bf 2> log || { cat log >&2; exit 1; }
go list -m github.com/yuin/gopher-lua layeh.com/gopher-json

expected='[1,null,3] -> [1,3]
{"annotations":{}} -> {"annotations":[]}
9007199254740993 -> 9007199254740992'
seen=$(go run .)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
