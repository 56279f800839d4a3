package nodes

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/test/databases"
)

func TestWhoSignsOutOfTheConsoleIsSignedOutOnAllNodes(t *testing.T) {
	t.Parallel()
	const password = "what operators know"
	dsn := databases.DSN(t, databases.Postgres)
	var nodes []*node
	for range 2 {
		n := newNode(t, dsn)
		n.env = append(n.env, "SERVE_ADMIN_CONSOLE_PASSWORD="+password)
		n.start()
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		n.await()
	}
	send := func(n *node, method, path, cookie string, form url.Values) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, n.admin+"/console"+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Body.Close()
		return w
	}
	signedIn := send(nodes[0], http.MethodPost, "/sign-in", "", url.Values{"secret": {password}})
	cookie, _, _ := strings.Cut(signedIn.Header.Get("Set-Cookie"), ";")
	for _, n := range nodes {
		if status := send(n, http.MethodGet, "/identities", cookie, nil).StatusCode; status != http.StatusOK {
			t.Errorf("signed in, %s answers %d", n.admin, status)
		}
	}
	send(nodes[0], http.MethodPost, "/sign-out", cookie, nil)
	for _, n := range nodes {
		if status := send(n, http.MethodGet, "/identities", cookie, nil).StatusCode; status != http.StatusSeeOther {
			t.Errorf("signed out, %s answers %d", n.admin, status)
		}
	}
}
