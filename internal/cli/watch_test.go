package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// runInterrupted runs a command that waits, and interrupts it.
func runInterrupted(t *testing.T, s *server, stdin *os.File, args []string) int {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan int)
	go func() { done <- Run(ctx, args, s.environ, Streams{In: stdin, Out: io.Discard, Err: io.Discard}) }()
	interrupt()
	select {
	case code := <-done:
		return code
	case <-time.After(20 * time.Second):
		t.Errorf("symbolon %s does not end when it is interrupted", strings.Join(args, " "))
		return -1
	}
}

func TestWatchFollowsMessagesUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.run(t, "", "courier", "test", "old@example.org", "--wait", "0s")
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan int)
	go func() {
		done <- Run(ctx, []string{"courier", "watch", "--interval", "100ms", "--format", "json"}, s.environ,
			Streams{In: strings.NewReader(""), Out: writer, Err: io.Discard})
		_ = writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	next := func() (recipient, status string) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the output ended: %v", lines.Err())
		}
		var m struct{ Recipient, Status string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		return m.Recipient, m.Status
	}
	if to, status := next(); to != "old@example.org" || status != "queued" {
		t.Errorf("what waits is shown as %s to %s", status, to)
	}
	s.run(t, "", "courier", "test", "new@example.org", "--wait", "0s")
	if to, status := next(); to != "new@example.org" || status != "queued" {
		t.Errorf("what is new is shown as %s to %s", status, to)
	}
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A look may catch a message in the middle.
	for sent := map[string]bool{}; len(sent) < 2; {
		to, status := next()
		if status != "sending" && status != "sent" {
			t.Fatalf("what is delivered is shown as %s to %s", status, to)
		}
		if status == "sent" {
			sent[to] = true
		}
	}
	interrupt()
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if code := <-done; code != exitOK {
		t.Errorf("interrupted, it ends with %d", code)
	}
}

func TestWatchIsATableForPeople(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for range 12 {
		s.run(t, "", "courier", "test", "jane@example.org", "--wait", "0s")
	}
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	go func() {
		Run(ctx, []string{"courier", "watch"}, s.environ, Streams{In: strings.NewReader(""), Out: writer, Err: io.Discard})
		_ = writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	var shown []string
	for len(shown) < 11 && lines.Scan() {
		shown = append(shown, lines.Text())
	}
	interrupt()
	if rest, _ := io.ReadAll(reader); len(rest) > 0 {
		t.Errorf("more than the latest ten are shown: %s", rest)
	}
	if want := "QUEUED (UTC)         STATUS   TRIES  RECIPIENT                     SUBJECT"; shown[0] != want {
		t.Errorf("the header is %q", shown[0])
	}
	if want := "2026-01-02 12:00:00  queued       0  jane@example.org              Test message"; shown[1] != want {
		t.Errorf("a line is %q", shown[1])
	}
}

func TestMailThatIsRefusedIsDeadAndCanBeRetried(t *testing.T) {
	t.Parallel()
	s := startServer(t, "COURIER_SMTP_CONNECTION_URI=smtp://127.0.0.1:1/", "COURIER_MAX_TRIES=1")
	s.deliver(t)
	if got := s.run(t, "", "courier", "test", "jane@example.org"); got.code != exitFailed || !strings.Contains(got.err, "the message was refused: ") {
		t.Errorf("a test that fails: %+v", got)
	}
	dead := s.run(t, "", "courier", "list", "--status", "dead", "--quiet")
	id := strings.TrimSpace(dead.out)
	if !anID.MatchString(id) {
		t.Fatalf("dead messages: %+v", dead)
	}
	if got := s.run(t, "", "courier", "list"); !strings.Contains(got.out, "connection refused") {
		t.Errorf("the list does not say why: %s", got.out)
	}
	if got := s.run(t, "", "courier", "get", id); !strings.Contains(got.out, "Last error: ") {
		t.Errorf("the message does not say why: %s", got.out)
	}
	if got := s.run(t, "", "remote", "status"); got.code != exitOK || !strings.Contains(got.out, "1 dead; last error: ") {
		t.Errorf("the status does not say so: %+v", got)
	}
	if got := s.run(t, "", "courier", "retry", id); got.code != exitOK || got.out != id+"\n" {
		t.Errorf("retry: %+v", got)
	}
}

func TestATestMessageThatNobodyDeliversIsAFailure(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	got := s.run(t, "", "courier", "test", "jane@example.org", "--wait", "1ms")
	if got.code != exitFailed || !strings.Contains(got.err, "the message is still queued after 1ms; see 'symbolon courier get ") {
		t.Errorf("got %+v", got)
	}
}

func TestAReaderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		reader, writer := io.Pipe()
		in := untilDone{ctx, reader}
		go func() { _, _ = writer.Write([]byte("first")) }()
		p := make([]byte, 10)
		if n, err := in.Read(p); err != nil || string(p[:n]) != "first" {
			t.Errorf("read %q: %v", p[:n], err)
		}
		if _, err := in.Read(p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after an hour: %v", err)
		}
		_ = writer.Close()
	})
}
