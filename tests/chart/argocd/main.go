// sync has Argo CD's own engine sync Kubernetes objects into a cluster, once.
//
//	sync KUBECONFIG NAMESPACE [OPTION...]
//
// The options are syncOptions of an Application. It reads JSON objects from standard input, one after the other, and
// answers with one line of JSON for each: what the engine says of it. Trying again is left to whoever calls: in Argo CD
// that is the controller, by the Application's `retry`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/engine"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// What Argo CD makes of an option in `syncPolicy.syncOptions`.
var known = map[string]sync.SyncOpt{
	"SkipDryRunOnMissingResource=true": sync.WithSkipDryRunOnMissingResource(true),
	"ServerSideApply=true":             sync.WithServerSideApply(true),
}

// result is what the engine says of one object.
type result struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

// Longer than any sync of a few objects takes.
const patience = time.Minute

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sync:", err)
		os.Exit(1)
	}
}

func run(arguments []string, objects io.Reader, answers io.Writer) error {
	if len(arguments) < 2 {
		return errors.New("expected KUBECONFIG NAMESPACE [OPTION...]")
	}
	config, err := clientcmd.BuildConfigFromFlags("", arguments[0])
	if err != nil {
		return err
	}
	options, err := parse(arguments[2:])
	if err != nil {
		return err
	}
	targets, err := read(objects)
	if err != nil {
		return err
	}
	results, err := synced(config, targets, arguments[1], options)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(answers)
	for _, result := range results {
		if err := encoder.Encode(result); err != nil {
			return err
		}
	}
	return nil
}

func parse(words []string) ([]sync.SyncOpt, error) {
	// The manager as which Argo CD's controller applies on the server's side.
	options := []sync.SyncOpt{sync.WithLogr(logr.Discard()), sync.WithServerSideApplyManager("argocd-controller")}
	for _, word := range words {
		option, ok := known[word]
		if !ok {
			return nil, fmt.Errorf("the sync option %s is not known here", word)
		}
		options = append(options, option)
	}
	return options, nil
}

func read(objects io.Reader) ([]*unstructured.Unstructured, error) {
	decoder := json.NewDecoder(objects)
	var all []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
}

func synced(config *rest.Config, targets []*unstructured.Unstructured, namespace string, options []sync.SyncOpt) ([]result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	live := cache.NewClusterCache(config, cache.SetLogr(logr.Discard()))
	argocd := engine.NewEngine(config, live, engine.WithLogr(logr.Discard()))
	stop, err := argocd.Run()
	if err != nil {
		return nil, err
	}
	defer stop()
	// Nothing else is this Application's, so nothing is pruned.
	isManaged := func(*cache.Resource) bool { return false }
	said, err := argocd.Sync(ctx, targets, isManaged, "revision", namespace, options...)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, one := range said {
		results = append(results, result{one.ResourceKey.Kind, one.ResourceKey.Name, string(one.Status), one.Message})
	}
	return results, nil
}
