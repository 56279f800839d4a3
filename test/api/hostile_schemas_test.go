package api

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// hostileSchemas are schemas that a person may configure, and what has to be said of
// them. internal/traits knows more of them.
func hostileSchemas() map[string]struct{ schema, want string } {
	return map[string]struct{ schema, want string }{
		"not JSON":          {`{"type":`, "not usable JSON"},
		"huge":              {`{"title":"` + strings.Repeat("a", 2<<20) + `"}`, "larger than"},
		"deep":              {strings.Repeat(`{"not":`, 200) + `{}` + strings.Repeat(`}`, 200), "nested deeper"},
		"a bomb":            {`{"properties":{"traits":{"$ref":"#/definitions/x"}},"definitions":{"x":{"allOf":[` + strings.Repeat(`{"properties":{"c":{"$ref":"#/definitions/x"}}},`, 20) + `{}]}}}`, "too complex"},
		"a slow pattern":    {`{"properties":{"traits":{"pattern":"((a{1000}){1000}){1000}"}}}`, "regex"},
		"a local reference": {`{"$ref":"file:///etc/passwd"}`, "is not valid JSON"},
		"the wrong draft":   {`{"$schema":"http://json-schema.org/draft-03/schema#"}`, "not available"},
	}
}

func inline(schema string) string {
	return "base64://" + base64.StdEncoding.EncodeToString([]byte(schema))
}

func TestNoServerStartsWithAHostileSchema(t *testing.T) {
	t.Parallel()
	for name, test := range hostileSchemas() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			c, _, err := config.Load(config.Source{Environ: []string{"DSN=memory", "IDENTITY_DEFAULT_SCHEMA_URL=" + inline(test.schema)}})
			if err == nil {
				var a *app.App
				if a, err = app.New(t.Context(), app.Options{Config: c, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}); err == nil {
					_ = a.Close()
				}
			}
			wantRefusal(t, err, test.want)
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("it took %v to say so", took)
			}
		})
	}
}

func TestARunningServerKeepsItsSchemaWhenTheNewOneIsHostile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, test := range hostileSchemas() {
		t.Log(name)
		c, _, err := config.Load(config.Source{Environ: []string{
			"DSN=memory", "SERVE_PUBLIC_BASE_URL=" + s.public.URL + "/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
			"IDENTITY_DEFAULT_SCHEMA_URL=" + inline(test.schema),
		}})
		if err == nil {
			err = s.app.Reload(c)
		}
		wantRefusal(t, err, test.want)
	}
	s.register(t, "jane@example.org")
}

func wantRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("the schema is taken")
	}
	for _, part := range []string{"schema", want} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("it says %.300q, without %q", err, part)
		}
	}
	if len(err.Error()) > 2_000 {
		t.Errorf("it says so in %d bytes", len(err.Error()))
	}
}

// The address is one of this machine, which the operator has not allowed to be asked.
func TestASchemaThatRefersIntoThePrivateNetworkIsNotFollowed(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	t.Cleanup(private.Close)
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL="+inline(`{"$ref":"`+private.URL+`/secret.json"}`))
	if got := s.app1().get(t, "/self-service/registration/api"); got.StatusCode < 500 {
		t.Errorf("a registration starts without its schema: %d %s", got.StatusCode, got.body)
	}
	if !strings.Contains(s.log.String(), "follow reference") {
		t.Error("the log does not tell why")
	}
	select {
	case <-asked:
		t.Error("the private server was asked")
	default:
	}
}

// A schema that its server spoils later is not taken over: the one that was read goes
// on.
func TestASchemaThatTurnsHostileAtItsServerIsRefused(t *testing.T) {
	t.Parallel()
	var schema atomic.Value
	schema.Store(`{"$id":"person","type":"object","properties":{"traits":{"type":"object","properties":{"email":{"type":"string","format":"email",
		"ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}}},"required":["email"]}}}`)
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, schema.Load().(string))
	}))
	t.Cleanup(remote.Close)
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL="+remote.URL+"/person.json")
	s.register(t, "jane@example.org")
	told := 0
	for name, test := range hostileSchemas() {
		schema.Store(test.schema)
		s.pass(time.Hour)
		s.register(t, strings.ReplaceAll(name, " ", "-")+"@example.org")
		told++
		if got := strings.Count(s.log.String(), "the one before stays in use"); got != told {
			t.Errorf("%s: the log tells of %d spoiled schemas, not %d", name, got, told)
		}
	}
}
