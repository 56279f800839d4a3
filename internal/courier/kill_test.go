package courier_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/courier/smtp"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/store"
)

// The server is this test binary, told by the environment what to be.
const (
	childRole   = "SYMBOLON_COURIER_TEST_CHILD" // queue, or drain
	childFile   = "SYMBOLON_COURIER_TEST_FILE"
	childServer = "SYMBOLON_COURIER_TEST_SERVER"
)

const (
	killRounds  = 10
	killedMails = 2000 // at least
	killWorkers = 5
	// queuedAtOnce keeps a server from queueing much more than it delivers.
	queuedAtOnce = 300
)

// A server is killed again and again while it queues and delivers over a mail
// server that drops, hangs and refuses. Each message it has committed is
// delivered or given up, none that it has undone is, and none twice except those
// that were on their way at a kill.
func TestNothingIsLostAndLittleRepeatedWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	server := newCatcher(t, someTrouble)
	path := filepath.Join(t.TempDir(), "killed.db")
	committed := map[string]bool{}
	rounds := 0
	for ; rounds < killRounds || len(committed) < killedMails; rounds++ {
		for _, line := range runChild(t, "queue", path, server.address, time.Duration(300+secret.Below(700))*time.Millisecond) {
			committed[line] = true
		}
	}
	ended := runChild(t, "drain", path, server.address, 0)
	t.Logf("%d kills, %d messages committed, at the end %v", rounds, len(committed), ended)
	judge(t, server.caught(), committed, rounds)
}

func judge(t *testing.T, caught map[string][]string, committed map[string]bool, kills int) {
	t.Helper()
	for to := range committed {
		if refused := strings.HasPrefix(to, "refused"); refused == (len(caught[to]) > 0) {
			t.Errorf("%s has %d mails", to, len(caught[to]))
		}
	}
	repeated := 0
	for to, ids := range caught {
		if strings.HasPrefix(to, "undone") {
			t.Errorf("%s has a mail of a transaction that was undone", to)
		}
		repeated += len(ids) - 1
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Errorf("%s got mails with the Message-IDs %v", to, ids)
			}
		}
	}
	t.Logf("%d mails arrived, %d of them again", len(caught), repeated)
	if repeated > kills*killWorkers {
		t.Errorf("%d repeated in %d kills of %d workers", repeated, kills, killWorkers)
	}
}

// runChild runs a server and returns the lines that it prints. It is killed after
// a while, or ends by itself if that is zero.
func runChild(t *testing.T, role, path, address string, after time.Duration) (lines []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childFile+"="+path, childServer+"="+address)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output := bufio.NewScanner(stdout)
	if !output.Scan() || output.Text() != "ready" {
		t.Fatalf("the server says %q", output.Text())
	}
	if after > 0 {
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	}
	for output.Scan() {
		lines = append(lines, output.Text())
	}
	if err := cmd.Wait(); (err == nil) != (after == 0) {
		t.Fatalf("the server ended with %v", err)
	}
	if after > 0 && len(lines) > 0 {
		// The last line may have been cut off.
		lines = lines[:len(lines)-1]
	}
	return lines
}

// beChild is the server; it returns the exit code.
func beChild() int {
	if err := serve(os.Getenv(childRole), os.Getenv(childFile), os.Getenv(childServer), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		return 1
	}
	return 0
}

func serve(role, path, address string, out io.Writer) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{DSN: "sqlite://" + path, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	templates, err := courier.NewTemplates("Symbolon", courier.Own{})
	if err != nil {
		return err
	}
	outbox, err := courier.NewOutbox(db, templates, testSecrets, time.Now)
	if err != nil {
		return err
	}
	channel, err := smtp.New(smtp.Config{
		URI: "smtp://" + address, FromAddress: "accounts@example.org", Timeout: 500 * time.Millisecond, Domain: "id.example.org",
	}, time.Now)
	if err != nil {
		return err
	}
	dispatcher := courier.NewDispatcher(outbox, channel, courier.DispatchConfig{
		Workers: killWorkers, MaxTries: 30, MinBackoff: 20 * time.Millisecond, MaxBackoff: 200 * time.Millisecond, Lease: 2 * time.Second,
	}, slog.New(slog.DiscardHandler))
	go func() { _ = dispatcher.Run(ctx) }()
	fmt.Fprintln(out, "ready")
	if role == "drain" {
		return drain(ctx, outbox, out)
	}
	return queueMany(ctx, db, outbox, out)
}

// queueMany queues messages in transactions, undoes some of those, and prints each
// recipient once storage has acknowledged the message. It does not return unless
// storage fails.
func queueMany(ctx context.Context, db *store.DB, outbox *courier.Outbox, out io.Writer) error {
	undo := errors.New("undone")
	printed, failed := make(chan string), make(chan error)
	for range 4 {
		go func() {
			for i := range queuedAtOnce / 4 {
				kind := [...]string{"good", "good", "good", "refused", "undone"}[i%5]
				to := kind + "-" + secret.NewID() + "@example.org"
				err := db.InTx(ctx, func(ctx context.Context) error {
					err := outbox.Enqueue(ctx, courier.Message{Template: courier.Test, To: to})
					if err == nil && kind == "undone" {
						return undo
					}
					return err
				})
				switch {
				case err == nil:
					printed <- to
				case !errors.Is(err, undo):
					failed <- err
				}
			}
		}()
	}
	for {
		select {
		case to := <-printed:
			fmt.Fprintln(out, to)
		case err := <-failed:
			return err
		}
	}
}

// drain waits until nothing waits any more.
func drain(ctx context.Context, outbox *courier.Outbox, out io.Writer) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		<-tick.C
		v, err := outbox.Overview(ctx)
		if err != nil {
			return err
		}
		if v.Counts[courier.Queued]+v.Counts[courier.Sending] == 0 {
			fmt.Fprintf(out, "%d sent, %d given up\n", v.Counts[courier.Sent], v.Counts[courier.Dead])
			return nil
		}
	}
}
