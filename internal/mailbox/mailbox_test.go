package mailbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

// shelf is a list of messages, the latest first.
type shelf struct {
	mails  []*courier.Stored
	says   map[string]courier.Rendered
	broken error
}

func (s *shelf) List(_ context.Context, f courier.Filter) ([]*courier.Stored, error) {
	from := 0
	if f.Before != "" {
		from = slices.IndexFunc(s.mails, func(m *courier.Stored) bool { return m.ID < f.Before })
		if from < 0 {
			return nil, s.broken
		}
	}
	return s.mails[from:min(from+f.Limit, len(s.mails))], s.broken
}

func (s *shelf) Get(_ context.Context, id string) (*courier.Stored, courier.Rendered, error) {
	for _, m := range s.mails {
		if m.ID == id {
			return m, s.says[id], s.broken
		}
	}
	return nil, courier.Rendered{}, errs.ErrNotFound
}

func id(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

func (s *shelf) put(n int, m courier.Stored, says courier.Rendered) {
	m.ID, m.CreatedAt = id(n), time.Date(2026, 1, 2, 12, 0, n%60, 0, time.UTC)
	if m.Status == "" {
		m.Status = courier.Sent
	}
	s.mails = append([]*courier.Stored{&m}, s.mails...)
	if s.says == nil {
		s.says = map[string]courier.Rendered{}
	}
	s.says[m.ID] = says
}

// serve mounts the pages as the admin listener does.
func serve(t *testing.T, s *shelf, c Config) http.Handler {
	t.Helper()
	c.Product = "Symbolon"
	if c.URL == nil {
		c.URL = &url.URL{Scheme: "http", Host: "admin.example.org:4434", Path: "/"}
	}
	b, err := New(s, c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for path, page := range b.Handlers() {
		mux.Handle("GET "+path, page)
	}
	return mux
}

func get(t *testing.T, h http.Handler, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Host = "127.0.0.1:4434"
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func TestTheListShowsMailsAPageAtATime(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	empty := get(t, serve(t, s, Config{}), "/mailbox").Body.String()
	if !strings.Contains(empty, "No mail yet") || !strings.Contains(empty, "courier.smtp.connection_uri") {
		t.Errorf("an empty mailbox says\n%s", empty)
	}
	for n := range pageSize + 2 {
		s.put(n, courier.Stored{Subject: fmt.Sprintf("mail %d.", n), Recipient: "jane@example.org"}, courier.Rendered{})
	}
	h := serve(t, s, Config{})
	first := get(t, h, "/mailbox").Body.String()
	if strings.Count(first, "<li>") != pageSize || !strings.Contains(first, "mail 51.") || strings.Contains(first, "mail 1.") {
		t.Errorf("the first page has %d mails", strings.Count(first, "<li>"))
	}
	next := "/mailbox?before=" + id(2)
	if !strings.Contains(first, `href="`+next+`"`) {
		t.Fatalf("no way to older mails in\n%s", first)
	}
	second := get(t, h, next).Body.String()
	if strings.Count(second, "<li>") != 2 || strings.Contains(second, "Older mails") || !strings.Contains(second, "Latest mails") {
		t.Errorf("the last page is\n%s", second)
	}
	if past := get(t, h, "/mailbox?before="+id(0)).Body.String(); !strings.Contains(past, "There are no older mails") {
		t.Errorf("behind the end there is\n%s", past)
	}
}

func TestAMailIsReadInItsParts(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.put(1, courier.Stored{Subject: "Recover", Recipient: "jane@example.org", Template: courier.RecoveryValid}, courier.Rendered{
		Text: "Go to https://example.org/r?token=a&x=1.\nBye", HTML: "<!doctype html><html><head><title>x</title></head><body><a href=\"https://example.org/\">Go</a></body></html>",
	})
	s.put(2, courier.Stored{Subject: "Erased", Recipient: "jane@example.org"}, courier.Rendered{})
	h := serve(t, s, Config{})
	page := get(t, h, "/mailbox/"+id(1)).Body.String()
	for _, want := range []string{
		`<a href="https://example.org/r?token=a&amp;x=1" target="_blank" rel="noopener noreferrer">https://example.org/r?token=a&amp;x=1</a>.` + "\nBye",
		`<iframe title="HTML part of the message" src="/mailbox/` + id(1) + `/html" sandbox="allow-popups allow-popups-to-escape-sandbox"`,
		`<time datetime="2026-01-02T12:00:01Z">2 Jan 2026, 12:00:01 UTC</time>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	part := get(t, h, "/mailbox/"+id(1)+"/html")
	if !strings.Contains(part.Body.String(), `<head><base target="_blank"><title>`) {
		t.Errorf("links stay in the frame: %s", part.Body)
	}
	if erased := get(t, h, "/mailbox/"+id(2)).Body.String(); !strings.Contains(erased, "has been erased") || strings.Contains(erased, "<iframe") {
		t.Errorf("an erased mail says\n%s", erased)
	}
	for _, path := range []string{"/mailbox/" + id(3), "/mailbox/x", "/mailbox/" + id(3) + "/html", "/mailbox/" + id(2) + "/html", "/mailbox?before=x"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is no such mail") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestTheStatusIsToldWhereThereIsOne(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for n, status := range []courier.Status{courier.Queued, courier.Sending, courier.Sent, courier.Dead} {
		s.put(n, courier.Stored{Subject: "x", Status: status, LastError: map[courier.Status]string{courier.Dead: "550 no such user"}[status]}, courier.Rendered{})
	}
	for delivers, want := range map[bool][]string{
		true:  {"given up", "delivered", "on its way", "on its way"},
		false: {"given up", "on its way", "on its way"},
	} {
		page := get(t, serve(t, s, Config{Delivers: delivers}), "/mailbox").Body.String()
		var got []string
		for _, part := range strings.Split(page, `<span class="state `)[1:] {
			_, text, _ := strings.Cut(part, ">")
			text, _, _ = strings.Cut(text, "<")
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with a mail server (%v): %v, want %v", delivers, got, want)
		}
	}
	if page := get(t, serve(t, s, Config{}), "/mailbox/"+id(3)).Body.String(); !strings.Contains(page, "550 no such user") {
		t.Errorf("the error is missing:\n%s", page)
	}
}

// Nothing of a mail becomes part of a page.
func TestMailsAreEscaped(t *testing.T) {
	t.Parallel()
	const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>'` + "\u202e"
	s := &shelf{}
	s.put(1, courier.Stored{Subject: nasty, Recipient: nasty, Template: courier.Template(nasty), LastError: nasty, Status: courier.Dead},
		courier.Rendered{Text: nasty + ` javascript:alert(1) https://example.org/"onclick="alert(1) http://<script>`, HTML: nasty})
	h := serve(t, s, Config{})
	for _, path := range []string{"/mailbox", "/mailbox/" + id(1)} {
		page := get(t, h, path).Body.String()
		for _, bad := range []string{"<script", "<img src=x", `"onclick`, `href="javascript`} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %s:\n%s", path, bad, page)
			}
		}
		if !strings.Contains(page, html.EscapeString("<script>alert(1)</script>")) {
			t.Errorf("%s does not show the text", path)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.put(1, courier.Stored{Subject: "x"}, courier.Rendered{Text: "x", HTML: "<script>alert(1)</script>"})
	h := serve(t, s, Config{})
	for path, policy := range map[string]string{
		"/mailbox":                     "default-src 'none'; style-src 'self'",
		"/mailbox/" + id(1):            "default-src 'none'; style-src 'self'",
		"/mailbox/nothing":             "default-src 'none'; style-src 'self'",
		"/mailbox/" + id(1) + "/html":  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'",
		"/mailbox/nothing/html":        "default-src 'none'; style-src 'self'",
		"/mailbox/style.css":           "default-src 'none'; sandbox",
		"/mailbox/mark.svg":            "default-src 'none'; sandbox",
		"/mailbox?before=' OR 1=1; --": "default-src 'none'; style-src 'self'",
	} {
		header := get(t, h, strings.ReplaceAll(path, " ", "%20")).Header()
		if !strings.HasPrefix(header.Get("Content-Security-Policy"), policy) || strings.Contains(header.Get("Content-Security-Policy"), "script-src") {
			t.Errorf("%s: policy %q", path, header.Get("Content-Security-Policy"))
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") == "" {
			t.Errorf("%s: headers %v", path, header)
		}
		if strings.HasPrefix(header.Get("Content-Type"), "text/html") && (header.Get("Cache-Control") != "no-store" || header.Get("Referrer-Policy") != "no-referrer") {
			t.Errorf("%s may be kept or told on: %v", path, header)
		}
	}
}

func TestForeignNamesAreNotAnswered(t *testing.T) {
	t.Parallel()
	h := serve(t, &shelf{}, Config{})
	for name, want := range map[string]int{
		"127.0.0.1:4434": http.StatusOK, "localhost": http.StatusOK, "LOCALHOST:4434": http.StatusOK, "app.localhost:1": http.StatusOK,
		"[::1]:4434": http.StatusOK, "[::1]": http.StatusOK, "192.0.2.7:4434": http.StatusOK, "admin.example.org": http.StatusOK, "Admin.Example.org:99": http.StatusOK,
		"evil.example": http.StatusMisdirectedRequest, "127.0.0.1.evil.example:4434": http.StatusMisdirectedRequest,
		"localhost.evil.example": http.StatusMisdirectedRequest, "xadmin.example.org": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
	} {
		if w := get(t, h, "/mailbox", host(name)); w.Code != want {
			t.Errorf("asked for as %q it answers %d, want %d", name, w.Code, want)
		}
	}
}

func TestTheTokenIsAskedForAsAPassword(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.put(1, courier.Stored{Subject: "a subject"}, courier.Rendered{Text: "a text", HTML: "a text"})
	h := serve(t, s, Config{Token: "the-token"})
	for _, path := range []string{"/mailbox", "/mailbox/" + id(1), "/mailbox/" + id(1) + "/html"} {
		for _, password := range []string{"", "wrong", "the-token "} {
			w := get(t, h, path, func(r *http.Request) { r.SetBasicAuth("the-token", password) })
			if w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic realm=") || strings.Contains(w.Body.String(), "a subject") {
				t.Errorf("%s with %q: %d", path, password, w.Code)
			}
		}
		if w := get(t, h, path); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without a password: %d", path, w.Code)
		}
		if w := get(t, h, path, func(r *http.Request) { r.SetBasicAuth("anybody", "the-token") }); w.Code != http.StatusOK {
			t.Errorf("%s with the token: %d", path, w.Code)
		}
	}
}

func TestTroubleIsAnAnswerWithoutItsCause(t *testing.T) {
	t.Parallel()
	s := &shelf{broken: errors.New("disk of secrets on fire")}
	s.put(1, courier.Stored{Subject: "x"}, courier.Rendered{Text: "x"})
	for _, path := range []string{"/mailbox", "/mailbox/" + id(1)} {
		if w := get(t, serve(t, s, Config{}), path); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestLinksStartWhereTheListenerIsReached(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.put(1, courier.Stored{Subject: "x"}, courier.Rendered{Text: "x", HTML: "x"})
	h := serve(t, s, Config{URL: &url.URL{Scheme: "https", Host: "example.org", Path: "/id/admin/"}})
	for _, path := range []string{"/mailbox", "/mailbox/" + id(1)} {
		page := get(t, h, path).Body.String()
		if strings.Contains(page, `"/mailbox`) || !strings.Contains(page, `"/id/admin/mailbox/`) {
			t.Errorf("%s leads elsewhere:\n%s", path, page)
		}
	}
}
