package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnAccountIsMadeUsedAndLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK || a.text(t, "identity.traits.email") != "jane@example.org" {
		t.Fatalf("whoami after registration: %d %s", a.StatusCode, a.body)
	}
	again := s.login(t, "  JANE@Example.ORG ", password)
	if again.StatusCode != http.StatusOK {
		t.Fatalf("login in capitals and with spaces: %d %s", again.StatusCode, again.body)
	}
	gone := s.app1().do(t, http.MethodDelete, "/sessions", `{"session_token":"`+token+`"}`, "Content-Type", "application/json")
	if gone.StatusCode != http.StatusNoContent {
		t.Fatalf("revoke: %d %s", gone.StatusCode, gone.body)
	}
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("whoami right after the revocation: %d, want 401", a.StatusCode)
	}
	if a := s.whoami(t, again.text(t, "session_token")); a.StatusCode != http.StatusOK {
		t.Errorf("the other session died too: %d", a.StatusCode)
	}
}

func TestUnknownIdentifiersAndWrongPasswordsGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	wrong := s.login(t, "jane@example.org", "something else 2")
	unknown := s.login(t, "john@example.org", "something else 2")
	if wrong.StatusCode != http.StatusBadRequest || unknown.StatusCode != http.StatusBadRequest {
		t.Fatalf("answered %d and %d, want 400 twice", wrong.StatusCode, unknown.StatusCode)
	}
	same := func(a answer) string {
		o := a.object(t)
		for _, volatile := range []string{"id", "issued_at", "expires_at"} {
			delete(o, volatile)
		}
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("jane@", "x@", "john@", "x@", a.text(t, "id"), "").Replace(string(raw))
		id := a.text(t, "methods.password.config.action")
		return strings.ReplaceAll(text, id[strings.LastIndex(id, "=")+1:], "")
	}
	if same(wrong) != same(unknown) {
		t.Errorf("the answers tell who exists:\n%s\n%s", same(wrong), same(unknown))
	}
	if len(wrong.Header) != len(unknown.Header) {
		t.Errorf("the headers tell who exists: %v, %v", wrong.Header, unknown.Header)
	}
}

func TestALoginFlowEndsAtSuccess(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c := s.app1()
	action := c.start(t, "login", "password")
	proof := map[string]any{"identifier": "jane@example.org", "password": password}
	if a := c.json(t, action, proof); a.StatusCode != http.StatusOK {
		t.Fatalf("login: %d %s", a.StatusCode, a.body)
	}
	replay := c.json(t, action, proof)
	if replay.StatusCode != http.StatusFound {
		t.Fatalf("replay answered %d, want 302 to a fresh flow", replay.StatusCode)
	}
	fresh := c.get(t, replay.Header.Get("Location"))
	if id := fresh.text(t, "messages.id"); id != "4010001" {
		t.Errorf("the fresh flow says %s, want 4010001: %s", id, fresh.body)
	}
	old := c.get(t, "/self-service/login/flows?id="+action[strings.LastIndex(action, "=")+1:])
	if old.StatusCode != http.StatusGone {
		t.Errorf("the used flow is fetched with %d, want 410", old.StatusCode)
	}
}

func TestOfManyEqualRegistrationsOneWins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.app1()
	actions := make([]string, 16)
	for i := range actions {
		actions[i] = c.start(t, "registration", "password")
	}
	statuses := make([]int, len(actions))
	var group sync.WaitGroup
	for i, action := range actions {
		group.Go(func() {
			statuses[i] = s.app1().json(t, action, map[string]any{"traits.email": "same@example.org", "password": password}).StatusCode
		})
	}
	group.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case http.StatusOK:
			won++
		case http.StatusBadRequest:
		default:
			t.Errorf("one was answered %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d registrations of one address succeeded, want 1", won)
	}
}

func TestOneFlowSubmittedManyTimesAtOnceSignsInOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SECURITY_LIMITS_ENABLED=false")
	s.register(t, "jane@example.org")
	action := s.app1().start(t, "login", "password")
	statuses := make([]int, 12)
	var group sync.WaitGroup
	for i := range statuses {
		group.Go(func() {
			statuses[i] = s.app1().json(t, action, map[string]any{"identifier": "jane@example.org", "password": password}).StatusCode
		})
	}
	group.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			won++
		} else if status != http.StatusFound {
			t.Errorf("a loser was answered %d, want 302 to a fresh flow", status)
		}
	}
	if won != 1 {
		t.Errorf("one flow signed in %d times", won)
	}
}

func TestGuessingIsCutOffAndTheRightPasswordDoesNotHelpThen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	for i := range 10 {
		if a := s.login(t, "jane@example.org", "wrong password 3"); a.StatusCode != http.StatusBadRequest {
			t.Fatalf("guess %d answered %d", i, a.StatusCode)
		}
	}
	cut := s.login(t, "JANE@example.org", password)
	if cut.StatusCode != http.StatusTooManyRequests || cut.Header.Get("Retry-After") == "" {
		t.Fatalf("after 10 guesses: %d %v %s", cut.StatusCode, cut.Header, cut.body)
	}
	s.pass(11 * time.Minute)
	if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusOK {
		t.Errorf("after the window: %d %s", a.StatusCode, a.body)
	}
}

func TestSuccessesDoNotCountAgainstTheLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	for i := range 15 {
		if a := s.login(t, "jane@example.org", password); a.StatusCode != http.StatusOK {
			t.Fatalf("login %d: %d %s", i, a.StatusCode, a.body)
		}
	}
}

func TestASessionEndsWithItsLifespan(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SESSION_LIFESPAN=1h")
	token := s.register(t, "jane@example.org")
	s.pass(59 * time.Minute)
	if a := s.whoami(t, token); a.StatusCode != http.StatusOK {
		t.Fatalf("a minute before the end: %d", a.StatusCode)
	}
	s.pass(2 * time.Minute)
	if a := s.whoami(t, token); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a minute after the end: %d, want 401", a.StatusCode)
	}
}

func TestNoMutationOfATokenIsAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	mutations := []string{token[1:], token[:31], token + "A", strings.ToLower(token), strings.ToUpper(token), " " + token, token + " ", token + token}
	for i := range len(token) {
		other := byte('A')
		if token[i] == 'A' {
			other = 'B'
		}
		mutations = append(mutations, token[:i]+string(other)+token[i+1:])
	}
	for _, m := range mutations {
		if m == token || strings.TrimSpace(m) == token {
			continue // net/http trims header values
		}
		if a := s.whoami(t, m); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("mutation %q of the token was answered %d", m, a.StatusCode)
		}
	}
}
