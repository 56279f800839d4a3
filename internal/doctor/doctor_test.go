package doctor_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/doctor"
)

// examine asks a server; the answers of the built server are tested in
// test/deploy.
func examine(t *testing.T, target string, change func(*doctor.Config)) *doctor.Report {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	c := doctor.Config{URL: u, Timeout: 5 * time.Second, Agent: "test", Now: time.Now}
	if change != nil {
		change(&c)
	}
	return doctor.Examine(t.Context(), c)
}

func headline(t *testing.T, r *doctor.Report, code string) {
	t.Helper()
	if r.Headline == nil || r.Headline.Code != code {
		t.Errorf("the headline is %+v, want %s", r.Headline, code)
	}
}

// server answers every request the same way.
func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWhatIsNoServerIsNamed(t *testing.T) {
	t.Parallel()
	headline(t, examine(t, "http://127.0.0.1:1/", nil), "refused")

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	headline(t, examine(t, "http://"+silent.Addr().String(), func(c *doctor.Config) { c.Timeout = 50 * time.Millisecond }), "timeout")

	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n")
			_ = c.Close()
		}
	}()
	headline(t, examine(t, "http://"+other.Addr().String(), nil), "no_http")
}

func TestAnswersOfProxiesAreNamed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code   string
		answer http.HandlerFunc
	}{
		{"upstream_down", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Bad Gateway", http.StatusBadGateway) }},
		{"upstream_slow", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusGatewayTimeout) }},
		{"rate_limited", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }},
		{"header_limit", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Request Header Or Cookie Too Large", http.StatusBadRequest)
		}},
		{"proxy_login", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="staging"`)
			w.WriteHeader(http.StatusUnauthorized)
		}},
		{"not_symbolon", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"UP"}`) }},
		{"not_symbolon", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		{"not_symbolon", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }},
		{"redirect_rule", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, "/")+"/", http.StatusMovedPermanently)
		}},
		{"redirected_elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/landing", http.StatusFound) }},
		{"body_unreadable", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, `{"status":"ok"}`)
		}},
	}
	for _, c := range cases {
		headline(t, examine(t, server(t, c.answer), nil), c.code)
	}
}

// alive answers as the server does to the first questions, so that later ones
// can be answered badly.
func alive(rest http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health/alive", "/health/ready":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"status":"ok"}`)
		default:
			rest(w, r)
		}
	}
}

func TestAServerWithoutItsDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	headline(t, examine(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health/ready" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"errors":{"database":"…"}}`)
			return
		}
		alive(http.NotFound)(w, r)
	}), nil), "not_ready")
}

func TestARefusedStartIsNamed(t *testing.T) {
	t.Parallel()
	report := examine(t, server(t, alive(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/self-service/login/api":
			now := time.Now().UTC()
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"`+r.RemoteAddr+now.String()+`","issued_at":"`+now.Format(time.RFC3339Nano)+`","expires_at":"`+
				now.Add(time.Hour).Format(time.RFC3339Nano)+`","request_url":"http://`+r.Host+r.URL.Path+`"}`)
		case "/self-service/login/browser":
			http.Redirect(w, r, "/error?error=1", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})), nil)
	headline(t, report, "start_refused")
}

func TestTheProxysClockIsCompared(t *testing.T) {
	t.Parallel()
	url := server(t, alive(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().UTC()
		w.Header().Set("Date", now.Add(-time.Hour).Format(http.TimeFormat))
		if r.URL.Path == "/self-service/login/api" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"`+now.String()+`","issued_at":"`+now.Format(time.RFC3339Nano)+`","expires_at":"`+
				now.Add(time.Hour).Format(time.RFC3339Nano)+`","request_url":"http://`+r.Host+r.URL.Path+`"}`)
			return
		}
		http.Redirect(w, r, "/login?flow="+now.String(), http.StatusFound)
	}))
	headline(t, examine(t, url, nil), "clock_skew_proxy")
}

func TestNothingIsConcludedBehindABrokenLink(t *testing.T) {
	t.Parallel()
	report := examine(t, "http://127.0.0.1:1/", nil)
	for _, c := range report.Checks[1:] {
		if c.Status != doctor.Skipped || !strings.Contains(c.Seen, "reach") {
			t.Errorf("%s: %s, %s", c.Name, c.Status, c.Seen)
		}
	}
}

func TestACancelledWalkStopsAsking(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 100)
	target := server(t, func(w http.ResponseWriter, _ *http.Request) { asked <- struct{}{}; w.WriteHeader(http.StatusTeapot) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	doctor.Examine(ctx, doctor.Config{URL: u, Timeout: time.Second, Now: time.Now})
	if len(asked) != 0 {
		t.Errorf("%d requests after the end", len(asked))
	}
}
