package nodes

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// browser is a client that keeps cookies.
type browser struct {
	n *node
	http.Client
}

// signIn opens a browser and signs a person in there.
func (n *node) signIn(t testing.TB, email, password string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{n, http.Client{Jar: jar, Timeout: client.Timeout, CheckRedirect: client.CheckRedirect}}
	begun := b.send(t, http.MethodGet, "/self-service/login/browser", nil)
	page, err := url.Parse(begun.header.Get("Location"))
	if err != nil || page.Query().Get("flow") == "" {
		t.Fatalf("login: %d %v, %v", begun.status, begun.header, err)
	}
	id := page.Query().Get("flow")
	var flow struct {
		Methods map[string]struct {
			Config struct {
				Fields []struct {
					Name  string
					Value any
				}
			}
		}
	}
	if shown := b.send(t, http.MethodGet, "/self-service/login/flows?id="+id, nil); json.Unmarshal(shown.body, &flow) != nil {
		t.Fatalf("login flow: %d %s", shown.status, shown.body)
	}
	form := url.Values{"identifier": {email}, "password": {password}}
	for _, f := range flow.Methods["password"].Config.Fields {
		if text, ok := f.Value.(string); ok && f.Name == "csrf_token" {
			form.Set(f.Name, text)
		}
	}
	b.send(t, http.MethodPost, "/self-service/login/methods/password?flow="+id, form)
	if status := b.send(t, http.MethodGet, "/sessions/whoami", nil).status; status != http.StatusOK {
		t.Fatalf("the browser is not signed in: %d", status)
	}
	return b
}

// send sends a form, or nothing, and keeps the cookies that come back.
func (b *browser) send(t testing.TB, method, path string, form url.Values) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.n.public+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Set("Accept", "application/json"); form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
	}
	w, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{w.StatusCode, w.Header, raw}
}
