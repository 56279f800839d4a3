package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// secured begins the address of a listener that speaks TLS.
const secured = "https://"

// withTLS runs a measurement against a server whose public listener speaks TLS, as a bare
// handler beside it does.
func (b *bench) withTLS(ctx context.Context, measure func(*server) error) error {
	dir, err := b.newDir()
	if err != nil {
		return err
	}
	b.cert, b.key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	defer func() { b.cert, b.key = "", "" }()
	if err := newCertificate(b.cert, b.key); err != nil {
		return err
	}
	return b.withServer(ctx, func(s *server) error {
		s.public = secured + s.public
		return measure(s)
	}, "SERVE_PUBLIC_TLS_CERT_FILE="+b.cert, "SERVE_PUBLIC_TLS_KEY_FILE="+b.key)
}

func newCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}
