package console

import (
	"context"
	"errors"
	"flag"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/metrics"
	"github.com/symbolon/symbolon/internal/pagekit"
)

var update = flag.Bool("update", false, "write the golden files")

// people, mails and day stand in for services with a lot behind them.
type people struct {
	Identities
	err error
}

func (p people) List(context.Context, identity.Query) ([]*identity.Identity, int, error) {
	return nil, 48_211, p.err
}

type mails struct {
	Messages
	err error
}

func (m mails) Overview(context.Context) (courier.Overview, error) {
	return courier.Overview{
		Counts: map[courier.Status]int{courier.Queued: 3, courier.Sending: 2, courier.Sent: 1904}, Oldest: noon.Add(-90 * time.Second),
	}, m.err
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// day is a day with a morning, an evening and an attack.
type day struct{}

func (day) Minutes(n int) []metrics.Minute {
	out := make([]metrics.Minute, n)
	for i := range out {
		ago := n - 1 - i
		busy := 1.2 + math.Sin(float64(ago)/230) + 0.25*math.Sin(float64(ago)/17)
		c := metrics.Counts{Requests: int(220*busy) + ago%7, Failures: ago / 410 % 2, Seconds: 1}
		c.Logins = metrics.Outcomes{Succeeded: int(9 * busy), Rejected: int(1.5 * busy)}
		c.Registrations = metrics.Outcomes{Succeeded: int(2 * busy), Rejected: ago % 9 / 8}
		if ago > 200 && ago < 320 {
			c.Logins.Rejected += 6
			c.Logins.Held = 12
		}
		out[i] = metrics.Minute{Start: noon.Add(-time.Duration(ago) * time.Minute), Counts: c}
	}
	return out
}

// overview draws the first page of a busy server, or of one whose storage is gone.
func overview(t *testing.T, storage error, query string) string {
	t.Helper()
	o, err := New(Parts{
		Identities: people{err: storage}, Messages: mails{err: storage}, History: day{}, Now: func() time.Time { return noon },
		Ready:   func(context.Context) error { return storage },
		Hashing: func() Hashing { return Hashing{Running: 2, Waiting: 1, Memory: 38 << 20, Budget: 1 << 30} },
	}, Config{
		Product: "Symbolon", Version: "v0.3.0", Started: noon.Add(-76 * time.Hour), URL: &url.URL{Scheme: "http", Host: "127.0.0.1:4434", Path: "/"},
		Named: func(string) bool { return true }, Secrets: []string{"a secret for the tests"}, Channel: "smtp",
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	o.Handlers()["/console"].ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/console"+query, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// The page as a whole; docs/images shows it.
func TestTheOverviewIsAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "overview.html")
	got := overview(t, nil, "?span=day")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("run go test ./internal/console -update and look at what has changed (-want +got)\n%s", diff)
	}
}

// That is when it is looked at.
func TestTheOverviewIsShownWhenStorageDoesNotAnswer(t *testing.T) {
	t.Parallel()
	page := overview(t, errors.New("disk on fire"), "")
	for _, want := range []string{"the database does not answer: disk on fire", "unknown", "In the last hour:", `class="bad"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
}

func TestTheOverviewIsALightPageOverAnySpan(t *testing.T) {
	t.Parallel()
	weight := 0
	for _, span := range spans {
		weight = max(weight, len(overview(t, nil, "?span="+span.name)))
	}
	weight += len(pagekit.AdminStyle(ownStyle)) + len(pagekit.File(pagekit.Mark))
	if weight > 45_000 {
		t.Errorf("the page weighs %d bytes with what it loads", weight)
	}
}
