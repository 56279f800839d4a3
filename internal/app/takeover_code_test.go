package app

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/takeover"
)

// Earlier versions of the original name the kind of the identifiers and no addresses.
func TestConvertCode(t *testing.T) {
	t.Parallel()
	for config, want := range map[string][]string{
		`{"addresses":[{"channel":"email","address":"Vera@example.org"}]}`: {"vera@example.org"},
		`{"address_type":"email","used_at":null}`:                          {"vera@example.org"},
		`{"address_type":"email                               "}`:          {"vera@example.org"},
		`{}`: nil,
		``:   nil,
	} {
		made, lost, err := convertCode(t.Context(), "", takeover.Credential{Type: "code", Identifiers: []string{"Vera@example.org"}, Config: json.RawMessage(config)})
		if err != nil || len(lost) > 0 || !slices.Equal(made.Identifiers, want) {
			t.Errorf("%s: %+v, %v, %v", config, made, lost, err)
		}
	}
	if _, _, err := convertCode(t.Context(), "", takeover.Credential{Identifiers: []string{"x"}, Config: json.RawMessage(`{"address_type":"pigeon"}`)}); err == nil {
		t.Error("an address of an unknown type is lost without a word")
	}
}

// An account at a provider that is bound to an organization says so in the report: there are no organizations here.
func TestConvertProviders_organization(t *testing.T) {
	t.Parallel()
	made, lost, err := (&composition{config: &config.Config{}}).convertProviders(t.Context(), "", takeover.Credential{
		Type: "oidc", Identifiers: []string{"google:1", "corp:2"},
		Config: json.RawMessage(`{"providers":[{"provider":"google","subject":"1","organization":""},{"provider":"corp","subject":"2","organization":"o-1"}]}`),
	})
	if err != nil || len(made.Identifiers) != 2 || len(lost) != 1 || !strings.Contains(lost[0], "provider corp is not one of organization o-1") {
		t.Errorf("%+v, %v, %v", made, lost, err)
	}
}
