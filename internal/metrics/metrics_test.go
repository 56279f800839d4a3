package metrics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/metrics"
)

// scrape returns the lines that a scraper gets.
func scrape(t *testing.T, m *metrics.Metrics) []string {
	t.Helper()
	answer := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics/prometheus", nil)
	request.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	m.Handler().ServeHTTP(answer, request)
	if got := answer.Header().Get("Content-Type"); answer.Code != http.StatusOK || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("status %d, content type %q", answer.Code, got)
	}
	return strings.Split(strings.TrimSpace(answer.Body.String()), "\n")
}

// series are the lines of a metric, without its help.
func series(lines []string, name string) []string {
	var out []string
	for _, line := range lines {
		if strings.HasPrefix(line, name+"{") || strings.HasPrefix(line, name+" ") {
			out = append(out, line)
		}
	}
	return out
}

func wantLine(t *testing.T, lines []string, want string) {
	t.Helper()
	if !slices.Contains(lines, want) {
		name, _, _ := strings.Cut(want, "{")
		t.Errorf("no line %s among\n%s", want, strings.Join(series(lines, name), "\n"))
	}
}

func TestRequestsAreCountedByListenerRouteMethodAndStatus(t *testing.T) {
	t.Parallel()
	m := metrics.New("v1")
	m.Observe("public", "/sessions/whoami", http.MethodGet, 200, 300*time.Microsecond)
	m.Observe("public", "/sessions/whoami", http.MethodGet, 200, 3*time.Second)
	m.Observe("public", "/sessions/whoami", http.MethodGet, 401, time.Millisecond)
	m.Observe("admin", "/sessions/whoami", http.MethodGet, 200, time.Millisecond)
	lines := scrape(t, m)
	const name, of = "symbolon_http_request_duration_seconds", `listener="public",method="GET",route="/sessions/whoami",status="200"`
	wantLine(t, lines, name+"_count{"+of+"} 2")
	wantLine(t, lines, name+"_sum{"+of+"} 3.0003")
	wantLine(t, lines, name+"_bucket{"+of+`,le="0.0005"} 1`)
	wantLine(t, lines, name+"_bucket{"+of+`,le="2.5"} 1`)
	wantLine(t, lines, name+"_bucket{"+of+`,le="10"} 2`)
	if got := series(lines, name+"_count"); len(got) != 3 {
		t.Errorf("three combinations make\n%s", strings.Join(got, "\n"))
	}
}

// Clients choose the method of a request and nothing else of what is counted.
func TestClientsCannotMakeLabels(t *testing.T) {
	t.Parallel()
	m := metrics.New("v1")
	known := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	for _, method := range append(known, "get", "TRACE", "CONNECT", "", "\xff", "GET\n", strings.Repeat("X", 1000)) {
		m.Observe("public", "/", method, 200, time.Millisecond)
	}
	for i := range 1000 {
		m.Observe("public", "/", fmt.Sprint("METHOD", i), 405, time.Millisecond)
	}
	lines := series(scrape(t, m), "symbolon_http_request_duration_seconds_count")
	for _, method := range append(known, "other") {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, `method="`+method+`"`) }) {
			t.Errorf("%s is not counted", method)
		}
	}
	if most := len(known) + 2; len(lines) != most { // other with 200 and with 405
		t.Errorf("%d series of at most %d:\n%s", len(lines), most, strings.Join(lines, "\n"))
	}
}

func TestRequestsAreCountedFromManyGoroutines(t *testing.T) {
	t.Parallel()
	m := metrics.New("v1")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 1000 {
				m.Observe("public", "/", http.MethodGet, 200+i%10, time.Millisecond)
				m.Submitted(flow.Login, "password", "success")
				m.Started(flow.Login, flow.Browser)
			}
		})
	}
	group.Wait()
	lines := scrape(t, m)
	for status := 200; status < 210; status++ {
		wantLine(t, lines, fmt.Sprintf(`symbolon_http_request_duration_seconds_count{listener="public",method="GET",route="/",status="%d"} 800`, status))
	}
	wantLine(t, lines, `symbolon_flow_submissions_total{kind="login",method="password",outcome="success"} 8000`)
	wantLine(t, lines, `symbolon_flows_started_total{client="browser",kind="login"} 8000`)
}

func TestValuesAreReadWhenScraped(t *testing.T) {
	t.Parallel()
	m := metrics.New("v1")
	value := 1.0
	m.Gauge("symbolon_level", "A level.", func() float64 { return value })
	m.Counter("symbolon_total", "A total.", func() float64 { return value * 10 })
	for range 2 {
		lines := scrape(t, m)
		wantLine(t, lines, fmt.Sprint("symbolon_level ", value))
		wantLine(t, lines, fmt.Sprint("symbolon_total ", value*10))
		wantLine(t, lines, "# TYPE symbolon_level gauge")
		wantLine(t, lines, "# TYPE symbolon_total counter")
		value++
	}
}

func TestTheVersionAndTheRuntimeAreThere(t *testing.T) {
	t.Parallel()
	lines := scrape(t, metrics.New("v1.2.3"))
	wantLine(t, lines, `symbolon_build_info{version="v1.2.3"} 1`)
	for _, name := range []string{"go_goroutines", "go_memstats_alloc_bytes", "process_resident_memory_bytes"} {
		if len(series(lines, name)) != 1 {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestTwoServersInOneProcessCountApart(t *testing.T) {
	t.Parallel()
	one, other := metrics.New("v1"), metrics.New("v1")
	one.Started(flow.Login, flow.API)
	wantLine(t, scrape(t, one), `symbolon_flows_started_total{client="api",kind="login"} 1`)
	if got := series(scrape(t, other), "symbolon_flows_started_total"); got != nil {
		t.Errorf("the other server says %v", got)
	}
}

func BenchmarkObserve(b *testing.B) {
	m := metrics.New("v1")
	b.ReportAllocs()
	for b.Loop() {
		m.Observe("public", "/sessions/whoami", http.MethodGet, 200, time.Millisecond)
	}
}
