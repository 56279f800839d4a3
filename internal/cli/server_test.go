package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

var update = flag.Bool("update", false, "write what is printed to testdata and docs")

// server is a running admin listener, with commands that talk to it.
type server struct {
	url     string
	app     *app.App
	environ []string
	folder  string // for files of commands
}

// noon is when everything happens on these servers.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// startServer starts a server with the embedded profile in memory; settings are
// NAME=value of the environment.
func startServer(t *testing.T, settings ...string) *server {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: append([]string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
	}, settings...)})
	if err != nil {
		t.Fatalf("configuration: %v", err)
	}
	a, err := app.New(t.Context(), app.Options{
		Config: c, Now: func() time.Time { return noon }, Version: "v0.0.0-test", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = a.Close() })
	listener := httptest.NewServer(a.Admin())
	t.Cleanup(listener.Close)
	return &server{url: listener.URL, app: a, environ: []string{"SYMBOLON_ADMIN_URL=" + listener.URL}, folder: t.TempDir()}
}

// deliver delivers mail until the test ends.
func (s *server) deliver(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_, _ = s.app.DeliverMail(ctx)
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done })
}

// file makes a file in the folder of the test and returns its path.
func (s *server) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run executes a command line.
func (s *server) run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), args, s.environ, Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs})
	return outcome{code, out.String(), errs.String()}
}

// transcript is what a person sees who types commands, with ids and addresses
// that do not change from run to run.
type transcript struct {
	server *server
	ids    []string
	text   strings.Builder
}

var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// aToken is signed with a secret of the run.
var aToken = regexp.MustCompile(`--page-token \S+`)

// steady gives the ids in a text the number in which they first appeared.
func (tr *transcript) steady(text string) string {
	text = anID.ReplaceAllStringFunc(text, func(id string) string {
		at := slices.Index(tr.ids, id)
		if at < 0 {
			at = len(tr.ids)
			tr.ids = append(tr.ids, id)
		}
		return fmt.Sprintf("00000000-0000-7000-8000-%012d", at+1)
	})
	text = aToken.ReplaceAllString(text, "--page-token TOKEN")
	text = strings.ReplaceAll(text, tr.server.folder+string(filepath.Separator), "")
	return strings.ReplaceAll(text, tr.server.url, "http://127.0.0.1:4434")
}

// run executes a command line; @3 in it is the third id that was seen, and a
// name with a dot in front a file of the test.
func (tr *transcript) run(t *testing.T, stdin, line string) outcome {
	t.Helper()
	args := strings.Fields(line)
	for i, arg := range args {
		if n, err := strconv.Atoi(strings.TrimPrefix(arg, "@")); err == nil && arg[0] == '@' {
			args[i] = tr.ids[n-1]
		}
		if strings.HasPrefix(arg, "./") {
			args[i] = filepath.Join(tr.server.folder, arg)
		}
	}
	got := tr.server.run(t, stdin, args...)
	if stdin != "" {
		fmt.Fprintf(&tr.text, "$ symbolon %s <<'EOF'\n%s\nEOF\n", line, strings.TrimSuffix(stdin, "\n"))
	} else {
		fmt.Fprintf(&tr.text, "$ symbolon %s\n", line)
	}
	tr.text.WriteString(tr.steady(got.out))
	for errLine := range strings.Lines(tr.steady(got.err)) {
		tr.text.WriteString("! " + errLine)
	}
	fmt.Fprintf(&tr.text, "[%d]\n\n", got.code)
	return got
}

// check compares the transcript with the one that is kept.
func (tr *transcript) check(t *testing.T, name string) {
	t.Helper()
	compareFile(t, filepath.Join("testdata", name+".txt"), tr.text.String())
}

func compareFile(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update and look at what it writes", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-kept +now), -update writes it again:\n%s", path, diff)
	}
}
