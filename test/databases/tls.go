package databases

import (
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
	"testing"
	"time"
)

// UseTLS makes a PostgreSQL that was started for this test speak TLS as well, as
// 127.0.0.1, and returns the file of the certificate to be trusted.
func (s *Server) UseTLS(t testing.TB) (trusted string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "database of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for setting, block := range map[string]*pem.Block{
		"ssl_cert_file": {Type: "CERTIFICATE", Bytes: certificate},
		"ssl_key_file":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		path := filepath.Join(s.dir, setting)
		if err := errors.Join(os.WriteFile(path, pem.EncodeToMemory(block), 0o600), giveToServant(path)); err != nil {
			t.Fatal(err)
		}
		s.Do(t, "ALTER SYSTEM SET "+setting+" = '"+path+"'")
	}
	s.Do(t, "ALTER SYSTEM SET ssl = on")
	s.Do(t, "SELECT pg_reload_conf()")
	trusted = filepath.Join(t.TempDir(), "trusted.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	return trusted
}
