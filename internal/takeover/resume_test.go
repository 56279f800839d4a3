package takeover_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/takeover"
)

var errKilled = errors.New("killed here")

// mortal is a store whose process ends before its nth write: what the transaction did so far
// is lost, and the run is over.
type mortal struct {
	takeover.Store
	left int
}

func (m *mortal) step() error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return nil
}

func (m *mortal) InTx(ctx context.Context, fn func(context.Context) error) error {
	return m.Store.InTx(ctx, m.until(fn))
}

func (m *mortal) InWhole(ctx context.Context, fn func(context.Context) error) error {
	return m.Store.InWhole(ctx, m.until(fn))
}

// until is what a transaction does before the process ends.
func (m *mortal) until(fn func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := m.step(); err != nil {
			return err
		}
		if err := fn(ctx); err != nil {
			return err
		}
		if m.left < 0 {
			return errKilled // a process that has ended commits nothing
		}
		return nil
	}
}

func (m *mortal) CreateIdentity(ctx context.Context, i *identity.Identity, c []identity.Credential) error {
	return errors.Join(m.step(), m.Store.CreateIdentity(ctx, i, c))
}

func (m *mortal) CreateSession(ctx context.Context, s *session.Session) error {
	return errors.Join(m.step(), m.Store.CreateSession(ctx, s))
}

func (m *mortal) CreateFlow(ctx context.Context, f *flow.Flow) error {
	return errors.Join(m.step(), m.Store.CreateFlow(ctx, f))
}

// people are two batches of accounts with everything, always the same.
func people() (batches [][]takeover.Record) {
	for b := range 2 {
		var batch []takeover.Record
		for k := range 2 {
			r, n := vera(), fmt.Sprint(2*b+k)
			name := "p" + n + "@example.org"
			r.Identity.ID, r.Identity.ExternalID = "00000000-0000-4000-8000-00000000000"+n, ""
			r.Identity.Traits = fmt.Appendf(nil, `{"email":%q}`, name)
			for i := range r.Addresses {
				r.Addresses[i].ID = fmt.Sprintf("%d0000000-0000-4000-9000-00000000000%s", i, n)
				r.Addresses[i].Value, r.Addresses[i].Normalized = name, name
			}
			r.Credentials[0].Identifiers, r.Credentials[1].Identifiers = []string{name}, []string{"google:" + n}
			for i := range r.Sessions {
				r.Sessions[i].ID = fmt.Sprintf("%d0000000-0000-4000-a000-00000000000%s", i, n)
				r.Sessions[i].TokenHash = secret.Hash(fmt.Sprint("token ", i, n))
			}
			r.Challenges[0].Hash = "hash " + n
			batch = append(batch, r)
		}
		batches = append(batches, batch)
	}
	return batches
}

// all is what is stored of people.
func all(t *testing.T, db *store.DB) (rows []any) {
	t.Helper()
	for _, batch := range people() {
		for _, r := range batch {
			i, err := db.Identity(t.Context(), r.Identity.ID)
			if err != nil {
				t.Fatal(err)
			}
			owner, link, err := db.IdentityByIdentifier(t.Context(), identity.TypeOIDC, r.Credentials[1].Identifiers[0])
			if err != nil {
				t.Fatal(err)
			}
			s, err := db.SessionByToken(t.Context(), r.Sessions[0].TokenHash)
			if err != nil {
				t.Fatal(err)
			}
			f, err := db.FlowByResume(t.Context(), r.Challenges[0].Hash)
			if err != nil {
				t.Fatal(err)
			}
			f.ID = "" // drawn at random
			link.Version = 0
			rows = append(rows, i, owner, link, s, f)
		}
	}
	return rows
}

// TestWriter_Write_killed ends the process before each of its writes in turn, and runs it
// again.
func TestWriter_Write_killed(t *testing.T) {
	t.Parallel()
	pending := func(c takeover.Challenge, owner *identity.Identity) (*flow.Flow, error) {
		return &flow.Flow{ID: secret.NewID(), Kind: flow.Recovery, Client: flow.Browser, State: flow.Challenged, IdentityID: owner.ID, ResumeHash: c.Hash, ExpiresAt: c.Expires}, nil
	}
	run := func(ctx context.Context, w *world) (report takeover.Report, err error) {
		for _, batch := range people() {
			if err = w.Write(ctx, batch, &report, func(takeover.Line) {}); err != nil {
				break
			}
		}
		return report, err
	}
	whole := newWorld(t)
	whole.Challenge = pending
	if report, err := run(t.Context(), whole); err != nil || report.Taken != 4 {
		t.Fatalf("%+v, %v", report, err)
	}
	want := all(t, whole.db)
	for writes, done := 0, false; !done; writes++ {
		w := newWorld(t)
		w.Challenge = pending
		w.Store = &mortal{Store: w.db, left: writes}
		first, err := run(t.Context(), w)
		done = err == nil
		w.Store = w.db
		second, err := run(t.Context(), w)
		if err != nil || second.Taken+second.Present != 4 || second.Refused != 0 {
			t.Fatalf("killed before write %d: first %+v, then %+v, %v", writes, first, second, err)
		}
		if diff := cmp.Diff(want, all(t, w.db)); diff != "" {
			t.Fatalf("killed before write %d: %s", writes, diff)
		}
		if done && writes < 14 {
			t.Errorf("the run made %d writes", writes)
		}
	}
}
