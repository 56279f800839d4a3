package nodes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/secret"
)

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "symbolon-nodes-")
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
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// node is a server in a process of its own, on the same ports after each start.
type node struct {
	t             testing.TB
	dir           string
	public, admin string // URLs
	program       string // of which release; today's by default
	env           []string

	cmd   *exec.Cmd
	log   *os.File
	ended chan error
}

// newNode prepares a server over a database; start starts it.
func newNode(t testing.TB, dsn string) *node {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	n := &node{t: t, dir: t.TempDir(), program: program, public: "http://127.0.0.1:" + ports[0], admin: "http://127.0.0.1:" + ports[1]}
	n.env = []string{
		"DSN=" + dsn, "SERVE_PUBLIC_HOST=127.0.0.1", "SERVE_PUBLIC_PORT=" + ports[0], "SERVE_PUBLIC_BASE_URL=" + n.public + "/", "SERVE_ADMIN_PORT=" + ports[1],
		"SECRETS_DEFAULT=a secret that all of the nodes share", "SECURITY_LIMITS_ENABLED=false",
		"HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
	}
	t.Cleanup(func() {
		if n.cmd != nil {
			n.kill()
		}
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(n.dir, "log"))
			t.Logf("end of the log of %s:\n%s", n.public, log[max(0, len(log)-3000):])
		}
	})
	return n
}

// newCluster starts as many nodes over one database.
func newCluster(t testing.TB, dsn string, count int, program ...string) []*node {
	t.Helper()
	var all []*node
	for range count {
		n := newNode(t, dsn)
		for _, p := range program {
			n.program = p
		}
		n.start()
		all = append(all, n)
	}
	for _, n := range all {
		n.await()
	}
	return all
}

// given are the ports of all nodes: those of one that has not started yet look free.
var given sync.Map

func freePorts(t testing.TB, count int) []string {
	t.Helper()
	var ports []string
	for len(ports) < count {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		if _, taken := given.LoadOrStore(port, true); !taken {
			ports = append(ports, port)
		}
	}
	return ports
}

// start starts the process; several may migrate the database at once.
func (n *node) start() {
	n.t.Helper()
	var err error
	n.log, err = os.OpenFile(filepath.Join(n.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = exec.Command(n.program, "serve", "--migrate", "--quiet")
	n.cmd.Dir, n.cmd.Env, n.cmd.Stdout, n.cmd.Stderr = n.dir, n.env, n.log, n.log
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.ended = make(chan error, 1)
	go func(c *exec.Cmd, ended chan<- error) { ended <- c.Wait() }(n.cmd, n.ended)
}

// await returns when the node is ready.
func (n *node) await() {
	n.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case err := <-n.ended:
			n.ended <- err
			n.t.Fatalf("the node ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
		if got, err := n.ask(http.MethodGet, n.public+"/health/ready", nil); err == nil && got.status == http.StatusOK {
			return
		}
	}
	n.t.Fatal("the node did not become ready")
}

// stop ends the process as an operator does.
func (n *node) stop() {
	n.t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	if err := <-n.ended; err != nil {
		n.t.Fatalf("the node ended with %v", err)
	}
	n.forget()
}

// become goes on as another release.
func (n *node) become(program string) {
	n.t.Helper()
	n.stop()
	n.program = program
	n.start()
}

// kill ends the process as a power failure does.
func (n *node) kill() {
	_ = n.cmd.Process.Kill()
	<-n.ended
	n.forget()
}

func (n *node) forget() {
	_ = n.log.Close()
	n.cmd = nil
}

// oneOf picks one of all.
func oneOf[T any](all []T) T { return all[secret.Below(int64(len(all)))] }

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

var client = &http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// ask sends a request, with a JSON body and a session token if there are.
func (n *node) ask(method, url string, body any, token ...string) (reply, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, content)
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if len(token) > 0 {
		r.Header.Set("X-Session-Token", token[0])
	}
	w, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	return reply{w.StatusCode, w.Header, raw}, err
}

// whoami returns the status of a session check, 0 if there was no answer.
func (n *node) whoami(token string) int {
	got, err := n.ask(http.MethodGet, n.public+"/sessions/whoami", nil, token)
	if err != nil {
		return 0
	}
	return got.status
}

// errRefused says that a node answered something else than success.
var errRefused = errors.New("refused")

// register makes an account and returns its session token. The error is errRefused if
// the node answered, else its outcome is unknown.
func (n *node) register(email, password string) (string, error) {
	return n.submit("registration", map[string]any{"traits.email": email, "password": password})
}

func (n *node) logIn(email, password string) (string, error) {
	return n.submit("login", map[string]any{"identifier": email, "password": password})
}

func (n *node) submit(kind string, fields map[string]any) (string, error) {
	begun, err := n.ask(http.MethodGet, n.public+"/self-service/"+kind+"/api", nil)
	if err != nil {
		return "", err
	}
	var flow struct{ ID string }
	if begun.status != http.StatusOK {
		return "", fmt.Errorf("%w: %s begins with %d %s", errRefused, kind, begun.status, begun.body)
	}
	if err := json.Unmarshal(begun.body, &flow); err != nil {
		return "", err
	}
	got, err := n.ask(http.MethodPost, n.public+"/self-service/"+kind+"/methods/password?flow="+flow.ID, fields)
	if err != nil {
		return "", err
	}
	var done struct {
		Token string `json:"session_token"`
	}
	if got.status != http.StatusOK {
		return "", fmt.Errorf("%w: %s ends with %d %s", errRefused, kind, got.status, got.body)
	}
	return done.Token, json.Unmarshal(got.body, &done)
}
