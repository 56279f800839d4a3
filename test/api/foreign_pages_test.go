package api

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// askAdmin sends a request to the admin listener under any name, as a browser that
// was led astray does.
func (s *site) askAdmin(t testing.TB, method, path, host, body string, headers map[string]string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.admin.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{w, raw}
}

// Without a token anyone who reaches the listener is an administrator, and every
// page that an administrator looks at reaches it through the browser.
func TestPagesOfOtherSitesAreNoAdministrators(t *testing.T) {
	t.Parallel()
	const jane = `{"traits":{"email":"jane@example.org"}}`
	s := newSite(t)
	for name, headers := range map[string]map[string]string{
		"a form":         {"Origin": "https://evil.example", "Content-Type": "text/plain"},
		"a sandbox":      {"Origin": "null", "Content-Type": "text/plain"},
		"modern fetches": {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
	} {
		if a := s.askAdmin(t, http.MethodPost, "/identities", "", jane, headers); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d %s, want 403", name, a.StatusCode, a.body)
		}
	}
	if a := s.askAdmin(t, http.MethodPost, "/identities", "", jane, nil); a.StatusCode != http.StatusCreated {
		t.Errorf("a client that is no browser: %d %s", a.StatusCode, a.body)
	}
	own := map[string]string{"Origin": s.admin.URL, "Sec-Fetch-Site": "same-origin"}
	if a := s.askAdmin(t, http.MethodPost, "/identities", "", strings.ReplaceAll(jane, "jane", "john"), own); a.StatusCode != http.StatusCreated {
		t.Errorf("a page of the listener: %d %s", a.StatusCode, a.body)
	}
}

func TestTheAdminListenerDoesNotAnswerToNamesThatOthersPointAtIt(t *testing.T) {
	t.Parallel()
	port := func(s *site) string { return s.admin.URL[strings.LastIndex(s.admin.URL, ":"):] }
	s := newSite(t)
	for _, path := range []string{"/identities", "/courier/messages", "/mailbox", "/metrics/prometheus", "/health/detail", "/nope"} {
		a := s.askAdmin(t, http.MethodGet, path, "rebound.evil.example"+port(s), "", nil)
		if a.StatusCode != http.StatusForbidden && a.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d, want 403 or 421", path, a.StatusCode)
		}
	}
	for _, host := range []string{"", "localhost" + port(s), "admin.localhost", "[::1]" + port(s), "10.0.0.5"} {
		if a := s.askAdmin(t, http.MethodGet, "/identities", host, "", nil); a.StatusCode != http.StatusOK {
			t.Errorf("host %q: %d %s", host, a.StatusCode, a.body)
		}
	}
	if a := s.askAdmin(t, http.MethodGet, "/health/ready", "pod.example", "", nil); a.StatusCode != http.StatusOK {
		t.Errorf("a probe under another name: %d", a.StatusCode)
	}
	// A page has no token, so a listener that asks for one may have any name.
	guarded := newSite(t, "SERVE_ADMIN_TOKEN=a-token-of-some-length-42")
	bearer := map[string]string{"Authorization": "Bearer a-token-of-some-length-42"}
	if a := guarded.askAdmin(t, http.MethodGet, "/identities", "kratos.internal", "", bearer); a.StatusCode != http.StatusOK {
		t.Errorf("with a token: %d %s", a.StatusCode, a.body)
	}
}
