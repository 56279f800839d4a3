package httpapi

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// plainWire answers errors by their reason.
type plainWire struct{ wire.Wire }

func (plainWire) Fault(e *errs.Error, _ string) wire.Fault {
	return wire.Fault{Status: http.StatusBadRequest, Object: e.Reason}
}

// pipes is a listener whose connections are in memory, so that their deadlines go by the clock of the test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (pipes) Addr() net.Addr { return &net.UnixAddr{} }

// importServer serves imports with the time-outs of the listener.
func importServer(t *testing.T) (m *mount, dial func() net.Conn) {
	t.Helper()
	m = &mount{wire: plainWire{}, Server: &Server{imports: semaphore.NewWeighted(maxImports)}}
	listener := make(pipes)
	s := &http.Server{
		ReadTimeout: 15 * time.Second, WriteTimeout: 60 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := m.importIdentities(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		}),
	}
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	return m, func() net.Conn {
		client, server := net.Pipe()
		listener <- server
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
}

const (
	jsonHead   = "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n"
	streamHead = "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
	streamLine = "d\r\n{\"create\":7}\n\r\n" // of an identity that is refused
)

func mustSend(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Error(err)
	}
}

// free reports whether no import is running.
func free(m *mount) bool {
	if !m.imports.TryAcquire(maxImports) {
		return false
	}
	m.imports.Release(maxImports)
	return true
}

// An import that has waited for its turn has as much time as one that did not.
func TestImportIdentities_afterTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, dial := importServer(t)
		_ = m.imports.TryAcquire(maxImports)
		time.AfterFunc(importWait-time.Second, func() { m.imports.Release(maxImports) })
		c := dial()
		mustSend(t, c, jsonHead)
		go func() {
			time.Sleep(importWait)
			_, _ = io.WriteString(c, `{"identities":[]}`)
		}()
		if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// A stream may take long, but neither its next identity nor taking its next answer may.
func TestImportIdentities_idleStream(t *testing.T) {
	t.Parallel()
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			_, dial := importServer(t)
			c := dial()
			go func() {
				_, _ = io.WriteString(c, streamHead)
				for range 5 {
					time.Sleep(50 * time.Second)
					_, _ = io.WriteString(c, streamLine)
				}
				_, _ = io.WriteString(c, "0\r\n\r\n")
			}()
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(r.Body); err != nil || strings.Count(string(body), "\n") != 5 {
				t.Errorf("%s, %v", body, err)
			}
		})
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			m, dial := importServer(t)
			c := dial()
			mustSend(t, c, streamHead+streamLine)
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			body, err := io.ReadAll(r.Body)
			if err != nil || !strings.Contains(string(body), "no identity came for 1m0s") || time.Since(began) != time.Minute || !free(m) {
				t.Errorf("%s, %v after %s", body, err, time.Since(began))
			}
		})
	})
	t.Run("reads no answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			m, dial := importServer(t)
			c := dial()
			go func() {
				_, _ = io.WriteString(c, streamHead)
				for range 10 {
					if _, err := io.WriteString(c, streamLine); err != nil {
						return
					}
					time.Sleep(30 * time.Second)
				}
			}()
			time.Sleep(3 * time.Minute)
			if !free(m) {
				t.Error("the import is still running")
			}
		})
	})
}
