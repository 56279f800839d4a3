package netguard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/symbolon/symbolon/internal/netguard"
)

// newProxy answers for every destination, as a forward proxy does.
func newProxy(t *testing.T) (*site, func(*http.Request) (*url.URL, error)) {
	t.Helper()
	p := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, "proxied "+r.URL.Host)
	})
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return p, http.ProxyURL(u)
}

func TestTheOperatorsProxyIsReachedAlthoughItIsPrivate(t *testing.T) {
	t.Parallel()
	_, proxy := newProxy(t)
	client := newClient(t, netguard.Config{Proxy: proxy, Resolver: names(t, always("1.1.1.1"))})
	if body, err := get(t, client, "http://schemas.example.org/"); err != nil || body != "proxied schemas.example.org" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestADestinationBehindAProxyIsJudgedBeforeTheProxyIsAsked(t *testing.T) {
	t.Parallel()
	p, proxy := newProxy(t)
	known := map[string][]string{
		"internal.example.org.": {"10.0.0.1"}, "mixed.example.org.": {"1.1.1.1", "127.0.0.1"}, "localhost.": {"127.0.0.1"},
	}
	client := newClient(t, netguard.Config{Proxy: proxy, Resolver: names(t, func(name string, _ int) []string { return known[name] })})
	for _, host := range []string{
		"10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1",
		"internal.example.org", "mixed.example.org", "localhost",
	} {
		if body, err := get(t, client, "http://"+host+"/"); !errors.Is(err, netguard.ErrForbidden) {
			t.Errorf("%s: %q, %v; want ErrForbidden", host, body, err)
		}
	}
	if n := p.connections.Load(); n != 0 {
		t.Errorf("the proxy had %d connections", n)
	}
}

func TestANameThatOnlyTheProxyKnowsIsLeftToIt(t *testing.T) {
	t.Parallel()
	_, proxy := newProxy(t)
	client := newClient(t, netguard.Config{Proxy: proxy, Resolver: names(t, always())})
	if body, err := get(t, client, "http://only-outside.example.org/"); err != nil || body != "proxied only-outside.example.org" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestWhatTheOperatorNamedIsReachedThroughTheProxy(t *testing.T) {
	t.Parallel()
	_, proxy := newProxy(t)
	client := newClient(t, netguard.Config{Proxy: proxy}, "http://10.0.0.1/schema.json")
	if body, err := get(t, client, "http://10.0.0.1/schema.json"); err != nil || body != "proxied 10.0.0.1" {
		t.Errorf("%q, %v", body, err)
	}
	for _, to := range []string{"http://10.0.0.2/", "http://10.0.0.1:8080/"} {
		if body, err := get(t, client, "http://10.0.0.1/?to="+url.QueryEscape(to)); !errors.Is(err, netguard.ErrForbidden) {
			t.Errorf("redirect to %s: %q, %v; want ErrForbidden", to, body, err)
		}
	}
}
