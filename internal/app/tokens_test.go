package app

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/secret"
)

// checked is what `config validate` and a start say of a template and of how long events
// are kept.
func checked(t *testing.T, templates, keepEvents string) (warned, refused string) {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: []string{
		"DSN=memory", "SECRETS_DEFAULT=" + secret.Token(), "SESSION_WHOAMI_TOKENIZER_TEMPLATES=" + templates, "CLEANUP_KEEP_EVENTS=" + keepEvents,
	}})
	if err != nil {
		t.Fatal(err)
	}
	warnings, err := Check(t.Context(), c)
	if err != nil {
		refused = err.Error()
	}
	return config.Problems(warnings).Error(), refused
}

func TestCheck_lifeOfTokens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ templates, keepEvents, warns, refuses string }{
		"a day":                       {`{"api":{"ttl":"24h"}}`, "2160h", "", ""},
		"a month":                     {`{"api":{"ttl":"720h"}}`, "2160h", "session.whoami.tokenizer.templates (api): ttl: is 720h0m0s, which counts as 24h0m0s", ""},
		"events kept as long":         {`{"api":{"ttl":"10h"}}`, "601m", "", ""},
		"events not kept for so long": {`{"api":{"ttl":"10h"},"web":{}}`, "600m", "", "cleanup.keep_events is 10h0m0s, but tokens"},
		"a month counts as a day":     {`{"api":{"ttl":"720h"}}`, "25h", "counts as 24h0m0s", ""},
		"events kept for ever":        {`{"api":{"ttl":"24h"}}`, "0s", "", ""},
		"no tokens":                   {`{}`, "1m", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warned, refused := checked(t, test.templates, test.keepEvents)
			if !strings.Contains(warned, test.warns) || test.warns == "" && strings.Contains(warned, "tokenizer") {
				t.Errorf("warnings are %q, want %q", warned, test.warns)
			}
			if !strings.Contains(refused, test.refuses) || (refused == "") != (test.refuses == "") {
				t.Errorf("refused with %q, want %q", refused, test.refuses)
			}
		})
	}
}

func TestReload_remembersTheLifeOfTokens(t *testing.T) {
	t.Parallel()
	with := func(ttl, keepEvents string) *config.Config {
		c, _, err := config.Load(config.Source{Environ: []string{
			"DSN=memory", "CLEANUP_KEEP_EVENTS=" + keepEvents, "SECRETS_DEFAULT=" + strings.Repeat("s", 32), `SESSION_WHOAMI_TOKENIZER_TEMPLATES={"api":{"ttl":"` + ttl + `"}}`,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, err := New(t.Context(), Options{Config: with("10h", "48h"), Logger: slog.New(slog.DiscardHandler), Now: time.Now, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.db.Close() })
	for range 2 {
		if err := a.Reload(with("1m", "48h")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Reload(with("1m", "2h")); err == nil || !strings.Contains(err.Error(), "cleanup.keep_events is 2h") {
		t.Errorf("events are forgotten while tokens from before live: %v", err)
	}
	if longest := a.current.Load().issuer.Longest(); longest != 10*time.Hour {
		t.Errorf("tokens made before the reload live %v, want 10h: a new reader of the feed would not learn what they are of", longest)
	}
}

func TestCheck_showsNoKeys(t *testing.T) {
	t.Parallel()
	// Its end is missing, which is warned of.
	document := base64.StdEncoding.EncodeToString([]byte(`{"keys":[{"kty":"oct","alg":"HS256","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}`))
	for _, template := range []string{`{"api":{"jwks_url":"base64://` + document + `"}}`, `{"api":{"claims_mapper_url":"base64://` + document + `"}}`} {
		warned, refused := checked(t, template, "0s")
		if !strings.Contains(warned, "base64://…") || strings.Contains(warned+refused, document) {
			t.Errorf("%s %s", warned, refused)
		}
	}
}

func TestSourced_showsNoSignature(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	s := newSourced(t, server.URL+"/keys?signature=hunter2", time.Now)
	if _, err := s.current(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
