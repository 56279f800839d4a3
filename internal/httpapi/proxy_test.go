package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheClientAddressComesFromTrustedProxiesAlone(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"10.0.0.0/8", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ peer, header, want string }{
		{"203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
		{"10.1.1.1:1", "1.2.3.4", "1.2.3.4"},
		{"10.1.1.1:1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
		{"10.1.1.1:1", "1.2.3.4, 10.2.2.2", "1.2.3.4"},
		{"10.1.1.1:1", "1.2.3.4, nonsense", "10.1.1.1"},
		{"192.0.2.7:1", "2001:db8::1", "2001:db8::1"},
		{"10.1.1.1:1", "", "10.1.1.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.header)
		if got := trusted.client(r); got != c.want {
			t.Errorf("from %s with %q: %s, want %s", c.peer, c.header, got, c.want)
		}
	}
	if _, err := parseProxies([]string{"proxy.internal"}); err == nil {
		t.Error("a name was taken for a trusted proxy")
	}
}
