package app

import (
	"net"
	"strings"
	"testing"
)

func TestListen_namesTheSetting(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "public", "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	taken := l.Addr().(*net.TCPAddr).Port
	for name, test := range map[string]struct {
		host string
		port int
		want string
	}{
		"a port in use":                 {"127.0.0.1", taken, "serve.admin.port: another program listens at " + l.Addr().String()},
		"an address of another machine": {"203.0.113.7", 0, "serve.admin.host: 203.0.113.7 is no address of this machine"},
		"an address without its zone":   {"fe80::1", 0, "serve.admin.host: fe80::1 is no address of this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other, err := listen(t.Context(), "admin", test.host, test.port)
			if err == nil {
				t.Fatal(other.Close())
			}
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %q, want %q", err, test.want)
			}
		})
	}
}
