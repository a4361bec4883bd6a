package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

var (
	ca         = flag.String("ca", "", "use TLS, and trust the authorities in this PEM `file`")
	cert       = flag.String("cert", "", "show the server the certificate in this PEM `file`")
	key        = flag.String("key", "", "the certificate's key, a PEM `file`")
	serverName = flag.String("server-name", "", "the `name` in the server's certificate, if it isn't the one in -server")
)

// transportCredentials are those that the flags ask for; without them,
// plaintext.
func transportCredentials() (credentials.TransportCredentials, error) {
	if (*cert == "") != (*key == "") {
		return nil, errors.New("-cert and -key go together")
	}
	if *ca == "" {
		if *cert != "" || *serverName != "" {
			return nil, errors.New("-cert, -key and -server-name need -ca")
		}
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: *serverName}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", *ca)
	}
	if *cert != "" {
		identity, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{identity}
	}
	return credentials.NewTLS(config), nil
}
