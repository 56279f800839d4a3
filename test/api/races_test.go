package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The writer has one turn for everybody: whoever waits for a server of somebody
// else while it holds the turn stops all writes.
func TestASlowSchemaServerDoesNotStopOthersFromWriting(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile("../../internal/traits/default.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var slow atomic.Bool
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if slow.Load() {
			asked <- struct{}{}
			<-answer
		}
		_, _ = w.Write(schema)
	}))
	t.Cleanup(server.Close)
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL="+server.URL+"/identity.schema.json")
	link := s.adminLink(t, s.identityOf(t, s.register(t, "jane@example.org")))
	s.pass(10 * time.Minute) // the schema has to be fetched again
	slow.Store(true)

	landed := make(chan string, 1)
	c := s.browser(t)
	go func() { landed <- c.get(t, link).Header.Get("Location") }()
	<-asked
	started := make(chan string, 1)
	go func() { started <- s.app1().start(t, "login", "password") }()
	select {
	case <-started:
	case <-time.After(3 * time.Second):
		t.Error("nobody can write while a schema is fetched")
	}
	slow.Store(false)
	close(answer)
	if to := <-landed; !strings.Contains(to, "/settings?flow=") {
		t.Errorf("the link led to %q", to)
	}
}
