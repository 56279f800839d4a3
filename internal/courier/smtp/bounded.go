package smtp

import (
	"errors"
	"net"
	"sync/atomic"
)

// maxReply bounds what a server may send between two commands. A reply line has
// at most 512 bytes (RFC 5321 section 4.5.3.1.5) and EHLO some dozens of lines; a
// TLS handshake with a long certificate chain is the longest.
const maxReply = 64 << 10

// errTooLong says that a server sends without end.
var errTooLong = errors.New("the server's reply is longer than 64 KiB")

// boundedConn fails once more than maxReply has come since the last write. The
// library reads lines and multi-line replies of any length into memory. TLS runs
// over this connection, so that the bound holds for what comes encrypted as well.
type boundedConn struct {
	net.Conn

	read  atomic.Int64 // bytes since the last write
	heard atomic.Bool  // anything has come at all
}

// Read implements net.Conn.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.read.Load() > maxReply {
		return 0, errTooLong
	}
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	if n > 0 {
		c.heard.Store(true)
	}
	return n, err
}

// Write implements net.Conn.
func (c *boundedConn) Write(p []byte) (int, error) {
	c.read.Store(0)
	return c.Conn.Write(p)
}
