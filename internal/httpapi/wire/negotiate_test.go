package wire

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestJSONIsAnsweredToWhoAsksForItByName(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"application/json":                  true,
		"application/json, text/plain, */*": true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": false,
		"*/*":                               false,
		"":                                  false,
		"text/html, application/json":       true,
		"text/html, application/json;q=0.9": false,
		"application/json;q=0":              false,
		"application/json;q=x":              false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", accept)
		if got := AcceptsJSON(r); got != want {
			t.Errorf("Accept %q: JSON %v, want %v", accept, got, want)
		}
	}
}
