package smtp

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
)

// scripted is a mail server that answers each line by a function, for answers that
// a real server never gives.
func scripted(t *testing.T, greet string, answer func(line string) string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, err = fmt.Fprint(conn, greet)
		lines := bufio.NewScanner(conn)
		for err == nil && lines.Scan() {
			_, err = fmt.Fprint(conn, answer(lines.Text()))
		}
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	return listener.Addr().String()
}

func channelAt(t *testing.T, address, user string, timeout time.Duration) *Channel {
	t.Helper()
	c, err := New(Config{URI: "smtp://" + user + address + "/", FromAddress: "no-reply@example.org", Timeout: timeout}, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestDeliver_endlessReply(t *testing.T) {
	t.Parallel()
	long := 4 << 20
	for name, greet := range map[string]string{
		"line":       "220 " + strings.Repeat("x", long) + "\r\n",
		"many lines": strings.Repeat("220-x\r\n", long/7) + "220 x\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := channelAt(t, scripted(t, greet, func(string) string { return "250 ok\r\n" }), "", patience)
			if err := c.Deliver(t.Context(), letter("jane@example.org")); !errors.Is(err, errTooLong) || errors.Is(err, courier.ErrPermanent) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestDeliver_signInOfOldServers(t *testing.T) {
	t.Parallel()
	for name, offer := range map[string]string{"equals sign": "AUTH=LOGIN PLAIN", "lower case": "auth login plain", "none": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var signedIn bool
			address := scripted(t, "220 hi\r\n", func(line string) string {
				switch verb, _, _ := strings.Cut(line, " "); verb {
				case "EHLO":
					if offer != "" {
						return "250-mail\r\n250 " + offer + "\r\n"
					}
					return "250-mail\r\n250 HELP\r\n"
				case "AUTH":
					signedIn = true
					return "235 ok\r\n"
				case "MAIL":
					if offer != "" && !signedIn {
						return "530 sign in first\r\n"
					}
				case "DATA":
					return "354 go on\r\n"
				}
				return "250 ok\r\n"
			})
			c := channelAt(t, address, "u:p@", patience)
			if err := c.Deliver(t.Context(), letter("jane@example.org")); err != nil {
				t.Errorf("not sent: %v", err)
			}
		})
	}
}

func TestDeliver_silentServerHint(t *testing.T) {
	t.Parallel()
	c := channelAt(t, scripted(t, "", func(string) string { return "" }), "", 50*time.Millisecond)
	if err := c.Deliver(t.Context(), letter("jane@example.org")); err == nil || !strings.Contains(err.Error(), "smtps://") {
		t.Errorf("error is %v", err)
	}
}
