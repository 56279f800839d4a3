package httpapi

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// proxies are the addresses whose X-Forwarded-For is believed.
type proxies []netip.Prefix

func parseProxies(in []string) (proxies, error) {
	var out proxies
	for _, text := range in {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, single := netip.ParseAddr(text)
			if single != nil {
				return nil, fmt.Errorf("trusted proxy %q is neither an address nor a CIDR: %w", text, err)
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		out = append(out, prefix)
	}
	return out, nil
}

func (p proxies) trusts(address netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// client returns the address of the client: the peer, or behind trusted proxies
// the last address of X-Forwarded-For that is not one of theirs. Anything else
// in that header could have been written by the client itself.
func (p proxies) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if len(p) == 0 {
		return host
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || !p.trusts(peer) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(hops) {
		hop, err := parseHop(strings.TrimSpace(text))
		if err != nil {
			return host // a header that does not parse is believed not at all
		}
		host = hop.Unmap().String()
		if !p.trusts(hop) {
			break
		}
	}
	return host
}

// parseHop reads an address of X-Forwarded-For. Some proxies add the port.
func parseHop(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr(), nil
	}
	return netip.ParseAddr(strings.Trim(text, "[]"))
}

// warnings are what the log says once.
type warnings struct {
	untrusted, unreadable sync.Once
	// unbelieved counts the requests with forwarded headers of peers that are not trusted proxies;
	// from is the latest of them.
	unbelieved atomic.Int64
	from       atomic.Pointer[adminapi.UntrustedForwards]
}

// untrustedForwards is what an operator, and the doctor, learn of a proxy that is not trusted.
func (w *warnings) untrustedForwards() adminapi.UntrustedForwards {
	var out adminapi.UntrustedForwards
	if latest := w.from.Load(); latest != nil {
		out = *latest
	}
	out.Requests = w.unbelieved.Load()
	return out
}

// forwarded are the headers by which a proxy names the client.
var forwarded = []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"}

// warnOfProxy says once that requests come through a proxy whose word does not count, so
// that all clients look like one, or whose word can't be read.
func (s *Server) warnOfProxy(r *http.Request) {
	header := ""
	for _, name := range forwarded {
		if len(r.Header[name]) > 0 {
			header = name
		}
	}
	if header == "" {
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return
	}
	if !s.proxies.trusts(peer.Addr()) {
		s.warnings.unbelieved.Add(1)
		s.warnings.from.Store(&adminapi.UntrustedForwards{Peer: peer.Addr().String(), Header: header})
		s.warnings.untrusted.Do(func() {
			s.Log.Warn("a peer that is no trusted proxy sends forwarded headers; if it is your proxy, add it to serve.trusted_proxies, or all clients share its limits",
				slog.String("peer", peer.Addr().String()), slog.String("header", header))
		})
		return
	}
	if s.proxies.client(r) == peer.Addr().String() {
		s.warnings.unreadable.Do(func() {
			s.Log.Warn("a trusted proxy names no client in X-Forwarded-For that can be read; requests count for the proxy's address",
				slog.String("peer", peer.Addr().String()), slog.String("header", header))
		})
	}
}
