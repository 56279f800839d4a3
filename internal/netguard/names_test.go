package netguard_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a DNS server on the loopback interface. It answers each question for
// an address with what answer returns for the n-th one, from 0; none is NXDOMAIN.
func names(t *testing.T, answer func(name string, n int) []string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go serveNames(server, answer)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func serveNames(server net.PacketConn, answer func(string, int) []string) {
	var asked atomic.Int32
	buffer := make([]byte, 1500)
	for {
		n, client, err := server.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.Additionals = true, nil
		if q.Type == dnsmessage.TypeA {
			for _, text := range answer(q.Name.String(), int(asked.Add(1)-1)) {
				m.Answers = append(m.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(text).As4()},
				})
			}
			if len(m.Answers) == 0 {
				m.RCode = dnsmessage.RCodeNameError
			}
		}
		packed, err := m.Pack()
		if err != nil {
			continue
		}
		_, _ = server.WriteTo(packed, client)
	}
}

// always answers every question with the same addresses.
func always(addresses ...string) func(string, int) []string {
	return func(string, int) []string { return addresses }
}
