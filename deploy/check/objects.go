package main

import (
	"bytes"
	"errors"
	"fmt"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// objects are those of the file.
type objects struct {
	deployment *apps.Deployment
	service    *core.Service
	budget     *policy.PodDisruptionBudget
}

// decode reads all of them, and nothing else.
func decode(text []byte) (objects, error) {
	var o objects
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return o, err
		}
		var err error
		switch kind.APIVersion + " " + kind.Kind {
		case "apps/v1 Deployment":
			o.deployment = new(apps.Deployment)
			err = decodeStrictly(document, o.deployment)
		case "v1 Service":
			o.service = new(core.Service)
			err = decodeStrictly(document, o.service)
		case "policy/v1 PodDisruptionBudget":
			o.budget = new(policy.PodDisruptionBudget)
			err = decodeStrictly(document, o.budget)
		default:
			err = errors.New("not a kind that is expected here")
		}
		if err != nil {
			return o, fmt.Errorf("%s %s: %w", kind.APIVersion, kind.Kind, err)
		}
	}
	if o.deployment == nil || o.service == nil || o.budget == nil {
		return o, errors.New("expected a Deployment, a Service and a PodDisruptionBudget")
	}
	return o, nil
}

// decodeStrictly refuses fields that the type doesn't have, or that are there
// twice.
func decodeStrictly(document []byte, object any) error {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	refused, err := json.UnmarshalStrict(text, object)
	return errors.Join(append(refused, err)...)
}
