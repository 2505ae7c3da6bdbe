#!/bin/sh
# k8s.io/apimachinery 0.37.2: a MicroTime is read with exactly six digits behind the second. A whole second, or three or
# nine digits, are refused, though all are RFC 3339, and though metav1.Time beside it takes any number of digits. One
# would expect what the API's description of the field says: date-time. The API server answers 400 to an event of
# events.k8s.io whose eventTime has no fraction, which is how most libraries write a whole second. Seen on 2026-11-30;
# needs Go.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func main() {
	said := map[bool]string{true: "read", false: "refused"}
	for _, fraction := range []string{"", ".123", ".123456", ".123456789"} {
		text := []byte(`"2026-11-30T00:00:00` + fraction + `Z"`)
		var time metav1.Time
		var micro metav1.MicroTime
		fmt.Printf("%s Time %s MicroTime %s\n", text,
			said[json.Unmarshal(text, &time) == nil], said[json.Unmarshal(text, &micro) == nil])
	}
}
GO
go mod init finding 2> log || { cat log >&2; exit 1; }
go get k8s.io/apimachinery@v0.37.2 2> log || { cat log >&2; exit 1; }
go mod tidy 2> log || { cat log >&2; exit 1; }
go list -m k8s.io/apimachinery

expected='"2026-11-30T00:00:00Z" Time read MicroTime refused
"2026-11-30T00:00:00.123Z" Time read MicroTime refused
"2026-11-30T00:00:00.123456Z" Time read MicroTime read
"2026-11-30T00:00:00.123456789Z" Time read MicroTime refused'
seen=$(go run .)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
