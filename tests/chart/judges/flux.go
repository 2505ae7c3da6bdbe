package main

import (
	"context"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// kstatus is the library behind `helm --wait` and a Flux Kustomization with `wait: true`.
func kstatus(object *unstructured.Unstructured) (any, error) {
	result, err := status.Compute(object)
	if err != nil {
		return nil, err
	}
	return verdict{result.Status, result.Message}, nil
}

// flux is a Flux Kustomization with healthCheckExprs, which take the place of kstatus.
func flux(current, failed string) (judge, error) {
	evaluator, err := cel.NewStatusEvaluator(&kustomize.HealthCheckExpressions{Current: current, Failed: failed})
	if err != nil {
		return nil, err
	}
	return func(object *unstructured.Unstructured) (any, error) {
		result, err := evaluator.Evaluate(context.Background(), object)
		if err != nil {
			return nil, err
		}
		return verdict{result.Status, result.Message}, nil
	}, nil
}
