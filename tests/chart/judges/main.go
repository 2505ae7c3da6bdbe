// judge says what Helm, Flux and Argo CD make of Kubernetes objects, by their own libraries.
//
//	judge kstatus                     what Helm's and Flux's wait sees
//	judge flux CURRENT FAILED         what a Flux Kustomization with these healthCheckExprs sees
//	judge argocd SCRIPT               what a Lua script returns that is run as Argo CD runs it
//
// It reads JSON objects from standard input, one after the other, and answers each with one line of JSON.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A judge says something of one object; what it says can be written as JSON.
type judge func(object *unstructured.Unstructured) (any, error)

// verdict is what kstatus and Flux answer.
type verdict struct {
	Status  status.Status `json:"status"`
	Message string        `json:"message,omitempty"`
}

func main() {
	judge, err := choose(os.Args[1:])
	if err == nil {
		err = answer(judge, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func choose(arguments []string) (judge, error) {
	switch {
	case len(arguments) == 1 && arguments[0] == "kstatus":
		return kstatus, nil
	case len(arguments) == 3 && arguments[0] == "flux":
		return flux(arguments[1], arguments[2])
	case len(arguments) == 2 && arguments[0] == "argocd":
		return argocd(arguments[1])
	default:
		return nil, errors.New("expected kstatus, flux CURRENT FAILED, or argocd SCRIPT")
	}
}

func answer(judge judge, objects io.Reader, answers io.Writer) error {
	decoder, encoder := json.NewDecoder(objects), json.NewEncoder(answers)
	for {
		var text json.RawMessage
		if err := decoder.Decode(&text); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		// This decoder keeps whole numbers whole, as the libraries expect generations to be.
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return err
		}
		said, err := judge(object)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if err := encoder.Encode(said); err != nil {
			return err
		}
	}
}
