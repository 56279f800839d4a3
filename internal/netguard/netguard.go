package netguard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// The bounds of one request.
const (
	dialTimeout    = 5 * time.Second
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
)

// DefaultTimeout bounds a request with its redirects and the reading of its
// answer.
const DefaultTimeout = 10 * time.Second

// ErrForbidden says that an address is neither public nor allowed.
var ErrForbidden = errors.New("the address is not public; security.outgoing.allow can allow it")

// ErrTooLarge says that an answer has more bytes than Read was to take.
var ErrTooLarge = errors.New("the answer is too large")

// Config of a Guard.
type Config struct {
	// Allow are hosts, host:port pairs, addresses, address:port pairs and CIDR
	// ranges that may be reached although they are not public. Hosts are taken at
	// their word, to any address they resolve to.
	Allow []string
	// Timeout bounds a request; 0 is DefaultTimeout.
	Timeout time.Duration
	// Proxy names the proxy of a request; nil asks HTTP_PROXY, HTTPS_PROXY and
	// NO_PROXY.
	Proxy func(*http.Request) (*url.URL, error)
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
}

// Guard makes guarded clients.
type Guard struct {
	hosts    []string // lower case, with or without port
	networks []network
	timeout  time.Duration
	proxy    func(*http.Request) (*url.URL, error)
	resolver *net.Resolver
}

// network is a range of addresses, at one port or (0) at any.
type network struct {
	prefix netip.Prefix
	port   uint16
}

// New returns a guard. The error names the entry of Allow that is none.
func New(c Config) (*Guard, error) {
	g := &Guard{timeout: c.Timeout, proxy: c.Proxy, resolver: c.Resolver}
	if g.timeout == 0 {
		g.timeout = DefaultTimeout
	}
	if g.proxy == nil {
		g.proxy = http.ProxyFromEnvironment
	}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	for _, entry := range c.Allow {
		if err := g.allow(entry); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// WithTimeout returns a guard with the same rules whose clients end a request after d.
func (g *Guard) WithTimeout(d time.Duration) *Guard {
	own := *g
	own.timeout = d
	return &own
}

func (g *Guard) allow(entry string) error {
	single := func(a netip.Addr, port uint16) {
		a = a.Unmap()
		g.networks = append(g.networks, network{netip.PrefixFrom(a, a.BitLen()), port})
	}
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		g.networks = append(g.networks, network{prefix: prefix.Masked()})
	} else if address, err := netip.ParseAddr(unbracket(entry)); err == nil {
		single(address, 0)
	} else if pair, err := netip.ParseAddrPort(entry); err == nil {
		single(pair.Addr(), pair.Port())
	} else if entry == "" || strings.ContainsAny(entry, "/ []@") {
		return fmt.Errorf("security.outgoing.allow: %q is neither host, host:port, address nor CIDR range", entry)
	} else {
		g.hosts = append(g.hosts, strings.ToLower(entry))
	}
	return nil
}

// unbracket takes an IPv6 address out of the brackets that URLs put it in.
func unbracket(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

// Client returns a client for what is reached by way of the given URLs, which
// the operator wrote. It keeps no cookies, follows 5 redirects and none from
// https to http. Its errors wrap ErrForbidden where an address was refused. A
// client may be kept and shared; it keeps connections for a minute.
func (g *Guard) Client(operatorURLs ...string) (*http.Client, error) {
	d := &dialer{guard: g}
	for _, text := range operatorURLs {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return nil, errors.New("a URL for outgoing requests is not absolute") // it may hold a password
		}
		d.configured = append(d.configured, hostPort(u))
	}
	transport := &http.Transport{
		Proxy: d.proxy, DialContext: d.dial, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: g.timeout,
		MaxResponseHeaderBytes: maxHeaderBytes, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
	}
	return &http.Client{Transport: transport, Timeout: g.timeout, CheckRedirect: redirect}, nil
}

// Read reads an answer of at most limit bytes and closes it. Compressed answers
// are counted as they unfold.
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
