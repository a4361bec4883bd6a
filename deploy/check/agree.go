package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// disagreements are those of the objects with each other.
func (o objects) disagreements() (problems []string) {
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf(format, args...))
	}

	pod := labels.Set(o.deployment.Spec.Template.Labels)
	selectors := map[string]*meta.LabelSelector{
		"the Deployment":          o.deployment.Spec.Selector,
		"the Service":             {MatchLabels: o.service.Spec.Selector},
		"the PodDisruptionBudget": o.budget.Spec.Selector,
	}
	for _, spread := range o.deployment.Spec.Template.Spec.TopologySpreadConstraints {
		selectors["spread over "+spread.TopologyKey] = spread.LabelSelector
	}
	for _, who := range slices.Sorted(maps.Keys(selectors)) {
		selector, err := meta.LabelSelectorAsSelector(selectors[who])
		if err != nil {
			problem("%s: %v", who, err)
		} else if selector.Empty() || !selector.Matches(pod) {
			problem("%s selects %s, the pods have %s", who, selector, pod)
		}
	}

	spec := o.deployment.Spec.Template.Spec
	container := spec.Containers[0]
	ports := flagPorts(container)
	for _, port := range container.Ports {
		if !slices.Contains(ports, fmt.Sprint(port.ContainerPort)) {
			problem("containerPort %d: no --listen or --admin has it", port.ContainerPort)
		}
	}
	for _, port := range o.service.Spec.Ports {
		if !hasPort(container, port.TargetPort) {
			problem("targetPort %s: the container has no such port", port.TargetPort.String())
		}
	}
	probes := map[string]*core.Probe{
		"startup": container.StartupProbe, "readiness": container.ReadinessProbe, "liveness": container.LivenessProbe,
	}
	for _, name := range slices.Sorted(maps.Keys(probes)) {
		if port, err := probePort(probes[name]); err != nil {
			problem("%s probe: %v", name, err)
		} else if !hasPort(container, port) {
			problem("%s probe, port %s: the container has no such port", name, port.String())
		}
	}

	duration := func(flag string) time.Duration {
		value, err := time.ParseDuration(flagValue(container, flag))
		if err != nil {
			problem("%s: %v", flag, err)
		}
		return value
	}
	delay, drain := duration("--drain-delay"), duration("--drain-timeout")
	if delay >= drain {
		problem("--drain-delay is %s, and --drain-timeout %s leaves nothing for the calls", delay, drain)
	}
	if grace := time.Duration(*spec.TerminationGracePeriodSeconds) * time.Second; grace <= drain {
		problem("terminationGracePeriodSeconds is %s, --drain-timeout takes %s", grace, drain)
	}
	return append(problems, mountDisagreements(spec)...)
}

// mountDisagreements finds files in flags that no volume has.
func mountDisagreements(spec core.PodSpec) (problems []string) {
	container := spec.Containers[0]
	for _, mount := range container.VolumeMounts {
		named := func(volume core.Volume) bool { return volume.Name == mount.Name }
		if !slices.ContainsFunc(spec.Volumes, named) {
			problems = append(problems, fmt.Sprintf("volumeMount %s: no volume has the name", mount.Name))
		}
	}
	for _, arg := range container.Args {
		name, value, _ := strings.Cut(arg, "=")
		within := func(mount core.VolumeMount) bool { return strings.HasPrefix(value, mount.MountPath+"/") }
		if strings.HasPrefix(value, "/") && !slices.ContainsFunc(container.VolumeMounts, within) {
			problems = append(problems, fmt.Sprintf("%s: %s is in no volumeMount", name, value))
		}
	}
	return problems
}

func flagValue(container core.Container, name string) string {
	for _, arg := range container.Args {
		if value, found := strings.CutPrefix(arg, name+"="); found {
			return value
		}
	}
	return ""
}

// flagPorts are the ports that the server opens.
func flagPorts(container core.Container) []string {
	var ports []string
	for _, name := range []string{"--listen", "--admin"} {
		address := flagValue(container, name)
		ports = append(ports, address[strings.LastIndex(address, ":")+1:])
	}
	return ports
}

func hasPort(container core.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(container.Ports, func(has core.ContainerPort) bool {
		return port.String() == has.Name || port.String() == fmt.Sprint(has.ContainerPort)
	})
}

func probePort(probe *core.Probe) (intstr.IntOrString, error) {
	switch {
	case probe == nil:
		return intstr.IntOrString{}, fmt.Errorf("there is no such probe")
	case probe.GRPC != nil && probe.HTTPGet == nil:
		return intstr.FromInt32(probe.GRPC.Port), nil
	case probe.HTTPGet != nil && probe.GRPC == nil:
		return probe.HTTPGet.Port, nil
	}
	return intstr.IntOrString{}, fmt.Errorf("it asks in no way, or in two")
}
