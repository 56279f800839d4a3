package netguard

import (
	"net/netip"
	"slices"
)

// reachable reports whether an address may be connected to: it is public or on
// the allow list.
func (g *Guard) reachable(target netip.AddrPort) bool {
	address := target.Addr().Unmap().WithZone("")
	return public(address) || slices.ContainsFunc(g.networks, func(n network) bool {
		return n.prefix.Contains(address) && (n.port == 0 || n.port == target.Port())
	})
}

// special are the ranges of the IANA special-purpose registries (RFC 6890) that
// are not the public internet and that net/netip has no question for.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier NAT, and clouds' own services
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address in disguise
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// public reports whether an address, not mapped and without zone, belongs to the
// public internet.
func public(a netip.Addr) bool {
	raw := a.As16()
	// NAT64 is how a host without IPv4 reaches it: the last four bytes are the
	// destination (RFC 6052).
	if netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		return public(netip.AddrFrom4([4]byte(raw[12:])))
	}
	// Of IPv6, IANA has given out only 2000::/3 for global use, so what it may give
	// out one day for other uses is refused already.
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && raw[0]>>5 != 1 {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
