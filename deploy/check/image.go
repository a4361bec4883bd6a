package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// image is what the last stage of a Dockerfile says of a container.
type image struct {
	user        string
	ports       []string
	entryPoint  bool
	healthCheck bool
}

// readImage reads a Dockerfile as BuildKit does.
func readImage(dockerfile []byte) (image, error) {
	file, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return image{}, err
	}
	if len(file.Warnings) > 0 {
		return image{}, fmt.Errorf("warning: %s", file.Warnings[0].Short)
	}
	stages, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		return image{}, err
	}
	var i image
	for _, command := range stages[len(stages)-1].Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			i.user = command.User
		case *instructions.ExposeCommand:
			i.ports = append(i.ports, command.Ports...)
		case *instructions.EntrypointCommand:
			i.entryPoint = !command.PrependShell
		case *instructions.HealthCheckCommand:
			i.healthCheck = command.Health.Test[0] == "CMD"
		}
	}
	return i, nil
}

// disagreements are those of the image with the objects.
func (i image) disagreements(o objects) (problems []string) {
	if !i.entryPoint || !i.healthCheck {
		problems = append(problems, "the image has no shell: ENTRYPOINT and HEALTHCHECK need the form of a list")
	}
	security := o.deployment.Spec.Template.Spec.SecurityContext
	if user := fmt.Sprintf("%d:%d", *security.RunAsUser, *security.RunAsGroup); user != i.user {
		problems = append(problems, fmt.Sprintf("runAsUser:runAsGroup is %s, the image's USER %s", user, i.user))
	}
	for _, port := range o.service.Spec.Ports {
		if !slices.Contains(i.ports, fmt.Sprint(port.Port)) {
			problems = append(problems, fmt.Sprintf("the Service has port %d, the image EXPOSE %s", port.Port, i.ports))
		}
	}
	return problems
}
