package smtp

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
)

func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	always := func(code int) func() error { return func() error { return refuseWith(code) } }
	tests := map[string]struct {
		server *mailServer
		final  bool
	}{
		"greylisted":                              {&mailServer{onRcpt: func(string) error { return refuseWith(450) }}, false},
		"no such mailbox":                         {&mailServer{onRcpt: func(string) error { return refuseWith(550) }}, true},
		"content refused for now":                 {&mailServer{onData: func(*smtp.Conn) error { return refuseWith(451) }}, false},
		"content refused for good":                {&mailServer{onData: func(*smtp.Conn) error { return refuseWith(554) }}, true},
		"sender refused, as for every message":    {&mailServer{onMail: always(550)}, false},
		"sign-in wanted, as for every message":    {&mailServer{onRcpt: func(string) error { return refuseWith(530) }}, false},
		"the server is about to close connection": {&mailServer{onRcpt: func(string) error { return refuseWith(421) }}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.server.start(t)
			c := channelTo(t, s, "smtp://HOST/", patience)
			for range 2 { // on a new connection, and on one that has seen a refusal
				err := c.Deliver(t.Context(), letter("jane@example.org"))
				if err == nil || errors.Is(err, courier.ErrPermanent) != test.final {
					t.Errorf("error is %v, want final %v", err, test.final)
				}
			}
		})
	}
}

func TestGreylistedMessagesArriveAtTheNextTryOverTheSameConnection(t *testing.T) {
	t.Parallel()
	tries := 0
	s := (&mailServer{onRcpt: func(string) error {
		tries++
		if tries == 1 {
			return refuseWith(451)
		}
		return nil
	}}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	if err := c.Deliver(t.Context(), letter("jane@example.org")); err == nil {
		t.Fatal("the first try succeeded")
	}
	deliver(t, c, "jane@example.org")
	if messages, sessions, _ := s.seen(); len(messages) != 1 || sessions != 1 {
		t.Errorf("%d messages over %d connections", len(messages), sessions)
	}
}

func TestAServerThatHangsIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	wait := func() error { <-hang; return nil }
	tests := map[string]*mailServer{
		"at the sender":        {onMail: wait},
		"at the recipient":     {onRcpt: func(string) error { return wait() }},
		"after the message":    {onData: func(*smtp.Conn) error { return wait() }},
		"in the TLS handshake": {}, // a plain server waits for the client to speak
	}
	for name, server := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server.start(t)
			uri := "smtp://HOST/"
			if name == "in the TLS handshake" {
				uri = "smtps://HOST/"
			}
			err := channelTo(t, s, uri, 200*time.Millisecond).Deliver(t.Context(), letter("jane@example.org"))
			if err == nil || errors.Is(err, courier.ErrPermanent) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	reached, hang := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(hang) })
	s := (&mailServer{onData: func(*smtp.Conn) error { close(reached); <-hang; return nil }}).start(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	c := channelTo(t, s, "smtp://HOST/", time.Hour)
	go func() { ended <- c.Deliver(ctx, letter("jane@example.org")) }()
	<-reached
	cancel()
	if err := <-ended; err == nil || errors.Is(err, courier.ErrPermanent) {
		t.Errorf("error is %v", err)
	}
}

func TestAServerThatDropsAfterTheMessageGetsItAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	var drops sync.Once
	s := (&mailServer{onData: func(c *smtp.Conn) error {
		drops.Do(func() { _ = c.Conn().Close() })
		return nil
	}}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	// Whether it was taken is not known, so it is for the queue to try again.
	if err := c.Deliver(t.Context(), letter("jane@example.org")); err == nil || errors.Is(err, courier.ErrPermanent) {
		t.Fatalf("error is %v", err)
	}
	deliver(t, c, "jane@example.org")
	messages, _, _ := s.seen()
	ids := map[string]int{}
	for _, m := range messages {
		read, err := mail.ReadMessage(strings.NewReader(m.data))
		if err != nil {
			t.Fatal(err)
		}
		ids[read.Header.Get("Message-Id")]++
	}
	if diff := cmp.Diff(map[string]int{"<0198c0de-0000-7000-8000-000000000001@id.example.org>": 2}, ids); diff != "" {
		t.Errorf("ids differ (-want +got):\n%s", diff)
	}
}

func TestAServerThatIsNotThereIsNoFinalRefusal(t *testing.T) {
	t.Parallel()
	c, err := New(Config{
		URI: "smtp://u:hunter2@127.0.0.1:1/", FromAddress: "a@example.org", Timeout: patience,
	}, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Deliver(t.Context(), letter("jane@example.org"))
	if err == nil || errors.Is(err, courier.ErrPermanent) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error is %v", err)
	}
}
