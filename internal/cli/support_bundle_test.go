package cli

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
)

// unpacked reads a support bundle.
func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for in := tar.NewReader(packed); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "symbolon-support/")] = string(text)
	}
}

// seeded sets every setting that is a secret, each to a value of its own with the
// mark in it, and those of lists in a file.
func seeded(t *testing.T) (environ []string, file string) {
	t.Helper()
	_, report, err := config.Load(config.Source{Environ: []string{"DSN=memory"}})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, v := range report.Values {
		if !v.Key.Secret() || v.Key.Env() == "" {
			continue
		}
		count++
		value := fmt.Sprintf("mark-%d-Qx7Zp3Lw9Vb2", count)
		switch scheme, _, isURL := strings.Cut(v.Key.Example, "://"); {
		case v.Key.Path == "dsn" || strings.HasPrefix(v.Key.Path, "dsn_"):
			value = "postgres://symbolon:" + value + "@127.0.0.1:1/none?sslpassword=" + value
		case isURL:
			value = scheme + "://user:" + value + "@127.0.0.1:1/"
		}
		environ = append(environ, v.Key.Env()+"="+value)
	}
	if count < 6 {
		t.Fatalf("only %d settings are secrets, so this test seeds nothing", count)
	}
	file = filepath.Join(t.TempDir(), "symbolon.yaml")
	text := `selfservice: {methods: {oidc: {enabled: true, config: {providers: [
  {id: x, provider: generic, issuer_url: "https://idp.example.org/", client_id: public-client, client_secret: mark-nested-Qx7Zp3Lw9Vb2}]}}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return environ, file
}

func TestSupportBundle_secrets(t *testing.T) {
	t.Parallel()
	environ, file := seeded(t)
	running := startServer(t, "SERVE_ADMIN_TOKEN=mark-token-Qx7Zp3Lw9Vb2")
	jane := filepath.Join(t.TempDir(), "jane.json")
	text := `{"traits": {"email": "mark-jane@example.org"}, "credentials": {"password": {"config": {"password": "mark-password-1"}}}}`
	if err := os.WriteFile(jane, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, running.environ...)
	environ = append(environ, "SYMBOLON_ADMIN_TOKEN=mark-token-Qx7Zp3Lw9Vb2", "UNRELATED=mark-unrelated")
	if got := execute(t, environ, "identities", "import", jane); got.code != exitOK {
		t.Fatal(got.err)
	}
	out := filepath.Join(t.TempDir(), "bundle.tar.gz")
	got := execute(t, environ, "support-bundle", "-c", file, out)
	if got.code != exitOK {
		t.Fatalf("%d: %s%s", got.code, got.out, got.err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the bundle is %v, %v: others can read it", info, err)
	}
	files := unpacked(t, out)
	for name, text := range files {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "mark-") || strings.Contains(line, "Qx7Zp3Lw9Vb2") || strings.Contains(line, "$argon2id$") {
				t.Errorf("%s shows %s", name, line)
			}
		}
	}
	for name, want := range map[string]string{
		"version.txt": "commit ", "config.txt": "public-client", "environment.txt": "DSN is set", "status.json": `"ready": true`,
		"metrics.txt": "symbolon_hashing_waiting", "server.txt": "v0.0.0-test", "warnings.json": "[",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s has no %q:\n%.2000s", name, want, files[name])
		}
	}
}

func TestSupportBundle_nothingWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, log, out := filepath.Join(dir, "broken.yaml"), filepath.Join(dir, "log"), filepath.Join(dir, "bundle.tar.gz")
	for path, text := range map[string]string{file: "serve: {public: {port: mark-port}}", log: strings.Repeat("x", maxBundledLog) + "the end\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := execute(t, nil, "support-bundle", "-c", file, "-e", "http://127.0.0.1:1", "--log", log, out)
	if got.code != exitOK {
		t.Fatalf("%d: %s", got.code, got.err)
	}
	files := unpacked(t, out)
	if !strings.Contains(files["problems.json"], "serve.public.port") || !strings.Contains(files["server.txt"], "no answer from http://127.0.0.1:1") {
		t.Errorf("the bundle says neither what is wrong with the file nor with the server: %v", files)
	}
	if text := files["log-1.txt"]; len(text) != maxBundledLog || !strings.HasSuffix(text, "the end\n") {
		t.Errorf("of the log %d bytes are there, which end with %.20q", len(text), text[max(0, len(text)-20):])
	}
	if got := execute(t, nil, "support-bundle", "-e", "http://127.0.0.1:1", out); got.code != exitFailed || !strings.Contains(got.err, "exists") {
		t.Errorf("a file that is there: %d %s", got.code, got.err)
	}
}
