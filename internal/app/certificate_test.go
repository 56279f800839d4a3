package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/config"
)

// pems makes a certificate with a serial number, and its key.
func pems(t *testing.T, serial int64) (certificatePEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func TestReloadCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := config.TLS{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	version := time.Now().Add(-time.Hour)
	write := func(path string, content []byte) {
		t.Helper()
		version = version.Add(time.Second) // longer than the resolution of any file system
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, version, version); err != nil {
			t.Fatal(err)
		}
	}
	firstCert, firstKey := pems(t, 1)
	write(files.CertFile, firstCert)
	write(files.KeyFile, firstKey)
	var log bytes.Buffer
	a := &App{base: &base{log: slog.New(slog.NewTextHandler(&log, nil))}}
	if err := a.loadCertificates(config.Serve{Public: config.Public{TLS: files}}); err != nil {
		t.Fatal(err)
	}
	shown := func() int64 {
		t.Helper()
		c, err := a.newHTTPServer(nil, a.publicCertificate).TLSConfig.GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.Int64()
	}
	secondCert, secondKey := pems(t, 2)
	for _, step := range []struct {
		name   string
		change func()
		serial int64
		logged string // in one line
	}{
		{"nothing changed", func() {}, 1, ""},
		{"the certificate is new, its key is not there yet", func() { write(files.CertFile, secondCert) }, 1, "can't be used"},
		{"still so", func() {}, 1, ""},
		{"both are there", func() { write(files.KeyFile, secondKey) }, 2, "certificate replaced"},
		{"the file is gone", func() { _ = os.Remove(files.CertFile) }, 2, "can't be used"},
		{"the old pair is back", func() { write(files.CertFile, firstCert); write(files.KeyFile, firstKey) }, 1, "certificate replaced"},
	} {
		log.Reset()
		step.change()
		a.ReloadCertificates()
		if got := shown(); got != step.serial {
			t.Errorf("%s: certificate %d is shown, want %d", step.name, got, step.serial)
		}
		if lines := strings.Count(log.String(), "\n"); step.logged == "" && lines > 0 || step.logged != "" && (lines != 1 || !strings.Contains(log.String(), step.logged)) {
			t.Errorf("%s: the log says %q, want %q", step.name, log.String(), step.logged)
		}
	}
}
