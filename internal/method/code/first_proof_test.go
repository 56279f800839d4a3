package code_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/code"
)

// movedTo gives a person another address, which is not proven.
func movedTo(t testing.TB, w *flowtest.World, p flowtest.Person, address string) {
	t.Helper()
	d, err := w.Identities.DraftFrom(t.Context(), w.Fresh(p.ID), "default", json.RawMessage(`{"email":"`+address+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Identities.Save(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// The code that comes back is the first proof of an address. The person who registered it with a password of their own is signed out, and
// the owner of the mailbox gets a notice.
func TestLogin_firstProof(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := w.Person(ada, false, identity.Credential{Type: identity.TypeOIDC, Identifiers: []string{"acme:1"}, Config: json.RawMessage(`{}`)})
	stranger, b := w.Browser(), w.Browser()
	stranger.SignIn(p)
	f := b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	r := b.MustSubmit(f, code.ID, with(flow.Login, ada, mailed(t, w)))
	if r.Outcome != flow.Completed {
		t.Fatalf("outcome %d, %s", r.Outcome, said(r))
	}
	b.Took(r)
	if stranger.Alive() || !b.Alive() || !w.Fresh(p.ID).Verifiable[0].Verified {
		t.Errorf("the stranger's session lives: %t, the owner's: %t", stranger.Alive(), b.Alive())
	}
	if c, err := w.Identities.Credential(t.Context(), p.ID, identity.TypePassword); err != nil || c.IsSet() {
		t.Errorf("the stranger's password is left: %v", err)
	}
	if _, _, err := w.Identities.ByCredential(t.Context(), identity.TypeOIDC, "acme:1"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("the stranger's external account is left: %v", err)
	}
	if sent := w.Mail.Take(); len(sent) != 1 || sent[0].Template != courier.CredentialsChanged || sent[0].To != ada {
		t.Errorf("the notice is %+v", sent)
	}
}

// Between the code and its use another address of the account was proven: this one may be mistyped.
func TestLogin_otherProof(t *testing.T) {
	t.Parallel()
	w := openAs(t, everything())
	p := w.Person("eve@example.org", false)
	movedTo(t, w, p, ada)
	b := w.Browser()
	f := b.Start(flow.Login)
	b.MustSubmit(f, code.ID, fields(flow.Login, ada))
	right := mailed(t, w)
	movedTo(t, w, p, "eve@example.org")
	if err := w.Identities.MarkVerified(t.Context(), p.ID, w.Fresh(p.ID).Verifiable[0].ID); err != nil {
		t.Fatal(err)
	}
	movedTo(t, w, p, ada)
	if r := b.MustSubmit(f, code.ID, with(flow.Login, ada, right)); r.Outcome != flow.FormRejected {
		t.Errorf("outcome %d, %s", r.Outcome, said(r))
	}
}
