// Check reads Kubernetes objects on standard input, as strictly as an API
// server, and checks that they agree with each other, with the image, and with
// the flags that chat-server has:
//
//	check --dockerfile ../Dockerfile --server chat-server <kubernetes.yaml
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"regexp"
)

var (
	dockerfile = flag.String("dockerfile", "", "the `file` that the image is made of")
	server     = flag.String("server", "", "the `program` that the image starts")
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("check: ")
	flag.Parse()

	yaml, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	image, err := os.ReadFile(*dockerfile)
	if err != nil {
		log.Fatal(err)
	}
	objects, err := decode(yaml)
	if err != nil {
		log.Fatal(err)
	}

	problems := append(disagreements(objects), imageDisagreements(objects, image)...)
	for _, container := range objects.deployment.Spec.Template.Spec.Containers {
		// Clap reads what comes before --help, and refuses what it doesn't know.
		command := exec.Command(*server, append(container.Args, "--help")...)
		if output, err := command.CombinedOutput(); err != nil {
			problems = append(problems, fmt.Sprintf("chat-server's flags: %v: %s", err, output))
		}
	}
	for _, problem := range problems {
		log.Print(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// imageDisagreements compares the Deployment with the Dockerfile.
func imageDisagreements(o objects, dockerfile []byte) (problems []string) {
	says := func(instruction string) string {
		line := regexp.MustCompile(`(?m)^` + instruction + ` (.*)$`).FindSubmatch(dockerfile)
		if line == nil {
			return ""
		}
		return string(line[1])
	}
	pod := o.deployment.Spec.Template.Spec
	if user := fmt.Sprintf("%d:%d", *pod.SecurityContext.RunAsUser, *pod.SecurityContext.RunAsGroup); user != says("USER") {
		problems = append(problems, fmt.Sprintf("runAsUser:runAsGroup is %s, the image's USER %s", user, says("USER")))
	}
	if port := fmt.Sprint(o.service.Spec.Ports[0].Port); port != says("EXPOSE") {
		problems = append(problems, fmt.Sprintf("the Service has port %s, the image EXPOSE %s", port, says("EXPOSE")))
	}
	return problems
}
