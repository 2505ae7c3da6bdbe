// Command views says how k9s shows objects: by its own schema and loader of views.yaml, and by its own columns, whose files
// are put beside this one.
//
// It is given the file, and on standard input {"view": GVR, "object": OBJECT}, one or more. For each it prints its sorted
// column, and its columns with what each shows.
package main

import (
	encoding "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/derailed/k9s/internal/config/json"
	"github.com/derailed/k9s/views/stub"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What the two files take from the rest of their package.
const (
	NAValue      = "na"
	MissingValue = "<none>"
)

func toMc(int64) string        { return NAValue }
func toMi(int64) string        { return NAValue }
func ToAge(metav1.Time) string { return "age" }

type question struct {
	View   string         `json:"view"`
	Object map[string]any `json:"object"`
}

type column struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Wide  bool   `json:"wide"`
}

type answer struct {
	Sorted    string   `json:"sorted"`
	Ascending bool     `json:"ascending"`
	Columns   []column `json:"columns"`
}

// The view of one kind, to which k9s gives its settings.
type view struct {
	settings *ViewSetting
}

func (v *view) ViewSettingsChanged(settings *ViewSetting) { v.settings = settings }
func (*view) GetNamespace() string                        { return "" }

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// k9s logs what its schema refuses, and goes on.
	if err := stub.JSONValidator.Validate(json.ViewsSchema, text); err != nil {
		return err
	}
	questions, answers := encoding.NewDecoder(os.Stdin), encoding.NewEncoder(os.Stdout)
	for {
		var asked question
		if err := questions.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		shown, err := render(path, asked)
		if err != nil {
			return fmt.Errorf("%s: %w", asked.View, err)
		}
		if err := answers.Encode(shown); err != nil {
			return err
		}
	}
}

func render(path string, asked question) (answer, error) {
	views, one := NewCustomView(), &view{}
	views.AddListener(asked.View, one)
	if err := views.Load(path); err != nil {
		return answer{}, err
	}
	sorted, ascending, err := one.settings.SortCol()
	if err != nil {
		return answer{}, err
	}
	specs, err := NewColsSpecs(one.settings.Columns...).parseSpecs()
	if err != nil {
		return answer{}, err
	}
	// The one column that is the API server's own.
	row := stub.Row{Fields: stub.Fields{"age"}}
	header := stub.Header{stub.HeaderColumn{Name: "AGE"}}
	rendered, err := specs.realize(&unstructured.Unstructured{Object: asked.Object}, header, &row)
	if err != nil {
		return answer{}, err
	}
	shown := answer{Sorted: sorted, Ascending: ascending}
	for _, each := range rendered {
		shown.Columns = append(shown.Columns, column{each.Header.Name, each.Value, each.Header.Wide})
	}
	return shown, nil
}
