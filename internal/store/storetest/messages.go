package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
)

func messageTests() []test {
	return []test{
		{"a message is read as it was created", messageRoundTrip},
		{"an empty message is read as it was created", emptyMessageRoundTrip},
		{"a message is found by its id in capitals", messageByCapitals},
		{"an unknown message is not found", messageUnknown},
		{"a message of a transaction that is undone does not exist", messageUndone},
		{"messages are listed from the latest on and narrowed by each filter", messageLists},
		{"messages are found by each form of an address", messageForms},
		{"messages to what no database keeps are none", messageOdd},
		{"messages are counted by status", messageCounts},
		{"the backlog is what waits since when and the latest error", messageBacklog},
		{"a dead message with a body is retried with all its tries", messageRetry},
		{"what is not dead, unknown or erased is not retried", messageNoRetry},
		{"bodies are erased when the message has ended and its link has expired", messageErase},
		{"bodies are erased in batches, the longest expired first", messageEraseBatch},
	}
}

// NewMessage returns a queued message that is due, with something in every field
// that such a message has.
func NewMessage() *courier.Stored {
	return &courier.Stored{
		ID: secret.NewOrderedID(), Template: courier.RecoveryValid, Recipient: "zoë@example.org",
		Subject: "Recover access 😀", Sealed: "sealed", IdentityID: secret.NewOrderedID(), Status: courier.Queued,
		NextTry: Now, CreatedAt: Now, Expires: Now.Add(time.Hour),
	}
}

// mustMessage stores a message after it has been changed.
func mustMessage(t testing.TB, s Store, change func(*courier.Stored)) *courier.Stored {
	t.Helper()
	m := NewMessage()
	change(m)
	must(t, s.CreateMessage(t.Context(), m))
	return m
}

func wantMessage(t *testing.T, s Store, want *courier.Stored) {
	t.Helper()
	wantSame(t, got(s.Message(t.Context(), want.ID))(t), want)
}

func messageRoundTrip(t *testing.T, s Store) {
	m := NewMessage()
	m.Status, m.Tries, m.Lease, m.LastError, m.SentAt = courier.Sending, 3, "node-1", "näh", Now.Add(-time.Minute)
	m.CreatedAt = Now.In(time.FixedZone("east", 3600))
	must(t, s.CreateMessage(t.Context(), m))
	wantMessage(t, s, m)
	if want := Now.Truncate(time.Microsecond); m.CreatedAt != want {
		t.Errorf("created at %v, want %v", m.CreatedAt, want)
	}
}

func emptyMessageRoundTrip(t *testing.T, s Store) {
	m := &courier.Stored{ID: secret.NewOrderedID(), Status: courier.Queued, NextTry: Now, CreatedAt: Now}
	must(t, s.CreateMessage(t.Context(), m))
	wantMessage(t, s, m)
}

func messageByCapitals(t *testing.T, s Store) {
	m := mustMessage(t, s, func(*courier.Stored) {})
	wantSame(t, got(s.Message(t.Context(), strings.ToUpper(m.ID)))(t).ID, m.ID)
}

func messageUnknown(t *testing.T, s Store) {
	mustMessage(t, s, func(*courier.Stored) {})
	for _, id := range []string{secret.NewOrderedID(), "", "1", "' OR 1=1 --", "\x00"} {
		_, err := s.Message(t.Context(), id)
		wantError(t, err, errs.ErrNotFound)
	}
}

func messageUndone(t *testing.T, s Store) {
	m := NewMessage()
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		must(t, s.CreateMessage(ctx, m))
		return errTest
	})
	wantError(t, err, errTest)
	_, err = s.Message(t.Context(), m.ID)
	wantError(t, err, errs.ErrNotFound)
}

func messageLists(t *testing.T, s Store) {
	var all []*courier.Stored // the latest first
	for i := range 8 {
		m := mustMessage(t, s, func(m *courier.Stored) {
			m.CreatedAt = Now.Add(-time.Duration(i) * time.Hour) // not the order of the ids
			if i%2 == 0 {
				m.Status = courier.Dead
			}
			if i%4 < 2 {
				m.Recipient = "ann@example.org"
			}
		})
		all = slices.Insert(all, 0, m)
	}
	for name, f := range map[string]courier.Filter{
		"all":                             {Limit: 100},
		"the latest three":                {Limit: 3},
		"before one":                      {Before: all[2].ID, Limit: 100},
		"a page":                          {Before: all[2].ID, Limit: 2},
		"by status":                       {Status: courier.Dead, Limit: 100},
		"by recipient":                    {Recipient: "ann@example.org", Limit: 100},
		"by all of them":                  {Status: courier.Dead, Recipient: "ann@example.org", Before: all[1].ID, Limit: 1},
		"of a status that no message has": {Status: courier.Sent, Limit: 100},
		"of an unknown recipient":         {Recipient: "ANN@example.org", Limit: 100},
		"before the first":                {Before: all[7].ID, Limit: 100},
	} {
		var want []*courier.Stored
		for _, m := range all {
			if (f.Status == "" || m.Status == f.Status) && (f.Recipient == "" || m.Recipient == f.Recipient) &&
				(f.Before == "" || m.ID < f.Before) && len(want) < f.Limit {
				want = append(want, m)
			}
		}
		t.Log(name)
		wantSame(t, got(s.Messages(t.Context(), f))(t), want)
	}
}

func messageForms(t *testing.T, s Store) {
	i, credentials := NewIdentity("jane@xn--bcher-kva.example")
	i.Verifiable[0].Value = "Jane@Bücher.example"
	must(t, s.CreateIdentity(t.Context(), i, credentials))
	var want []*courier.Stored
	for _, to := range []string{"Jane@Bücher.example", "jane@xn--bcher-kva.example", "JANE@bücher.example"} {
		want = slices.Insert(want, 0, mustMessage(t, s, func(m *courier.Stored) { m.Recipient = to }))
	}
	mustMessage(t, s, func(m *courier.Stored) { m.Recipient = "joe@bücher.example" })
	f := courier.Filter{Recipient: "JANE@bücher.example", Normalized: []string{"jane@xn--bcher-kva.example", "jane"}, Limit: 100}
	wantSame(t, got(s.Messages(t.Context(), f))(t), want)
	f.Limit = 2
	wantSame(t, got(s.Messages(t.Context(), f))(t), want[:2])
}

func messageOdd(t *testing.T, s Store) {
	mustMessage(t, s, func(*courier.Stored) {})
	for _, odd := range []string{"a\x00", "\xff", strings.Repeat("a", 5000)} {
		f := courier.Filter{Recipient: odd, Normalized: []string{odd}, Limit: 100}
		wantSame(t, len(got(s.Messages(t.Context(), f))(t)), 0)
	}
}

func messageCounts(t *testing.T, s Store) {
	wantSame(t, got(s.CountMessages(t.Context()))(t), map[courier.Status]int{})
	want := map[courier.Status]int{courier.Queued: 3, courier.Sending: 1, courier.Sent: 2, courier.Dead: 4}
	for status, n := range want {
		for range n {
			mustMessage(t, s, func(m *courier.Stored) { m.Status = status })
		}
	}
	wantSame(t, got(s.CountMessages(t.Context()))(t), want)
}

func messageBacklog(t *testing.T, s Store) {
	want := func(wantOldest time.Time, wantError string) {
		t.Helper()
		oldest, lastError, err := s.Backlog(t.Context())
		must(t, err)
		wantSame(t, oldest, wantOldest)
		wantSame(t, lastError, wantError)
	}
	want(time.Time{}, "")
	mustMessage(t, s, func(m *courier.Stored) { m.Status, m.CreatedAt = courier.Sent, Now.Add(-9*time.Hour) })
	want(time.Time{}, "")
	mustMessage(t, s, func(m *courier.Stored) {
		m.Status, m.CreatedAt, m.LastError = courier.Dead, Now.Add(-8*time.Hour), "no such user"
	})
	want(time.Time{}, "no such user")
	mustMessage(t, s, func(m *courier.Stored) { m.CreatedAt, m.NextTry = Now.Add(-time.Hour), Now.Add(time.Hour) })
	oldest := mustMessage(t, s, func(m *courier.Stored) {
		m.Status, m.CreatedAt, m.LastError = courier.Sending, Now.Add(-2*time.Hour), "greylisted"
	})
	mustMessage(t, s, func(m *courier.Stored) {})
	want(oldest.CreatedAt, "greylisted")
}

func messageRetry(t *testing.T, s Store) {
	m := mustMessage(t, s, func(m *courier.Stored) {
		m.Status, m.Tries, m.Lease, m.LastError, m.NextTry = courier.Dead, 12, "node-1", "refused", Now.Add(-time.Hour)
	})
	must(t, s.RetryMessage(t.Context(), strings.ToUpper(m.ID), Now))
	m.Status, m.Tries, m.NextTry = courier.Queued, 0, Now.Truncate(time.Microsecond)
	wantMessage(t, s, m)
	wantError(t, s.RetryMessage(t.Context(), m.ID, Now), errs.ErrNotFound)
}

func messageNoRetry(t *testing.T, s Store) {
	for _, status := range []courier.Status{courier.Queued, courier.Sending, courier.Sent} {
		m := mustMessage(t, s, func(m *courier.Stored) { m.Status = status })
		wantError(t, s.RetryMessage(t.Context(), m.ID, Now), errs.ErrNotFound)
		wantMessage(t, s, m)
	}
	erased := mustMessage(t, s, func(m *courier.Stored) { m.Status, m.Sealed = courier.Dead, "" })
	for _, id := range []string{erased.ID, secret.NewOrderedID(), "nonsense"} {
		wantError(t, s.RetryMessage(t.Context(), id, Now), errs.ErrNotFound)
	}
}

func messageErase(t *testing.T, s Store) {
	ended := []courier.Status{courier.Sent, courier.Dead}
	var all []*courier.Stored
	for _, status := range []courier.Status{courier.Queued, courier.Sending, courier.Sent, courier.Dead} {
		for _, expires := range []time.Time{{}, Now.Add(-time.Hour), Now, Now.Add(time.Second)} {
			m := mustMessage(t, s, func(m *courier.Stored) { m.Status, m.Expires = status, expires })
			if slices.Contains(ended, status) && !m.Expires.IsZero() && !m.Expires.After(Now) {
				m.Sealed = ""
			}
			all = append(all, m)
		}
	}
	wantSame(t, got(s.EraseMessages(t.Context(), Now, 100))(t), int64(4))
	for _, m := range all {
		wantMessage(t, s, m)
	}
	wantSame(t, got(s.EraseMessages(t.Context(), Now, 100))(t), int64(0))
}

func messageEraseBatch(t *testing.T, s Store) {
	var all []*courier.Stored
	for _, hours := range []int{2, 5, 1, 4, 3} {
		all = append(all, mustMessage(t, s, func(m *courier.Stored) {
			m.Status, m.Expires = courier.Dead, Now.Add(-time.Duration(hours)*time.Hour)
		}))
	}
	wantSame(t, got(s.EraseMessages(t.Context(), Now, 2))(t), int64(2))
	all[1].Sealed, all[3].Sealed = "", ""
	for _, m := range all {
		wantMessage(t, s, m)
	}
	wantSame(t, got(s.EraseMessages(t.Context(), Now, 3))(t), int64(3))
}
