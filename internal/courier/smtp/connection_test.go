package smtp

import (
	"sync"
	"testing"
)

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	s := (&mailServer{mechanisms: []string{"PLAIN"}, starttls: true}).start(t)
	c := channelTo(t, s, "smtp://u:pa%3Ass%20word@HOST/", patience)
	for range 5 {
		deliver(t, c, "jane@example.org")
	}
	if messages, _, signedIn := s.seen(); len(messages) != 5 || len(signedIn) != 1 {
		t.Errorf("%d messages, signed in %d times", len(messages), len(signedIn))
	}
	if len(c.idle.idle) != 1 {
		t.Errorf("%d connections are kept", len(c.idle.idle))
	}
}

func TestAKeptConnectionThatTheServerHasClosedCostsNoTry(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	deliver(t, c, "first@example.org")
	_ = c.idle.idle[0].conn.Close()
	deliver(t, c, "second@example.org")
	if messages, sessions, _ := s.seen(); len(messages) != 2 || sessions != 2 {
		t.Errorf("%d messages over %d connections", len(messages), sessions)
	}
}

func TestAKeptConnectionIsClosedWhenItHasBeenIdleForLong(t *testing.T) {
	t.Parallel()
	s := (&mailServer{}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	deliver(t, c, "first@example.org")
	kept := c.idle.idle[0]
	c.idle.expire(kept) // as its timer does
	c.idle.expire(kept)
	if c.idle.take() != nil {
		t.Error("it is still there")
	}
	deliver(t, c, "second@example.org")
	if _, sessions, _ := s.seen(); sessions != 2 {
		t.Errorf("%d connections", sessions)
	}
}

func TestManyDeliveriesAtOnceEachHaveAConnection(t *testing.T) {
	t.Parallel()
	const n = 8
	s := (&mailServer{}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			for range 5 {
				if err := c.Deliver(t.Context(), letter("jane@example.org")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if messages, sessions, _ := s.seen(); len(messages) != 5*n || sessions > n {
		t.Errorf("%d messages over %d connections", len(messages), sessions)
	}
	if err := c.Close(); err != nil || len(c.idle.idle) > 0 {
		t.Errorf("after Close %d connections are kept: %v", len(c.idle.idle), err)
	}
	deliver(t, c, "late@example.org")
	if len(c.idle.idle) > 0 {
		t.Error("a closed channel keeps connections")
	}
}
