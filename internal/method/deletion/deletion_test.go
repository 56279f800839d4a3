package deletion_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/deletion"
	"github.com/symbolon/symbolon/internal/session"
)

const grace = 14 * 24 * time.Hour

func open(t testing.TB) (*flowtest.World, flowtest.Person) {
	t.Helper()
	w := flowtest.New(t, func(w *flowtest.World) []flow.Method {
		return []flow.Method{deletion.New(grace), &flowtest.Stub{
			Name: "password", Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor},
			Fact: func(_ context.Context, s flow.Submission) (flow.Fact, error) {
				id, _, _ := s.Input.Text("answer")
				return flow.Authenticated{Identity: w.Fresh(id), Factor: session.Factor{Method: "password"}}, nil
			},
		}}
	})
	return w, w.Person("ada@example.org", true)
}

func TestContract(t *testing.T) {
	t.Parallel()
	flowtest.RunMethod(t, deletion.ID, open)
}

// closed is a person who has closed their account.
func closed(t *testing.T) (*flowtest.World, flowtest.Person, *flowtest.Browser) {
	t.Helper()
	w, p := open(t)
	b, app := w.Browser(), w.App()
	app.SignIn(p)
	b.SignIn(p)
	f := b.Start(flow.Settings)
	result, err := b.Submit(f, deletion.ID, map[string]string{"confirm": "true"})
	if err != nil || result.Outcome != flow.Completed {
		t.Fatalf("%v, %v", result, err)
	}
	if b.Alive() || app.Alive() {
		t.Error("a session outlives the account's closing")
	}
	return w, p, b
}

func TestSubmit_unconfirmed(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	b.SignIn(p)
	result, err := b.Submit(b.Start(flow.Settings), deletion.ID, map[string]string{"confirm": "false"})
	if err != nil || result.Outcome != flow.FormRejected || result.Flow.Form.Group(deletion.ID).Node("confirm").Messages[0].Key != message.KeyMissing {
		t.Errorf("%v, %v", result, err)
	}
	if at, err := w.Identities.DeletionOf(t.Context(), p.ID); err != nil || !at.IsZero() || !b.Alive() {
		t.Errorf("the account was closed: %v, %v", at, err)
	}
}

func TestSubmit_old_session(t *testing.T) {
	t.Parallel()
	w, p := open(t)
	b := w.Browser()
	b.SignIn(p)
	w.Advance(59 * time.Minute)
	f := b.Start(flow.Settings)
	w.Advance(2 * time.Minute) // the session is older than what may change credentials
	_, err := b.Submit(f, deletion.ID, map[string]string{"confirm": "true"})
	if _, ok := errors.AsType[*flow.Reauthenticate](err); !ok {
		t.Errorf("an old session closed the account: %v", err)
	}
	if at, err := w.Identities.DeletionOf(t.Context(), p.ID); err != nil || !at.IsZero() {
		t.Errorf("deletion at %v, %v", at, err)
	}
}

func TestDeletion_due(t *testing.T) {
	t.Parallel()
	w, p, _ := closed(t)
	sent := w.Mail.Take()
	if len(sent) != 1 || sent[0].Template != courier.AccountClosed || !sent[0].Change.At.Equal(w.Now().Add(grace)) || sent[0].URL == "" {
		t.Errorf("mail %+v", sent)
	}
	w.Advance(grace - time.Second)
	if n, err := w.Identities.DeleteDue(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("deleted %d within the grace period, %v", n, err)
	}
	w.Advance(2 * time.Second)
	if n, err := w.Identities.DeleteDue(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if _, err := w.Identities.ByID(t.Context(), p.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("the identity is there: %v", err)
	}
	events, err := w.DB.Events(t.Context(), event.Query{IdentityID: p.ID})
	var archived, deleted bool
	for _, e := range events {
		archived = archived || e.Name == event.UserArchived && e.Details["delete_at"] != ""
		deleted = deleted || e.Name == event.UserDeleted
	}
	if err != nil || !archived || !deleted {
		t.Errorf("archived %v, deleted %v, %v", archived, deleted, err)
	}
}

func TestDeletion_sign_in_keeps(t *testing.T) {
	t.Parallel()
	w, p, _ := closed(t)
	w.Mail.Take()
	w.Advance(grace - time.Second)
	back := w.Browser()
	result, err := back.Submit(back.Start(flow.Login), "password", map[string]string{"answer": p.ID})
	if err != nil || result.Outcome != flow.Completed {
		t.Fatalf("%v, %v", result, err)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].Template != courier.AccountKept {
		t.Errorf("mail %+v", sent)
	}
	w.Advance(grace)
	if n, err := w.Identities.DeleteDue(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if w.Fresh(p.ID) == nil {
		t.Error("the identity is gone")
	}
}

// Between the list and the deletion its owner may sign in.
func TestDeletion_looks_again(t *testing.T) {
	t.Parallel()
	w, p, _ := closed(t)
	later := w.Now().Add(2 * grace)
	due, err := w.DB.DueDeletions(t.Context(), later, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%v, %v", due, err)
	}
	if kept, err := w.Identities.Keep(t.Context(), p.ID); !kept || err != nil {
		t.Fatalf("kept %v, %v", kept, err)
	}
	if done, err := w.DB.DeleteIfDue(t.Context(), due[0], later); done || err != nil {
		t.Errorf("deleted %v, %v", done, err)
	}
}
