package outgoing

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

func TestForm(t *testing.T) {
	t.Parallel()
	if got, err := Form(`{"to":"+49 1","parts":[1,"a"],"n":null}`); err != nil || got != "n=null&parts=%5B1%2C%22a%22%5D&to=%2B49+1" {
		t.Errorf("%q, %v", got, err)
	}
	for _, given := range []string{`[]`, `"text"`, `{`, ``} {
		if got, err := Form(given); err == nil {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestWantsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"content-type", "application/x-www-form-urlencoded; charset=utf-8", true},
		{"Content-Type", "application/json", false},
		{"X-Type", "application/x-www-form-urlencoded", false},
	} {
		if got := WantsForm(map[string]string{c.name: c.value}); got != c.want {
			t.Errorf("%s: %s: %t", c.name, c.value, got)
		}
	}
}

func TestAuth_Apply(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]Auth{
		"||":           {},
		"Basic dTpw||": {Type: "basic_auth", User: "u", Password: "p"},
		"|v|":          {Type: "api_key", Name: "X-Key", Value: "v", In: "header"},
		"||X-Key=v":    {Type: "api_key", Name: "X-Key", Value: "v", In: "cookie"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.org", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		a.Apply(r)
		if got := r.Header.Get("Authorization") + "|" + r.Header.Get("X-Key") + "|" + r.Header.Get("Cookie"); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	why := errors.New("no answer")
	for given, want := range map[string]string{
		"https://u:p@example.org:8443/key?token=t": "https://example.org:8443: no answer",
		"https://u:p@example.org/%zz":              "no answer",
	} {
		got := Redact(&url.Error{Op: "Post", URL: given, Err: why})
		if got.Error() != want || !errors.Is(got, why) {
			t.Errorf("%s: %v", given, got)
		}
	}
	if got := Redact(why); !errors.Is(got, why) {
		t.Errorf("another error became %v", got)
	}
}
