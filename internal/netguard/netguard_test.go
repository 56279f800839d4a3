package netguard_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/netguard"
)

// site is a server that counts who came.
type site struct {
	*httptest.Server
	connections atomic.Int32
}

// newSite listens on a loopback address. 127.0.0.2, once on the allow list,
// stands in for the public internet.
func newSite(t *testing.T, ip string, handler http.HandlerFunc) *site {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: httptest.NewUnstartedServer(handler)}
	s.Listener.Close()
	s.Listener = l
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *site) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }

func newClient(t *testing.T, c netguard.Config, operatorURLs ...string) *http.Client {
	t.Helper()
	if c.Proxy == nil {
		c.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	g, err := netguard.New(c)
	if err != nil {
		t.Fatal(err)
	}
	client, err := g.Client(operatorURLs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// get returns the body of a successful answer.
func get(t *testing.T, client *http.Client, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := netguard.Read(response, 1<<20)
	return string(body), err
}

func TestWhatTheOperatorNamedIsReachedAlthoughItIsPrivate(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", hello)
	client := newClient(t, netguard.Config{}, s.URL+"/some/path?query")
	if body, err := get(t, client, s.URL+"/another"); err != nil || body != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestTheOperatorsURLOpensItsHostAndPortAlone(t *testing.T) {
	t.Parallel()
	named, other := newSite(t, "127.0.0.1", hello), newSite(t, "127.0.0.1", hello)
	client := newClient(t, netguard.Config{}, named.URL)
	if _, err := get(t, client, other.URL); !errors.Is(err, netguard.ErrForbidden) {
		t.Errorf("another port of the same host: %v, want ErrForbidden", err)
	}
	if n := other.connections.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
}

func TestAURLThatIsNotAbsoluteIsRefusedAndNotRepeated(t *testing.T) {
	t.Parallel()
	g, err := netguard.New(netguard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "/path", "schema.json", "http://user:hunter2@%zz"} {
		if _, err := g.Client(text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// In every way an address can be written, nothing arrives. The resolver answers as
// those do that read every notation of an IPv4 address.
func TestAPrivateAddressIsRefusedInEveryNotation(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", hello)
	client := newClient(t, netguard.Config{Resolver: names(t, always("127.0.0.1"))})
	for _, host := range []string{
		"127.0.0.1", "localhost", "localhost.", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::127.0.0.1]", "0.0.0.0", "[::]", "metadata.example.org",
	} {
		if _, err := get(t, client, "http://"+host+":"+s.port(t)); !errors.Is(err, netguard.ErrForbidden) {
			t.Errorf("%s: %v, want ErrForbidden", host, err)
		}
	}
	if n := s.connections.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
}

// The second answer is another than the first, and it is the one that counts.
func TestANameThatChangesItsMindGainsNothing(t *testing.T) {
	t.Parallel()
	open, private := newSite(t, "127.0.0.2", hello), newSite(t, "127.0.0.1", hello)
	resolver := names(t, func(_ string, n int) []string { return [][]string{{"127.0.0.2"}, {"127.0.0.1"}}[min(n, 1)] })
	client := newClient(t, netguard.Config{Allow: []string{"127.0.0.2"}, Resolver: resolver})
	if body, err := get(t, client, "http://rebind.example.org:"+open.port(t)); err != nil || body != "hello" {
		t.Fatalf("first: %q, %v", body, err)
	}
	if _, err := get(t, client, "http://rebind.example.org:"+private.port(t)); !errors.Is(err, netguard.ErrForbidden) {
		t.Errorf("second: %v, want ErrForbidden", err)
	}
	if n := private.connections.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
}

func TestARedirectLeadsToThePublicTheSourceOrTheAllowed(t *testing.T) {
	t.Parallel()
	private := newSite(t, "127.0.0.1", hello)
	public := newSite(t, "127.0.0.2", hello)
	source := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		hello(w, r)
	})
	client := newClient(t, netguard.Config{Allow: []string{"127.0.0.2"}}, source.URL)
	for to, ok := range map[string]bool{
		source.URL + "/back": true,
		public.URL:           true,
		private.URL:          false,
		"http://169.254.169.254/latest/meta-data/": false,
		"file:///etc/passwd":                       false,
		"gopher://127.0.0.1/":                      false,
		"//" + private.Listener.Addr().String():    false,
	} {
		body, err := get(t, client, source.URL+"/?to="+url.QueryEscape(to))
		if ok != (err == nil && body == "hello") {
			t.Errorf("to %s: %q, %v", to, body, err)
		}
	}
	if n := private.connections.Load(); n != 0 {
		t.Errorf("%d connections arrived where none may", n)
	}
}

func TestFiveRedirectsAreFollowedAndNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if left := strings.TrimPrefix(r.URL.Path, "/"); left != "" {
			http.Redirect(w, r, "/"+left[1:], http.StatusFound)
			return
		}
		hello(w, r)
	})
	client := newClient(t, netguard.Config{}, s.URL)
	if body, err := get(t, client, s.URL+"/xxxxx"); err != nil || body != "hello" {
		t.Errorf("five: %q, %v", body, err)
	}
	if _, err := get(t, client, s.URL+"/xxxxxx"); err == nil {
		t.Error("six were followed")
	}
}

func TestARedirectToPlainHTTPIsNotFollowed(t *testing.T) {
	t.Parallel()
	plain := newSite(t, "127.0.0.1", hello)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	client := newClient(t, netguard.Config{}, secure.URL, plain.URL)
	client.Transport.(*http.Transport).TLSClientConfig = secure.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := get(t, client, secure.URL); err == nil || plain.connections.Load() != 0 {
		t.Errorf("%v, and %d connections in clear", err, plain.connections.Load())
	}
}

func TestAHostOnTheAllowListIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", hello)
	resolver := names(t, always("127.0.0.1"))
	for allow, ok := range map[string]bool{
		"Internal.Example.org": true, "internal.example.org:" + s.port(t): true, "internal.example.org:1": false, "example.org": false,
	} {
		client := newClient(t, netguard.Config{Allow: []string{allow}, Resolver: resolver})
		if _, err := get(t, client, "http://internal.example.org:"+s.port(t)); ok != (err == nil) {
			t.Errorf("allowing %s: %v", allow, err)
		}
	}
}

func TestAnInternationalNameIsTheSameInBothSpellings(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", hello)
	address := "http://bücher.example.org:" + s.port(t)
	client := newClient(t, netguard.Config{Resolver: names(t, always("127.0.0.1"))}, address)
	for _, url := range []string{address, "http://xn--bcher-kva.example.org:" + s.port(t)} {
		if _, err := get(t, client, url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestNothingIsRememberedBetweenRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, len(r.Cookies()))
	})
	client := newClient(t, netguard.Config{}, s.URL)
	for range 2 {
		if body, err := get(t, client, s.URL); err != nil || body != "0" {
			t.Errorf("%s cookies were sent, %v", body, err)
		}
	}
}

func TestAServerThatNeverAnswersEndsTheRequest(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
		}
		<-stop
	})
	t.Cleanup(func() { close(stop) })
	client := newClient(t, netguard.Config{Timeout: 100 * time.Millisecond}, s.URL)
	for _, path := range []string{"/header", "/body"} {
		start := time.Now()
		if _, err := get(t, client, s.URL+path); err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %v", path, err, time.Since(start))
		}
	}
}

func TestAnAnswerIsReadUpToItsLimit(t *testing.T) {
	t.Parallel()
	answer := func(body []byte) *http.Response { return &http.Response{Body: io.NopCloser(bytes.NewReader(body))} }
	if body, err := netguard.Read(answer([]byte("12345")), 5); err != nil || string(body) != "12345" {
		t.Errorf("five of five bytes: %q, %v", body, err)
	}
	if _, err := netguard.Read(answer([]byte("123456")), 5); !errors.Is(err, netguard.ErrTooLarge) {
		t.Errorf("six of five bytes: %v, want ErrTooLarge", err)
	}
}

func TestABombIsCountedAsItUnfolds(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 10<<20))
		_ = z.Close()
	})
	if _, err := get(t, newClient(t, netguard.Config{}, s.URL), s.URL); !errors.Is(err, netguard.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		size := 1 << 10
		if r.URL.Path == "/large" {
			size = 1 << 20
		}
		w.Header().Set("X-Padding", strings.Repeat("x", size))
	})
	client := newClient(t, netguard.Config{}, s.URL)
	if _, err := get(t, client, s.URL+"/small"); err != nil {
		t.Errorf("a kilobyte of header: %v", err)
	}
	if _, err := get(t, client, s.URL+"/large"); err == nil {
		t.Error("a megabyte of header was taken")
	}
}
