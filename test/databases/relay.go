package databases

import (
	"io"
	"net"
	"testing"
)

// Fate is what becomes of a part of what is sent through a Relay.
type Fate int

const (
	Passed Fate = iota
	Lost        // as in a network that loses it: the connection stays
	Cut         // it is lost, and so is the connection
)

// Judge decides over each part of one connection; answer says that it comes from the
// server. It may wait. The end of a connection is an empty part, which is not lost.
type Judge func(part []byte, answer bool) Fate

// Relay carries connections to a server until the test ends. It returns the address by
// which to come. begin is called for each connection.
func Relay(t testing.TB, to string, begin func() Judge) (address string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			judge := begin()
			go carry(server, client, judge, false)
			go carry(client, server, judge, true)
		}
	}()
	return l.Addr().String()
}

func carry(to io.WriteCloser, from io.ReadCloser, judge Judge, answer bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		fate := judge(buf[:n], answer)
		if fate == Cut {
			return
		}
		if n > 0 && fate == Passed {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
