package wire1_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An account without a hash signs in with the password that its old system knows, which is asked once.
func TestMigration(t *testing.T) {
	t.Parallel()
	var asked []string
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, string(body))
		if !strings.Contains(string(body), `"password":"of-yore-and-uncommon"`) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"status":"password_match"}`)
	}))
	t.Cleanup(old.Close)
	s := newSite(t, "SELFSERVICE_METHODS_PASSWORD_CONFIG_MIGRATE_HOOK_ENABLED=true", "SELFSERVICE_METHODS_PASSWORD_CONFIG_MIGRATE_HOOK_CONFIG_URL="+old.URL)
	c := s.native()
	want(t, "import", c.operate(t, "POST", "/admin/identities", map[string]any{
		"schema_id": "default", "traits": map[string]any{"email": "ada@example.org"},
		"credentials": map[string]any{"password": map[string]any{"config": map[string]any{"use_password_migration_hook": true}}},
	}), http.StatusCreated, `"id"`)
	for i, try := range []struct {
		password string
		status   int
		says     string
		asked    int
	}{{"wrong", 400, "4000006", 1}, {"of-yore-and-uncommon", 200, `"session_token"`, 2}, {"wrong", 400, "4000006", 2}, {"of-yore-and-uncommon", 200, `"session_token"`, 2}} {
		c := s.native()
		a := c.submit(t, c.start(t, "login", ""), map[string]any{"method": "password", "identifier": "ada@example.org", "password": try.password})
		want(t, try.password, a, try.status, try.says)
		if len(asked) != try.asked {
			t.Errorf("%d: asked %d times: %v", i, len(asked), asked)
		}
	}
}
