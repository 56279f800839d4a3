package takeover

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/symbolon/symbolon/test/databases"
)

// program builds the server once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "symbolon-takeover-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "symbolon")
	out, err := exec.Command("go", "build", "-o", path, "github.com/symbolon/symbolon/cmd/symbolon").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// facts is what a test needs to know of a JSON file of facts.
type facts struct {
	Config map[string]any `json:"config"`
}

// deployment is a server that takes a database over.
type deployment struct {
	dir, config string
	env         []string
}

// newDeployment writes the original's configuration, with the database given.
func newDeployment(t *testing.T, name, dsn string) *deployment {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	f.Config["dsn"] = dsn
	if raw, err = json.Marshal(f.Config); err != nil {
		t.Fatal(err)
	}
	d := &deployment{dir: t.TempDir()}
	d.config = filepath.Join(d.dir, "config.json")
	if err := os.WriteFile(d.config, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	// check.py tries more wrong passwords than a person may.
	d.env = append(os.Environ(), "SECURITY_LIMITS_ENABLED=false", "SERVE_PUBLIC_PORT="+freePort(t), "SERVE_ADMIN_PORT="+freePort(t))
	return d
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (d *deployment) value(name string) string {
	for _, e := range d.env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

func (d *deployment) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, path, args...)
	c.Dir, c.Env = d.dir, d.env
	return c
}

// take runs migrate from-kratos and returns what it says.
func (d *deployment) take(t *testing.T, args ...string) string {
	t.Helper()
	c := d.command(t.Context(), t, append([]string{"migrate", "from-kratos", "-c", d.config}, args...)...)
	var said, trouble strings.Builder
	c.Stdout, c.Stderr = &said, &trouble
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, said.String(), trouble.String())
	}
	return said.String()
}

// serve starts the server and stops it at the end of the test.
func (d *deployment) serve(t *testing.T) (public, admin string) {
	t.Helper()
	c := d.command(context.WithoutCancel(t.Context()), t, "serve", "-c", d.config)
	log, err := os.Create(filepath.Join(d.dir, "serve.log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // its exit status is of no interest here
		_ = log.Close()
	})
	public, admin = "http://127.0.0.1:"+d.value("SERVE_PUBLIC_PORT"), "http://127.0.0.1:"+d.value("SERVE_ADMIN_PORT")
	d.await(t, admin+"/health/ready")
	return public, admin
}

// await asks until the server is ready; the connection to a port that is not open yet is
// refused at once.
func (d *deployment) await(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(d.dir, "serve.log"))
			t.Fatalf("the server is not ready: %s", log)
		case <-tick.C:
		}
	}
}

// check plays check.py and fails for each fact that is not true.
func check(t *testing.T, name, public, admin string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/check.py", filepath.Join("testdata", name+".json"), public, admin).CombinedOutput()
	played := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "ok "):
			played = true
		case strings.HasPrefix(line, "FAIL "), strings.HasPrefix(line, "skip "):
			t.Errorf("%s: %s", name, line)
		default:
			t.Log(line)
		}
	}
	if !played {
		t.Errorf("%s: nothing was played: %v", name, err)
	}
}

func needCheck(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import cryptography").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 or its package cryptography is missing")
		}
		t.Skip("python3 or its package cryptography is missing")
	}
}

// Each test plays the provider on the port that the configuration names, so they run
// one after the other.
func TestFromKratos(t *testing.T) {
	needCheck(t)
	for _, version := range []string{"v0.5.5", "v26.2.0"} {
		t.Run(version+"/SQLite from another file", func(t *testing.T) {
			source := copied(t, version)
			d := newDeployment(t, version, "sqlite://"+filepath.Join(t.TempDir(), "symbolon.db"))
			d.take(t, "--source", source)
			if said := d.take(t, "--source", source); !strings.Contains(said, " 0 taken") {
				t.Errorf("a second run says %s", said)
			}
			public, admin := d.serve(t)
			check(t, version, public, admin)
		})
		t.Run(version+"/PostgreSQL in place", func(t *testing.T) {
			dsn := databases.DSN(t, databases.Postgres)
			load(t, dsn, version+".pg.sql")
			d := newDeployment(t, version+".pg", dsn)
			d.take(t, "--in-place", "--dry-run")
			d.take(t, "--in-place")
			for range 2 { // there and back
				d.take(t, "--put-back")
				d.take(t, "--in-place", "--dry-run")
				d.take(t, "--in-place")
			}
			if said := d.take(t, "--in-place", "--dry-run"); !strings.Contains(said, " 0 would be taken") {
				t.Errorf("a dry run after the run says %s", said)
			}
			public, admin := d.serve(t)
			check(t, version+".pg", public, admin)
		})
	}
}

// copied returns the DSN of a copy of a database.
func copied(t *testing.T, version string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", version+".sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kratos.sqlite")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}

// load fills an empty database of PostgreSQL.
func load(t *testing.T, dsn, file string) {
	t.Helper()
	plain, _, _ := strings.Cut(dsn, "?")
	out, err := exec.CommandContext(t.Context(), "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", plain, "-f", filepath.Join("testdata", file)).CombinedOutput()
	if err != nil {
		t.Fatalf("load %s: %v\n%s", file, err, out)
	}
}
