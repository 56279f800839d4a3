package api

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
)

func TestASessionThatIsRememberedIsShownAsTheNewConfigurationSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.register(t, "jane@example.org")
	s.whoami(t, token)
	next, _, err := config.Load(config.Source{Environ: []string{
		"DSN=memory", "SERVE_PUBLIC_BASE_URL=https://id.example.org/", "SERVE_ADMIN_BASE_URL=" + s.admin.URL + "/",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.Reload(next); err != nil {
		t.Fatal(err)
	}
	if got := s.whoami(t, token).text(t, "identity.schema_url"); !strings.HasPrefix(got, "https://id.example.org/") {
		t.Errorf("schema_url is %q after a reload", got)
	}
}
