package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/net/idna"
)

// dialer connects for one client.
type dialer struct {
	guard      *Guard
	configured []string // host:port that the operator wrote
	proxies    sync.Map // host:port of proxies in use
}

func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return errors.New("redirect from https to " + r.URL.Scheme)
	}
	return nil
}

// dial connects to proxies and trusted hosts without a check, and to other hosts only if the
// resolved address is allowed.
func (d *dialer) dial(ctx context.Context, protocol, address string) (net.Conn, error) {
	plain := net.Dialer{Timeout: dialTimeout, Resolver: d.guard.resolver}
	if _, isProxy := d.proxies.Load(address); !isProxy && !d.trusts(address) {
		if host, _, err := net.SplitHostPort(address); err != nil || isAmbiguousIPv4(host) {
			return nil, ErrForbidden
		}
		plain.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(resolved)
			if err != nil || !d.guard.reachable(target) {
				return ErrForbidden
			}
			return nil
		}
	}
	return plain.DialContext(ctx, protocol, address)
}

// proxy returns the proxy for a request, and checks the destination, which the proxy will
// resolve.
func (d *dialer) proxy(r *http.Request) (*url.URL, error) {
	u, err := d.guard.proxy(r)
	if u == nil || err != nil {
		return nil, err
	}
	if !d.trusts(hostPort(r.URL)) {
		if err := d.guard.check(r.Context(), r.URL); err != nil {
			return nil, err
		}
	}
	d.proxies.Store(hostPort(u), true)
	return u, nil
}

// trusts reports whether the operator named the host and port, in a URL or on
// the allow list.
func (d *dialer) trusts(address string) bool {
	address = strings.ToLower(address)
	host, _, err := net.SplitHostPort(address)
	return slices.Contains(d.configured, address) || slices.Contains(d.guard.hosts, address) ||
		err == nil && slices.Contains(d.guard.hosts, host)
}

// check decides on a destination that a proxy will connect to.
func (g *Guard) check(ctx context.Context, u *url.URL) error {
	host, port, err := net.SplitHostPort(hostPort(u))
	if err != nil {
		return ErrForbidden
	}
	if isAmbiguousIPv4(host) {
		return ErrForbidden
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	// What cannot be resolved here may be a name that only the proxy knows.
	addresses, _ := g.resolver.LookupNetIP(ctx, "ip", host)
	for _, a := range addresses {
		target, err := netip.ParseAddrPort(net.JoinHostPort(a.String(), port))
		if err != nil || !g.reachable(target) {
			return ErrForbidden
		}
	}
	return nil
}

// isAmbiguousIPv4 reports whether a host is an IPv4 address in a notation that some
// resolvers and proxies read and others do not, such as 2130706433 or 0x7f.1.
func isAmbiguousIPv4(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && endsInNumber(host)
}

// endsInNumber tells hosts that are IPv4 addresses in some notation from names:
// no top-level domain is a number (WHATWG URL, "ends in a number checker").
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(strings.ToLower(last), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// hostPort is the address that net/http dials for a URL.
func hostPort(u *url.URL) string {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	return net.JoinHostPort(strings.ToLower(host), port)
}
