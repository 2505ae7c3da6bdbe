// Package stub stands in for what k9s' files take from packages that need half of Kubernetes: a build with those takes
// minutes and 800 MB.
package stub

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/derailed/k9s/internal/config/json"
)

// Of k9s' client.
const NamespaceAll = ""

func IsAllNamespaces(namespace string) bool { return namespace == NamespaceAll || namespace == "all" }

// Of k9s' data.
var JSONValidator = json.NewValidator()

// Of tview.
const (
	AlignLeft = iota
	AlignCenter
	AlignRight
)

// Of k9s' model1.
type (
	Attrs struct {
		Align                                              int
		Wide, Show, MX, MXC, MXM, Time, Capacity, VS, Hide bool
	}
	HeaderColumn struct {
		Attrs
		Name string
	}
	Header []HeaderColumn
	Fields []string
	Row    struct{ Fields Fields }
)

func (a Attrs) Merge(Attrs) Attrs { return a }

func (h Header) IndexOf(name string, _ bool) (int, bool) {
	at := slices.IndexFunc(h, func(column HeaderColumn) bool { return column.Name == name })
	return at, at >= 0
}

// Of kubectl: a path as people write it, as the library of Kubernetes wants it.
func RelaxedJSONPathExpression(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	found := regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`).FindStringSubmatch(path)
	if found == nil {
		return "", fmt.Errorf("unexpected path string %q", path)
	}
	return fmt.Sprintf("{.%s}", found[1]+found[2]), nil
}
