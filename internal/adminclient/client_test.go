package adminclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// answers starts a server and a client of it.
func answers(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return clientOf(t, s.URL, 10*time.Second)
}

func clientOf(t *testing.T, address string, timeout time.Duration) *Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Config{URL: u, Token: "secret-token", Timeout: timeout, Agent: "test"})
	t.Cleanup(c.Close)
	return c
}

func writeJSON(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

func TestRequestsAreWhatTheAPIExpects(t *testing.T) {
	t.Parallel()
	var got []string
	c := answers(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s %s|%s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), body))
		if r.Header.Get("Authorization") != "Bearer secret-token" || r.Header.Get("User-Agent") != "test" {
			t.Errorf("headers: %v", r.Header)
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Link", `<http://elsewhere/courier/messages?page_size=2>; rel="first",<http://elsewhere/courier/messages?page_size=2&page_token=t%2Fo>; rel="next"`)
		if strings.HasSuffix(r.URL.Path, "s") {
			writeJSON(w, http.StatusOK, `[]`)
			return
		}
		writeJSON(w, http.StatusOK, `{}`)
	})
	ctx := t.Context()
	if _, more, err := c.Identities(ctx, ListQuery{Page: 2, PerPage: 10, Identifier: "a+b@example.org", SchemaID: "x&y"}); err != nil || !more {
		t.Errorf("list: %v %v", more, err)
	}
	if _, token, err := c.Messages(ctx, MessageQuery{Size: 2, Status: "dead", Token: "a/b"}); err != nil || token != "t/o" {
		t.Errorf("the next page is %q: %v", token, err)
	}
	_, err := c.Identity(ctx, "a/../b")
	_, err2 := c.UpdateIdentity(ctx, "..", json.RawMessage(`{"traits":{}}`))
	err3 := c.DeleteIdentity(ctx, "x?y#z")
	_, err4 := c.Schema(ctx, "a b")
	if err := errors.Join(err, err2, err3, err4); err != nil {
		t.Error(err)
	}
	want := []string{
		"GET /identities credentials_identifier=a%2Bb%40example.org&page=2&per_page=10&schema_id=x%26y |",
		"GET /courier/messages page_size=2&page_token=a%2Fb&status=dead |",
		"GET /identities/a%2F..%2Fb  |",
		`PUT /identities/%2E%2E  application/json|{"traits":{}}`,
		"DELETE /identities/x%3Fy%23z  |",
		"GET /schemas/a%20b  |",
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("request %d is\n%q, want\n%q", i, got[i], want[i])
		}
	}
}

func TestErrorsTellServersApart(t *testing.T) {
	t.Parallel()
	ask := func(h http.HandlerFunc) error {
		_, err := answers(t, h).Identity(t.Context(), "x")
		return err
	}
	refused := ask(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "r1")
		writeJSON(w, http.StatusInternalServerError, `{"error":{"code":200,"status":"x","message":"It broke"}}`)
	})
	if e, ok := errors.AsType[*Error](refused); !ok || e.Code != http.StatusInternalServerError || e.Error() != "It broke (request id r1 in the log of the server)" {
		t.Errorf("an error of the server: %v", refused)
	}
	for name, h := range map[string]http.HandlerFunc{
		"HTML":             func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"HTML that failed": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"no JSON":          func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, "{") },
		"other JSON":       func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusBadRequest, `{"detail":"x"}`) },
		"another shape":    func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, `{"id":7}`) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"a silent redirect": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	} {
		if _, ok := errors.AsType[*ForeignError](ask(h)); !ok {
			t.Errorf("%s is taken for the API: %v", name, ask(h))
		}
	}
	cut := ask(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		writeJSON(w, http.StatusOK, "{")
	})
	if _, ok := errors.AsType[*UnreachableError](cut); !ok {
		t.Errorf("an answer that was cut off: %v", cut)
	}
	large := ask(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for chunk := []byte(strings.Repeat(" ", 1<<20)); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if large == nil || !strings.Contains(large.Error(), "more than 64 MiB") {
		t.Errorf("an answer without end: %v", large)
	}
}

func TestAServerThatDoesNotAnswerIsLeft(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() { close(release); s.Close() })
	_, err := clientOf(t, s.URL, 10*time.Millisecond).Version(t.Context())
	if e, ok := errors.AsType[*UnreachableError](err); !ok || !strings.Contains(e.Error(), "no answer within 10ms") {
		t.Errorf("after the time-out: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := clientOf(t, s.URL, time.Hour).Version(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestErrorsShowNoPasswordOfTheAddress(t *testing.T) {
	t.Parallel()
	_, err := clientOf(t, "http://user:hunter2@127.0.0.1:1/", time.Second).Identity(t.Context(), "jane@example.org")
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "jane") {
		t.Errorf("got %v", err)
	}
}

func TestReportsAboutTraitsAreLegible(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"I[#/traits/email] S[#/properties/traits/properties/email] validation failed\n  I[#/traits/email] S[#/p/format] \"x\" is not valid \"email\"\n  I[#/traits/email] S[#/p/format] \"x\" is not valid \"email\"": `traits.email: "x" is not valid "email"`,
		"I[#/traits] S[#/required] missing properties: \"a\"\nI[#/traits/b~1c~0d] S[#/t] is wrong":                                                                                                                    `traits: missing properties: "a"; traits.b/c~d: is wrong`,
		"Unable to decode JSON payload: x":       "Unable to decode JSON payload: x",
		"I[#/a] S[#] validation failed":          "I[#/a] S[#] validation failed",
		"I[#/a] S[#/b] odd\nand something else":  "I[#/a] S[#/b] odd\nand something else",
		"bad \x1b[31mcolour\x07 \u202e and more": "bad �[31mcolour� � and more",
	} {
		if got := (&Error{Fault: adminapi.Fault{Reason: given}}).Error(); got != want {
			t.Errorf("%q is told as %q, want %q", given, got, want)
		}
	}
}
