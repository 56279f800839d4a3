package storetest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/ui"
)

func flowTests() []test {
	return []test{
		{"a flow is read as it was created", flowRoundTrip},
		{"an empty flow is read as it was created", emptyFlowRoundTrip},
		{"a flow is found by its id in capitals", flowByCapitals},
		{"numbers in a form keep their spelling", flowNumbers},
		{"an unknown flow is not found", flowUnknown},
		{"a text that is no id is no flow", flowNoID},
		{"an id is used by one flow", flowSameID},
		{"a saved flow is read as it was saved", flowSave},
		{"a flow that is gone can't be saved", flowSaveUnknown},
		{"a flow can't be about an identity that does not exist", flowForeignSubject},
		{"a flow is found by its resume hash until that is replaced", flowResume},
		{"an empty resume hash finds nothing", flowNoResume},
		{"a resume hash belongs to one flow", flowSameResume},
		{"the secrets of an identity's flows of a kind are ended but one", flowEndResume},
		{"of many who redeem a resume hash one succeeds", flowResumeOnce},
	}
}

func flowRoundTrip(t *testing.T, s Store) {
	f := NewFlow()
	f.IdentityID = mustIdentity(t, s, "a@example.org").ID
	f.ResumeHash = secret.Hash("token")
	f.IssuedAt = Now.In(time.FixedZone("east", 3600))
	must(t, s.CreateFlow(t.Context(), f))

	read := got(s.Flow(t.Context(), f.ID))(t)
	wantSame(t, read, f)
	if want := Now.Truncate(time.Microsecond); read.IssuedAt != want {
		t.Errorf("issued at %v, want %v", read.IssuedAt, want)
	}
}

func emptyFlowRoundTrip(t *testing.T, s Store) {
	f := &flow.Flow{ID: secret.NewID(), IssuedAt: Now, ExpiresAt: Now}
	must(t, s.CreateFlow(t.Context(), f))
	wantSame(t, got(s.Flow(t.Context(), f.ID))(t), f)
}

func flowByCapitals(t *testing.T, s Store) {
	f := mustFlow(t, s)
	wantSame(t, got(s.Flow(t.Context(), strings.ToUpper(f.ID)))(t).ID, f.ID)
}

func flowNumbers(t *testing.T, s Store) {
	numbers := []json.Number{"1e3", "30.0", "-0", "12345678901234567890", "0.1000"}
	f := NewFlow()
	group := ui.Group{Method: "profile"}
	for _, n := range numbers {
		group.Nodes = append(group.Nodes, ui.Node{Name: n.String(), Type: "number", Value: n})
	}
	f.Form.Groups = []ui.Group{group}
	must(t, s.CreateFlow(t.Context(), f))
	wantSame(t, got(s.Flow(t.Context(), f.ID))(t).Form, f.Form)
}

func flowUnknown(t *testing.T, s Store) {
	mustFlow(t, s)
	_, err := s.Flow(t.Context(), secret.NewID())
	wantError(t, err, errs.ErrNotFound)
	_, err = s.FlowByResume(t.Context(), secret.Hash("unknown"))
	wantError(t, err, errs.ErrNotFound)
}

func flowNoID(t *testing.T, s Store) {
	for _, id := range []string{"", "1", "' OR 1=1 --", strings.Repeat("x", 36), "\x00", "{" + secret.NewID() + "}"} {
		_, err := s.Flow(t.Context(), id)
		wantError(t, err, errs.ErrNotFound)
	}
}

func flowSameID(t *testing.T, s Store) {
	f := mustFlow(t, s)
	wantError(t, s.CreateFlow(t.Context(), f), errs.ErrConflict)
}

func flowSave(t *testing.T, s Store) {
	f := mustFlow(t, s)
	f.State, f.ExpiresAt, f.ReturnTo, f.Active = flow.Passed, Now.Add(time.Minute), "", "link"
	f.IdentityID = mustIdentity(t, s, "a@example.org").ID
	f.Refresh, f.CSRF, f.Form, f.Private = false, "other", ui.Form{}, nil
	f.ResumeHash = secret.Hash("token")
	version := f.Version
	must(t, s.SaveFlow(t.Context(), f))
	if f.Version != version+1 {
		t.Errorf("version is %d after version %d", f.Version, version)
	}
	wantSame(t, got(s.Flow(t.Context(), f.ID))(t), f)
	must(t, s.SaveFlow(t.Context(), f))
}

func flowSaveUnknown(t *testing.T, s Store) {
	wantError(t, s.SaveFlow(t.Context(), NewFlow()), errs.ErrNotFound)
}

func flowForeignSubject(t *testing.T, s Store) {
	f := NewFlow()
	f.IdentityID = secret.NewOrderedID()
	wantError(t, s.CreateFlow(t.Context(), f), errs.ErrNotFound)
}

func flowResume(t *testing.T, s Store) {
	f, first, second := NewFlow(), secret.Hash("first"), secret.Hash("second")
	f.ResumeHash = first
	must(t, s.CreateFlow(t.Context(), f))
	wantSame(t, got(s.FlowByResume(t.Context(), first))(t), f)

	f.ResumeHash = second
	must(t, s.SaveFlow(t.Context(), f))
	wantSame(t, got(s.FlowByResume(t.Context(), second))(t), f)
	_, err := s.FlowByResume(t.Context(), first)
	wantError(t, err, errs.ErrNotFound)

	f.ResumeHash = ""
	must(t, s.SaveFlow(t.Context(), f))
	_, err = s.FlowByResume(t.Context(), second)
	wantError(t, err, errs.ErrNotFound)
}

func flowNoResume(t *testing.T, s Store) {
	mustFlow(t, s)
	mustFlow(t, s)
	_, err := s.FlowByResume(t.Context(), "")
	wantError(t, err, errs.ErrNotFound)
}

func flowSameResume(t *testing.T, s Store) {
	a, b := NewFlow(), NewFlow()
	a.ResumeHash = secret.Hash("token")
	b.ResumeHash = a.ResumeHash
	must(t, s.CreateFlow(t.Context(), a))
	wantError(t, s.CreateFlow(t.Context(), b), errs.ErrConflict)
}

func flowEndResume(t *testing.T, s Store) {
	owner, other := mustIdentity(t, s, "a@example.org").ID, mustIdentity(t, s, "b@example.org").ID
	create := func(k flow.Kind, subject string) *flow.Flow {
		f := NewFlow()
		f.Kind, f.IdentityID, f.ResumeHash = k, subject, secret.Hash(f.ID)
		must(t, s.CreateFlow(t.Context(), f))
		return f
	}
	ended, kept := create(flow.Recovery, owner), create(flow.Recovery, owner)
	spared := []*flow.Flow{kept, create(flow.Verification, owner), create(flow.Recovery, other), create(flow.Recovery, "")}
	must(t, s.ClearResumeHashes(t.Context(), flow.Recovery, owner, kept.ID))
	must(t, s.ClearResumeHashes(t.Context(), flow.Recovery, "", kept.ID))
	_, err := s.FlowByResume(t.Context(), ended.ResumeHash)
	wantError(t, err, errs.ErrNotFound)
	wantError(t, s.SaveFlow(t.Context(), ended), errs.ErrStale)
	for _, f := range spared {
		wantSame(t, got(s.FlowByResume(t.Context(), f.ResumeHash))(t), f)
	}
}

func flowResumeOnce(t *testing.T, s Store) {
	f := NewFlow()
	f.ResumeHash = secret.Hash("token")
	must(t, s.CreateFlow(t.Context(), f))

	var winners atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			found, err := s.FlowByResume(t.Context(), f.ResumeHash)
			if err == nil {
				found.ResumeHash = ""
				err = s.SaveFlow(t.Context(), found)
			}
			switch {
			case err == nil:
				winners.Add(1)
			case !errors.Is(err, errs.ErrNotFound) && !errors.Is(err, errs.ErrStale):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := winners.Load(); n != 1 {
		t.Errorf("%d redeemed it", n)
	}
}
