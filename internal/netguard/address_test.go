package netguard

import (
	"net/netip"
	"testing"
)

func TestOnlyThePublicInternetIsReachable(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"1.1.1.1:443":                  true,
		"93.184.215.14:80":             true,
		"172.15.255.255:80":            true,
		"172.32.0.1:80":                true,
		"223.255.255.254:80":           true,
		"[2606:4700:4700::1111]:443":   true,
		"[2a00:1450:4001:80f::200e]:1": true,
		"[::ffff:1.1.1.1]:443":         true,
		"[64:ff9b::101:101]:443":       true, // 1.1.1.1 by NAT64

		"127.0.0.1:80":               false,
		"127.255.255.254:80":         false,
		"0.0.0.0:80":                 false,
		"0.1.2.3:80":                 false,
		"10.0.0.1:80":                false,
		"100.64.0.1:80":              false,
		"100.100.100.200:80":         false, // metadata of a cloud
		"169.254.169.254:80":         false, // metadata of most clouds
		"172.16.0.1:80":              false,
		"172.31.255.255:80":          false,
		"192.0.0.192:80":             false, // metadata of a cloud
		"192.0.2.1:80":               false,
		"192.168.1.1:80":             false,
		"198.18.0.1:80":              false,
		"198.51.100.1:80":            false,
		"203.0.113.1:80":             false,
		"224.0.0.1:80":               false,
		"240.0.0.1:80":               false,
		"255.255.255.255:80":         false,
		"[::]:80":                    false,
		"[::1]:80":                   false,
		"[::127.0.0.1]:80":           false, // IPv4-compatible
		"[::ffff:127.0.0.1]:80":      false,
		"[::ffff:10.0.0.1]:80":       false,
		"[::ffff:169.254.169.254]:1": false,
		"[::ffff:0:7f00:1]:80":       false, // translated
		"[64:ff9b::7f00:1]:80":       false, // 127.0.0.1 by NAT64
		"[64:ff9b::a9fe:a9fe]:80":    false,
		"[64:ff9b:1::7f00:1]:80":     false,
		"[100::1]:80":                false,
		"[2001::1]:80":               false, // Teredo
		"[2001:db8::1]:80":           false,
		"[2002:7f00:1::1]:80":        false, // 127.0.0.1 by 6to4
		"[3fff::1]:80":               false,
		"[5f00::1]:80":               false,
		"[fc00::1]:80":               false,
		"[fd00:ec2::254]:80":         false, // metadata of a cloud
		"[fe80::1%eth0]:80":          false,
		"[fec0::1]:80":               false,
		"[ff02::1]:80":               false,
	}
	g, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range tests {
		if got := g.reachable(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: reachable %v, want %v", address, got, want)
		}
	}
}

func TestTheAllowListOpensWhatItNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	g, err := New(Config{Allow: []string{"10.1.0.0/16", "192.168.7.7", "127.0.0.1:8443", "[::1]:8443", "fd00::/8", "[fe80::5]"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"10.1.2.3:80": true, "10.2.0.1:80": false, "[::ffff:10.1.2.3]:80": true,
		"192.168.7.7:1": true, "192.168.7.8:1": false,
		"127.0.0.1:8443": true, "127.0.0.1:80": false, "[::1]:8443": true, "[::1]:80": false,
		"[fd12::1]:443": true, "[fe80::5%eth0]:443": true, "[fe80::6]:443": false,
	} {
		if got := g.reachable(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: reachable %v, want %v", address, got, want)
		}
	}
}

func TestWhatIsNoDestinationIsNotAllowed(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"", "http://internal.example", "10.0.0.0/33", "a b", "[::1", "user@host"} {
		if _, err := New(Config{Allow: []string{entry}}); err == nil {
			t.Errorf("%q was taken for a destination", entry)
		}
	}
}

func TestAnAddressInAnyNotationEndsInANumber(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"2130706433": true, "0x7f000001": true, "0x": true, "127.1": true, "0177.0.0.1": true, "127.0.0.1.": true, "a.0X7F": true,
		"example.org": false, "example.org.": false, "1.example": false, "x1": false, "0xg": false, "": false, ".": false,
	} {
		if got := endsInNumber(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
