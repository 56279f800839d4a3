package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// A password takes long to judge, and meanwhile its owner may have replaced it
// and ended all sessions, because another person knows it.
func TestAPasswordThatIsReplacedWhileItIsJudgedDoesNotSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old, err := bcrypt.GenerateFromPassword([]byte(password), 13)
	if err != nil {
		t.Fatal(err)
	}
	identity := func(hash string) string {
		return `{"traits":{"email":"jane@example.org"},"credentials":{"password":{"config":{"hashed_password":"` + hash + `"}}}}`
	}
	next, err := bcrypt.GenerateFromPassword([]byte("a second password 8"), 4)
	if err != nil {
		t.Fatal(err)
	}
	admin := s.app1()
	id := admin.do(t, http.MethodPost, s.admin.URL+"/identities", identity(string(old))).text(t, "id")
	c := s.app1()
	action := c.start(t, "login", "password")
	answered := make(chan answer, 1)
	go func() {
		answered <- c.json(t, action, map[string]any{"identifier": "jane@example.org", "password": password})
	}()
	for admin.get(t, s.admin.URL+"/health/detail").text(t, "hashing.running") == "0" && len(answered) == 0 {
		runtime.Gosched()
	}
	put := admin.do(t, http.MethodPut, s.admin.URL+"/identities/"+id, identity(string(next)))
	if put.StatusCode != http.StatusOK {
		t.Fatalf("replace the password: %d %s", put.StatusCode, put.body)
	}
	if len(answered) > 0 {
		t.Skip("the machine was too busy to replace a password in half a second")
	}
	if a := <-answered; a.StatusCode != http.StatusBadRequest {
		t.Errorf("the password from before: %d %s", a.StatusCode, a.body)
	}
	if a := s.login(t, "jane@example.org", "a second password 8"); a.StatusCode != http.StatusOK {
		t.Errorf("the new password: %d %s", a.StatusCode, a.body)
	}
}

func TestTwoFirstLoginsAtOnceUpgradeAHashAndBothSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old, err := bcrypt.GenerateFromPassword([]byte(password), 8)
	if err != nil {
		t.Fatal(err)
	}
	s.app1().do(t, http.MethodPost, s.admin.URL+"/identities",
		`{"traits":{"email":"jane@example.org"},"credentials":{"password":{"config":{"hashed_password":"`+string(old)+`"}}}}`)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusOK {
				t.Errorf("answered %d %s", a.StatusCode, a.body)
			}
		})
	}
	group.Wait()
}

// The writer has one turn for everybody: a request that waits for a server of a person
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
	go func() { landed <- c.opens(t, link).Header.Get("Location") }()
	<-asked
	started := make(chan string, 1)
	go func() { started <- s.app1().start(t, "login", "password") }()
	select {
	case <-started:
	case <-time.After(3 * time.Second):
		t.Error("no request can write while a schema is fetched")
	}
	slow.Store(false)
	close(answer)
	if to := <-landed; !strings.Contains(to, "/settings?flow=") {
		t.Errorf("the link led to %q", to)
	}
}
