package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many clients send at one time.
const connections = 64

// conn is one keep-alive connection. It writes requests that were made before
// and reads answers whole, so that the client takes little of the machine that
// it shares with the server.
type conn struct {
	net    net.Conn
	reader *bufio.Reader
	body   bytes.Buffer
}

// answer is what came back. body is valid until the next request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func dial(address string) (*conn, error) {
	var c net.Conn
	var err error
	if plain, ok := strings.CutPrefix(address, secured); ok {
		c, err = tls.Dial("tcp", plain, &tls.Config{InsecureSkipVerify: true}) // a certificate of the bench itself
	} else {
		c, err = net.Dial("tcp", address)
	}
	if err != nil {
		return nil, err
	}
	return &conn{net: c, reader: bufio.NewReader(c)}, nil
}

func (c *conn) close() { _ = c.net.Close() }

// send makes one request and waits for its answer, 30 s at most.
func (c *conn) send(request []byte) (answer, error) {
	_ = c.net.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.net.Write(request); err != nil {
		return answer{}, err
	}
	got, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	c.body.Reset()
	if _, err := io.Copy(&c.body, got.Body); err != nil {
		return answer{}, err
	}
	return answer{got.StatusCode, got.Header, c.body.Bytes()}, nil
}

// ask is send for requests that must succeed.
func (c *conn) ask(request []byte) (answer, error) {
	got, err := c.send(request)
	if err == nil && got.status != http.StatusOK {
		line, _, _ := bytes.Cut(request, []byte("\r\n"))
		err = fmt.Errorf("%s: %d: %s", line, got.status, got.body)
	}
	return got, err
}

func get(path string, headers ...string) []byte { return request("GET", path, nil, headers) }

func post(path, body string) []byte {
	return request("POST", path, []byte(body), []string{"Content-Type: application/json"})
}

func request(method, path string, body []byte, headers []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n", method, path)
	for _, h := range headers {
		fmt.Fprintf(&b, "%s\r\n", h)
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// user does one thing once, over the connection of the numbered client.
type user func(client int, c *conn) error

// closedLoop lets 64 users repeat what they do for a while, and returns how
// often they did it per second. The first error ends it.
func closedLoop(ctx context.Context, address string, d time.Duration, once user) (float64, error) {
	return closedLoopOf(ctx, address, connections, d, once)
}

// closedLoopOf is closedLoop with so many users.
func closedLoopOf(ctx context.Context, address string, users int, d time.Duration, once user) (float64, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	conns := make([]*conn, users)
	for i := range conns {
		c, err := dial(address)
		if err != nil {
			return 0, err
		}
		defer c.close()
		conns[i] = c
	}
	var done atomic.Int64
	var group sync.WaitGroup
	started := time.Now()
	time.AfterFunc(d, func() { stop(context.DeadlineExceeded) })
	for i, c := range conns {
		group.Go(func() {
			for ctx.Err() == nil {
				if err := once(i, c); err != nil {
					stop(err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return 0, err
	}
	return float64(done.Load()) / time.Since(started).Seconds(), nil
}
