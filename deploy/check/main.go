// Check reads Kubernetes objects on standard input, as strictly as an API
// server, and checks that they agree with each other, with the Dockerfile, which
// it reads as BuildKit does, and with the flags that chat-server has:
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
	steps, err := os.ReadFile(*dockerfile)
	if err != nil {
		log.Fatal(err)
	}
	objects, err := decode(yaml)
	if err != nil {
		log.Fatal(err)
	}
	image, err := readImage(steps)
	if err != nil {
		log.Fatalf("%s: %v", *dockerfile, err)
	}

	problems := append(objects.disagreements(), image.disagreements(objects)...)
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
