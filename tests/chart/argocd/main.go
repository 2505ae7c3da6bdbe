// sync has Argo CD's own engine sync Kubernetes objects into a cluster, once.
//
//	sync KUBECONFIG NAMESPACE [OPTION...]
//
// The options are syncOptions of an Application, which also prunes. It reads JSON objects from standard input, one after
// the other, and answers with one line of JSON for each, and for each that it prunes: what the engine says of it. Trying
// again is left to the caller: in Argo CD that is the controller, by the Application's `retry`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/engine"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
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

// result is what the engine says of one object: whether it was as it is in Git before the sync, and what the sync did.
type result struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	InSync  bool   `json:"inSync"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

// What Argo CD writes on each object of an Application, to know it again, and the name of the Application here.
const (
	tracking    = "argocd.argoproj.io/tracking-id"
	application = "example"
)

// tracked is what the cache keeps of a live object: the Application that its annotation names.
type tracked struct{ application string }

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
	manager := sync.WithServerSideApplyManager("argocd-controller")
	options := []sync.SyncOpt{sync.WithLogr(logr.Discard()), sync.WithPrune(true), manager}
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
	for _, target := range targets {
		track(target, namespace)
	}
	live := cache.NewClusterCache(config, cache.SetLogr(logr.Discard()), cache.SetPopulateResourceInfoHandler(inform))
	argocd := engine.NewEngine(config, live, engine.WithLogr(logr.Discard()))
	stop, err := argocd.Run()
	if err != nil {
		return nil, err
	}
	defer stop()
	isInSync, err := compared(live, targets, namespace)
	if err != nil {
		return nil, err
	}
	said, err := argocd.Sync(ctx, targets, isManaged, "revision", namespace, options...)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, one := range said {
		key := one.ResourceKey
		results = append(results, result{key.Kind, key.Name, isInSync[key], string(one.Status), one.Message})
	}
	return results, nil
}

// track marks an object as one of the Application's.
func track(target *unstructured.Unstructured, namespace string) {
	if target.GetNamespace() != "" {
		namespace = target.GetNamespace()
	}
	kind := target.GroupVersionKind()
	annotations := target.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[tracking] = fmt.Sprintf("%s:%s/%s:%s/%s", application, kind.Group, kind.Kind, namespace, target.GetName())
	target.SetAnnotations(annotations)
}

func inform(object *unstructured.Unstructured, _ bool) (any, bool) {
	name, _, isTracked := strings.Cut(object.GetAnnotations()[tracking], ":")
	return tracked{name}, isTracked
}

func isManaged(resource *cache.Resource) bool {
	info, isTracked := resource.Info.(tracked)
	return isTracked && info.application == application
}

// compared says which objects are live as they are in Git; one that is live alone is not.
func compared(live cache.ClusterCache, targets []*unstructured.Unstructured, namespace string) (map[kube.ResourceKey]bool, error) {
	managed, err := live.GetManagedLiveObjs(targets, isManaged)
	if err != nil {
		return nil, err
	}
	both := sync.Reconcile(targets, managed, namespace, live)
	differences, err := diff.DiffArray(both.Target, both.Live, diff.WithLogr(logr.Discard()))
	if err != nil {
		return nil, err
	}
	isInSync := map[kube.ResourceKey]bool{}
	for number, difference := range differences.Diffs {
		if target := both.Target[number]; target != nil {
			isInSync[kube.GetResourceKey(target)] = !difference.Modified
		}
	}
	return isInSync, nil
}
