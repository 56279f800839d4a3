package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

func eventTests() []test {
	return []test{
		{"an effect records its event, with what the context knows", eventOfEffects},
		{"what is rolled back has no event", eventRolledBack},
		{"many writers at once leave intact chains", eventChains},
		{"each reader gets each event once", eventReaders},
		{"an event names the sessions that it ended", eventsNameEndedSessions},
	}
}

func eventOfEffects(t *testing.T, s Store) {
	ctx := reqctx.With(t.Context(), &reqctx.Request{Address: "192.0.2.1", UserAgent: "Test/1"})
	ctx = event.With(ctx, &event.Origin{FlowID: secret.NewID(), Operator: "console"})
	i, credentials := NewIdentity("a@example.org")
	must(t, s.CreateIdentity(ctx, i, credentials))
	created, _ := NewSession(i.ID)
	must(t, s.CreateSession(ctx, created))
	must(t, s.RevokeSession(ctx, created.TokenHash))
	credentials[0].Config = []byte(`{"hashed_password":"other"}`)
	must(t, s.SaveIdentity(ctx, i, credentials))
	must(t, s.DeleteIdentity(ctx, i.ID))
	var names []event.Name
	for _, e := range got(s.Events(t.Context(), event.Query{IdentityID: i.ID}))(t) {
		names = append(names, e.Name)
		if e.Address != "192.0.2.1" || e.Device != "Test/1" || e.Operator != "console" || e.FlowID == "" || !e.At.Equal(Now.Truncate(time.Microsecond)) {
			t.Errorf("%s is %+v", e.Name, e)
		}
		if e.Name == event.LoginSuccess && (e.SessionID != created.ID || e.Method != "password") {
			t.Errorf("sign-in is %+v", e)
		}
	}
	slices.Sort(names)
	want := []event.Name{event.LoginSuccess, event.PasswordChange, event.TokenRevoked, event.UserCreated, event.UserDeleted}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("events are %v, want %v", names, want)
	}
	if found := got(s.Events(t.Context(), event.Query{Name: event.UserCreated, Limit: 10}))(t); len(found) != 1 || found[0].IdentityID != i.ID {
		t.Errorf("by name: %v", found)
	}
	if err := s.RecordEvent(t.Context(), event.Event{Name: "something"}); err == nil {
		t.Error("an unknown name was recorded")
	}
}

func eventRolledBack(t *testing.T, s Store) {
	failed := errors.New("on purpose")
	record := func(ctx context.Context) error { return s.RecordEvent(ctx, event.Event{Name: event.LoginFail}) }
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		_ = s.InTx(ctx, func(ctx context.Context) error { return errors.Join(record(ctx), failed) })
		return record(ctx)
	})
	must(t, err)
	_ = s.InTx(t.Context(), func(ctx context.Context) error { return errors.Join(record(ctx), failed) })
	if found := got(s.Events(t.Context(), event.Query{}))(t); len(found) != 1 {
		t.Errorf("%d events, want the one of the part that was kept", len(found))
	}
}

func eventChains(t *testing.T, s Store) {
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := s.RecordEvent(t.Context(), event.Event{Name: event.LoginFail, Details: map[string]string{"flow": "login"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := s.Identities(t.Context(), identity.Query{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	must(t, s.CheckpointEvents(t.Context()))
	must(t, s.CheckpointEvents(t.Context())) // nothing happened since
	audit := got(s.VerifyEvents(t.Context()))(t)
	if audit.Events != writers*each+1 || len(audit.Problems) > 0 {
		t.Errorf("%+v", audit)
	}
}

func eventReaders(t *testing.T, s Store) {
	for range 5 {
		must(t, s.RecordEvent(t.Context(), event.Event{Name: event.LoginFail}))
	}
	seen := map[string]int{}
	for range 10 {
		next := got(s.ReadEvents(t.Context(), "hooks", 2))(t)
		again := got(s.ReadEvents(t.Context(), "hooks", 2))(t)
		if len(next) != len(again) || len(next) > 2 {
			t.Fatalf("%d events, then %d", len(next), len(again))
		}
		for _, e := range next {
			seen[e.ID]++
		}
		must(t, s.AckEvents(t.Context(), "hooks", next))
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("event %s was read %d times", id, times)
		}
	}
	if other := got(s.ReadEvents(t.Context(), "metrics", 100))(t); len(seen) != 5 || len(other) != 5 {
		t.Errorf("one reader got %d events, the other %d; want 5", len(seen), len(other))
	}
}

func eventsNameEndedSessions(t *testing.T, s Store) {
	ctx := t.Context()
	i, credentials := NewIdentity("ended@example.org")
	must(t, s.CreateIdentity(ctx, i, credentials))
	var ids []string
	for range 3 {
		made, _ := NewSession(i.ID)
		must(t, s.CreateSession(ctx, made))
		ids = append(ids, made.ID)
	}
	heads := got(s.EventHeads(ctx))(t)
	must(t, s.RevokeSessions(ctx, i.ID, ids[0]))
	must(t, s.DeleteIdentity(ctx, i.ID))
	named := map[string]string{}
	for chain, head := range got(s.EventHeads(ctx))(t) {
		for _, e := range got(s.ChainEvents(ctx, chain, heads[chain].Seq, head.Seq, event.Names(), 10))(t) {
			for id := range strings.SplitSeq(e.Details["ended"], ",") {
				named[id] = string(e.Name)
			}
		}
	}
	want := map[string]string{ids[0]: string(event.UserDeleted), ids[1]: string(event.TokenRevoked), ids[2]: string(event.TokenRevoked)}
	if !maps.Equal(named, want) {
		t.Errorf("ended: %v, want %v", named, want)
	}
	since := got(s.EventsSince(ctx, Now.Add(-time.Hour), []event.Name{event.TokenRevoked, event.UserDeleted}, 10))(t)
	if len(since) != 2 {
		t.Errorf("%d events since then, want 2", len(since))
	}
}
