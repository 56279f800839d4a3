package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// manager stands in for a service manager: it collects what it is sent.
func manager(t *testing.T) (path string, receive func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return path, func() string {
		buffer := make([]byte, 1024)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("the manager hears nothing: %v", err)
		}
		return string(buffer[:n])
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	t.Cleanup(server.Close)
	alive, err := url.Parse(server.URL + "/health/alive")
	if err != nil {
		t.Fatal(err)
	}
	path, receive := manager(t)
	n := newNotifier(&env{Environ: []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"}})
	if n.every != 10*time.Millisecond {
		t.Errorf("every = %v, want half of what the manager waits", n.every)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	states := []error{errors.New("the database lacks\nmigrations"), nil}
	go func() {
		defer close(done)
		n.follow(ctx, func(context.Context) error {
			state := states[0]
			states = states[1:]
			return state
		}, alive)
	}()
	for _, want := range []string{"STATUS=Not ready: the database lacks migrations", "READY=1\nSTATUS=Serving", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := receive(); got != want {
			t.Errorf("the manager hears %q, want %q", got, want)
		}
	}
	if got := <-asked; got != "/health/alive" {
		t.Errorf("before it is told that the server answers, %s is asked", got)
	}
	stop()
	<-done
	for {
		got := receive()
		if strings.HasPrefix(got, "STOPPING=1") {
			break
		}
		if got != "WATCHDOG=1" {
			t.Fatalf("at the end the manager hears %q", got)
		}
	}
}

func TestNotify_aServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if answers(t.Context(), server.Client(), u) {
		t.Error("503 counts as an answer")
	}
	server.Close()
	if answers(t.Context(), server.Client(), u) {
		t.Error("a closed port counts as an answer")
	}
}
