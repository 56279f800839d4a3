package netguard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The bounds of one request.
const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
)

// ErrForbidden says that an address is neither public nor allowed.
var ErrForbidden = errors.New("the address is not public; security.outgoing.allow can allow it")

// ErrTooLarge says that an answer has more bytes than Read was to take.
var ErrTooLarge = errors.New("the answer is too large")

// Config of a Guard.
type Config struct {
	// Allow are hosts, host:port pairs, addresses and CIDR ranges that may be
	// reached although they are not public.
	Allow []string
}

// Guard makes guarded clients.
type Guard struct {
	hosts  []string // lower case, with or without port
	ranges []netip.Prefix
}

// New returns a guard. Entries that are neither addresses nor ranges are names.
func New(c Config) (*Guard, error) {
	g := &Guard{}
	for _, entry := range c.Allow {
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			g.ranges = append(g.ranges, prefix.Masked())
			continue
		}
		if address, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			g.ranges = append(g.ranges, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		if strings.ContainsAny(entry, "/ ") || entry == "" {
			return nil, fmt.Errorf("security.outgoing.allow: %q is neither host, host:port, address nor CIDR", entry)
		}
		g.hosts = append(g.hosts, strings.ToLower(entry))
	}
	return g, nil
}

// Client returns a client for what is reached by way of the given URLs, which
// the operator wrote. It keeps no cookies and honours HTTPS_PROXY and HTTP_PROXY:
// the operator named the proxy too, and behind it only names can be judged.
func (g *Guard) Client(operatorURLs ...string) (*http.Client, error) {
	d := &dialer{guard: g}
	for _, text := range operatorURLs {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("outgoing URL %q is not absolute", text)
		}
		d.named = append(d.named, hostPort(u))
	}
	transport := &http.Transport{
		Proxy: d.proxy, DialContext: d.dial, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: requestTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
	}
	return &http.Client{Transport: transport, Timeout: requestTimeout, CheckRedirect: d.redirect}, nil
}

// Read reads an answer of at most limit bytes and closes it.
func Read(r *http.Response, limit int64) ([]byte, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	return body, nil
}

// dialer connects for one client.
type dialer struct {
	guard *Guard
	named []string // host:port that the operator wrote
}

// proxy names the environment's proxy for a request. Its host and port are the
// operator's word.
func (d *dialer) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if u == nil || err != nil {
		return u, err
	}
	if !d.trusts(hostPort(r.URL)) && literalPrivate(r.URL.Hostname()) {
		return nil, ErrForbidden
	}
	return u, nil
}

func (d *dialer) redirect(r *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if r.URL.Scheme != "https" && r.URL.Scheme != "http" {
		return fmt.Errorf("redirect to the scheme %q", r.URL.Scheme)
	}
	if via[0].URL.Scheme == "https" && r.URL.Scheme == "http" {
		return errors.New("redirect from https to http")
	}
	return nil
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	plain := net.Dialer{Timeout: dialTimeout}
	if !d.trusts(address) && !isProxy(address) {
		plain.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return d.guard.judge(resolved)
		}
	}
	return plain.DialContext(ctx, network, address)
}

// trusts reports whether the operator named the host and port, in a URL or on
// the allow list.
func (d *dialer) trusts(address string) bool {
	address = strings.ToLower(address)
	host, _, err := net.SplitHostPort(address)
	return slices.Contains(d.named, address) || slices.Contains(d.guard.hosts, address) ||
		err == nil && slices.Contains(d.guard.hosts, host)
}

// isProxy reports whether an address is that of a proxy in the environment.
func isProxy(address string) bool {
	for _, scheme := range []string{"http", "https"} {
		probe := &http.Request{URL: &url.URL{Scheme: scheme, Host: "proxy.invalid"}}
		if u, err := http.ProxyFromEnvironment(probe); err == nil && u != nil && hostPort(u) == address {
			return true
		}
	}
	return false
}

// judge decides on an address that is about to be connected to.
func (g *Guard) judge(resolved string) error {
	target, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return ErrForbidden
	}
	address := target.Addr().Unmap().WithZone("")
	for _, allowed := range g.ranges {
		if allowed.Contains(address) {
			return nil
		}
	}
	if !public(address) {
		return ErrForbidden
	}
	return nil
}

// special are the ranges of the IANA special-purpose registries (RFC 6890) that
// net/netip has no question for. IPv6 ranges that embed an IPv4 address are
// among them: what they lead to can't be seen.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// literalPrivate reports whether a host is written as an address that is not
// public.
func literalPrivate(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && !public(address.Unmap())
}

// hostPort is the address that a URL is dialled at.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}
