package cli

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// notifier tells a service manager how the server is (sd_notify(3)): a datagram of
// lines to the socket that the manager names. Without a manager it does nothing.
type notifier struct {
	socket string
	// every is how often the manager wants to hear that the server answers, 0 for never.
	every time.Duration
}

func newNotifier(e *env) notifier {
	n := notifier{socket: e.variable("NOTIFY_SOCKET")}
	if within, err := strconv.ParseInt(e.variable("WATCHDOG_USEC"), 10, 64); err == nil && within > 0 {
		n.every = time.Duration(within) * time.Microsecond / 2
	}
	if name, ok := strings.CutPrefix(n.socket, "@"); ok {
		n.socket = "\x00" + name // an abstract socket of Linux
	}
	return n
}

// send sends lines such as READY=1. It ignores errors: a manager that does
// not listen acts on its silence.
func (n notifier) send(ctx context.Context, lines ...string) {
	if n.socket == "" {
		return
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unixgram", n.socket)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte(strings.Join(lines, "\n")))
}

// askEvery is how often a server that is not ready is asked whether it is.
const askEvery = time.Second

// follow reports when the server gets ready, then that alive, a URL, is answered, as
// often as the manager wants to hear it, until ctx ends, and then that it stops.
func (n notifier) follow(ctx context.Context, ready func(context.Context) error, alive *url.URL) {
	if n.socket == "" {
		return
	}
	defer n.send(context.WithoutCancel(ctx), "STOPPING=1", "STATUS=Finishing the requests in progress")
	for {
		err := ready(ctx)
		if err == nil {
			break
		}
		n.send(ctx, "STATUS=Not ready: "+oneLine(err.Error()))
		if !pause(ctx, askEvery) {
			return
		}
	}
	n.send(ctx, "READY=1", "STATUS=Serving")
	if n.every == 0 {
		<-ctx.Done()
		return
	}
	client := &http.Client{Timeout: n.every, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // its own listener, by an address that no certificate names
	}}
	for pause(ctx, n.every) {
		if answers(ctx, client, alive) {
			n.send(ctx, "WATCHDOG=1")
		}
	}
}

func answers(ctx context.Context, client *http.Client, u *url.URL) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
