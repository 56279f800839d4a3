package courier_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

func TestTheDatabaseHoldsNoToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, "sqlite://"+dir+"/test.db")
	quoting := func(_ context.Context, r courier.Rendered) error {
		return fmt.Errorf("554 5.7.1 rejected, your message says: %s", r.Text)
	}
	w.channel.answer = quoting
	for range 3 {
		w.queue("needle@example.org")
	}
	var log bytes.Buffer
	d := courier.NewDispatcher(w.outbox, w.channel, config(), slog.New(slog.NewJSONHandler(&log, nil)))
	for range config().MaxTries {
		if _, err := d.DeliverDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.queue("needle@example.org") // not yet sent
	if !strings.Contains(w.channel.given[0].Text, testToken) {
		t.Fatal("the mail holds no token: the test looks for nothing")
	}
	if said := log.String(); strings.Contains(said, testToken) || !strings.Contains(said, "rejected") {
		t.Errorf("the log says %s", said)
	}
	recipient := false
	for _, file := range files(t, dir) {
		if bytes.Contains(file.content, []byte(testToken)) {
			t.Errorf("%s holds a token", file.name)
		}
		recipient = recipient || bytes.Contains(file.content, []byte("needle@example.org"))
	}
	if !recipient {
		t.Error("no file holds the recipient: the test looks at the wrong files")
	}
}

type file struct {
	name    string
	content []byte
}

func files(t *testing.T, dir string) []file {
	t.Helper()
	names, err := filepath.Glob(dir + "/*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var all []file
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file{name, content})
	}
	return all
}

func TestBodiesAreErasedWhenTheMessageIsSent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		id := w.queue("jane@example.org")
		if w.message(id).Sealed == "" {
			w.t.Fatal("there is nothing to erase")
		}
		w.run(config())
		settle()
		if m := w.want(id, courier.Sent, 1); m.Sealed != "" {
			w.t.Error("the body is still there")
		}
		if _, r, err := w.outbox.Get(w.t.Context(), id); err != nil || r.Text != "" || r.HTML != "" {
			w.t.Errorf("it says %q, %v", r.Text, err)
		}
	})
}

func TestBodiesOfDeadLettersAreErasedWhenTheirLinkHasExpired(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.channel.answer = func(context.Context, courier.Rendered) error { return courier.ErrPermanent }
		w.run(config())
		link := w.queue("jane@example.org") // for an hour
		notice := w.queueMessage(courier.Message{Template: courier.CredentialsChanged, To: "jane@example.org"})
		within(59 * time.Minute)
		if m := w.want(link, courier.Dead, 1); m.Sealed == "" {
			w.t.Error("the body was erased while its link worked")
		}
		if _, r, err := w.outbox.Get(w.t.Context(), link); err != nil || !strings.Contains(r.Text, testToken) {
			w.t.Errorf("it says %q, %v", r.Text, err)
		}
		within(2 * time.Minute)
		if m := w.want(link, courier.Dead, 1); m.Sealed != "" {
			w.t.Error("the body is still there")
		}
		if err := w.outbox.Retry(w.t.Context(), link); errs.Of(err) != errs.Of(errs.ErrNotFound) {
			w.t.Errorf("retrying an erased message: %v", err)
		}
		within(6 * time.Hour)
		if m := w.want(notice, courier.Dead, 1); m.Sealed == "" {
			w.t.Error("a body without a link was erased")
		}
	})
}

func TestAMessageWhoseLinkHasExpiredIsNotSent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		id := w.queue("jane@example.org")
		pause(time.Hour)
		w.run(config())
		settle()
		if m := w.want(id, courier.Dead, 1); m.Sealed != "" || !strings.Contains(m.LastError, "expired") {
			w.t.Errorf("body %q, last error %q", m.Sealed, m.LastError)
		}
		wantEqual(w.t, "sent", w.channel.recipients(), nil)
	})
}

func TestTheMailboxKeepsBodies(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		keeps := config()
		keeps.KeepBodies = true
		stop := w.runOn(w.outbox, courier.Mailbox{}, keeps)
		id := w.queue("jane@example.org")
		within(6 * time.Hour)
		w.want(id, courier.Sent, 1)
		if _, r, err := w.outbox.Get(w.t.Context(), id); err != nil || !strings.Contains(r.Text, testToken) {
			w.t.Errorf("it says %q, %v", r.Text, err)
		}
		// Once there is a mail server, what is left of that time goes.
		stop()
		w.run(config())
		settle()
		if m := w.message(id); m.Sealed != "" {
			w.t.Error("the body is still there")
		}
	})
}

func TestBodiesOpenAfterSecretsWereRotated(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		id := w.queue("jane@example.org")
		const fresh = "another secret of thirty-two char"

		stop := w.runOn(w.newOutbox(w.db, fresh), w.channel, config()) // a node that lacks the secret
		settle()
		stop()
		w.want(id, courier.Queued, 1)
		wantEqual(w.t, "sent", w.channel.recipients(), nil)

		w.runOn(w.newOutbox(w.db, fresh, testSecrets[0]), w.channel, config())
		within(time.Minute)
		w.want(id, courier.Sent, 2)
	})
}

func TestABodyOpensInItsOwnRowAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		mine, theirs := w.queue("thief@example.org"), w.queue("jane@example.org")
		stolen := w.message(mine)
		stolen.ID, stolen.Sealed = strings.Replace(mine, mine[:1], "f", 1), w.message(theirs).Sealed
		if err := w.db.CreateMessage(w.t.Context(), stolen); err != nil {
			w.t.Fatal(err)
		}
		w.run(config())
		within(time.Minute)
		w.want(stolen.ID, courier.Dead, config().MaxTries)
		w.want(theirs, courier.Sent, 1)
		if n := w.channel.count("thief@example.org"); n != 1 {
			w.t.Errorf("%d mails to the thief", n)
		}
	})
}

func TestWhatIsNoAddressIsADeadLetterFromTheStart(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *world) {
		w.run(config())
		for _, to := range []string{
			"", "nope", "@", "jane@", "Jane <jane@example.org>", "<jane@example.org>", "a@example.org, b@example.org",
			"jane@example.org\r\nBcc: all@example.org", " jane@example.org", "jane@example.org (Jane)",
		} {
			id := w.queue(to)
			within(time.Minute)
			if m := w.want(id, courier.Dead, 0); m.Recipient != to || m.LastError == "" || m.Sealed != "" {
				w.t.Errorf("%q: %+v", to, m)
			}
		}
		for _, to := range []string{"jane@example.org", "JANE@example.org", `"a b"@example.org`, "zoë@example.org"} {
			id := w.queue(to)
			within(time.Minute)
			w.want(id, courier.Sent, 1)
			if n := w.channel.count(to); n != 1 {
				w.t.Errorf("%q got %d mails", to, n)
			}
		}
	})
}
