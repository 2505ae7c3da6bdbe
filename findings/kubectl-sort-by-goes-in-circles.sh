#!/bin/sh
# kubectl get --sort-by, here k8s.io/kubectl 0.37.2 itself: texts that are quantities of Kubernetes are compared as such,
# all others as texts. Durations are of both kinds: 10m and 2m are 0.010 and 0.002, and 1h is a text. So 2m < 10m, 10m < 1h
# and 1h < 2m, a circle, and the order that comes out depends on the order that went in. One would expect one order,
# be it that of time or that of text. Seen on 2026-11-30; needs Go, and minutes for the first build.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > main.go <<'GO'
package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubectl/pkg/cmd/get"
)

func main() {
	for _, order := range [][]string{{"10m", "1h", "2m"}, {"2m", "1h", "10m"}, {"1h", "10m", "2m"}} {
		var objects []runtime.Object
		for _, interval := range order {
			spec := map[string]any{"interval": interval}
			objects = append(objects, &unstructured.Unstructured{Object: map[string]any{"spec": spec}})
		}
		if _, err := get.SortObjects(unstructured.UnstructuredJSONScheme, objects, ".spec.interval"); err != nil {
			panic(err)
		}
		fmt.Print(order, " ->")
		for _, object := range objects {
			interval, _, _ := unstructured.NestedString(object.(*unstructured.Unstructured).Object, "spec", "interval")
			fmt.Print(" ", interval)
		}
		fmt.Println()
	}
}
GO
go mod init finding 2> log || { cat log >&2; exit 1; }
go get k8s.io/kubectl@v0.37.2 2> log || { cat log >&2; exit 1; }
go mod tidy 2> log || { cat log >&2; exit 1; }
go list -m k8s.io/kubectl

expected='[10m 1h 2m] -> 10m 1h 2m
[2m 1h 10m] -> 1h 2m 10m
[1h 10m 2m] -> 10m 1h 2m'
seen=$(go run .)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'it changed; it was:\n%s\n' "$expected" >&2; exit 1; }
