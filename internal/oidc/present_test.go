package oidc

import (
	"strings"
	"testing"
	"time"
)

func TestPresent(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := generic(f.URL)
	c.AllowMissingNonce = true // which is about browsers
	p := mustNew(t, c, guarded())
	token := func(change func(map[string]any)) string {
		payload := map[string]any{
			"iss": f.URL, "aud": "client", "azp": "an app", "sub": "subject", "nonce": "n", "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
		}
		change(payload)
		return sign("RS256", payload)
	}
	if _, err := p.Present(t.Context(), token(func(map[string]any) {}), "n"); err == nil || !strings.Contains(err.Error(), "does not support") {
		t.Errorf("a provider without id_tokens for apps: %v", err)
	}
	p.spec.presents, p.config.Audiences = true, []string{"web"}
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   string // of the error
	}{
		"good":              {func(map[string]any) {}, ""},
		"other audience":    {func(c map[string]any) { c["aud"] = "web" }, ""},
		"foreign audience":  {func(c map[string]any) { c["aud"] = "stranger" }, "another client"},
		"no nonce":          {func(c map[string]any) { delete(c, "nonce") }, "No nonce"},
		"another nonce":     {func(c map[string]any) { c["nonce"] = "m" }, "does not match"},
		"another issuer":    {func(c map[string]any) { c["iss"] = "https://evil.example" }, "issue"},
		"expired":           {func(c map[string]any) { c["exp"] = noon.Add(-time.Hour).Unix() }, "expired"},
		"no subject":        {func(c map[string]any) { delete(c, "sub") }, "no subject"},
		"an empty subject":  {func(c map[string]any) { c["sub"] = "" }, "claim sub"},
		"a long subject":    {func(c map[string]any) { c["sub"] = strings.Repeat("s", 256) }, "no subject"},
		"not issued so far": {func(c map[string]any) { c["iat"] = noon.Add(time.Hour).Unix() }, "in the future"},
	} {
		got, err := p.Present(t.Context(), token(test.change), "n")
		switch {
		case test.want == "" && (err != nil || got.Subject != "subject"):
			t.Errorf("%s: %+v, %v", name, got, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, broken := range []string{"", "a.b.c", token(func(map[string]any) {}) + "x"} {
		if _, err := p.Present(t.Context(), broken, "n"); err == nil {
			t.Errorf("%q is taken", broken)
		}
	}
}

func TestStart_redirectURI(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pkce      string
		announced bool
		shared    bool
	}{
		"forced": {"force", false, true}, "announced": {"", true, true}, "not announced": {"auto", false, false}, "never": {"never", true, false},
	} {
		f := newFake(t)
		if test.announced {
			f.discovery = func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"S256"} }
		}
		c := generic(f.URL)
		c.PKCE, c.SharedRedirectURL = test.pkce, "https://id.example.org/callback"
		to, m, err := mustNew(t, c, guarded()).Start(t.Context(), StartRequest{
			State: "s", Hints: map[string]string{"login_hint": "ann", "prompt": "none", "redirect_uri": "https://evil.example", "hd": strings.Repeat("x", 600)},
		})
		if err != nil || m.Shared != test.shared || strings.Contains(to, "callback%2Facme") == test.shared {
			t.Errorf("%s: %s, %+v, %v", name, to, m, err)
		}
		if !strings.Contains(to, "login_hint=ann") || !strings.Contains(to, "prompt=none") || strings.Contains(to, "evil") || strings.Contains(to, "hd=") {
			t.Errorf("%s: hints in %s", name, to)
		}
	}
}
