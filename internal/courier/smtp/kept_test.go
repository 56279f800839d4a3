package smtp

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/symbolon/symbolon/internal/courier"
)

func TestACertificateForAnotherNameIsRefused(t *testing.T) {
	t.Parallel()
	for scheme, s := range map[string]*mailServer{"smtp": {starttls: true}, "smtps": {implicit: true}} {
		s.start(t)
		// The certificate is for 127.0.0.1, and trusted.
		c := channelTo(t, s, scheme+"://"+strings.Replace(s.address, "127.0.0.1", "localhost", 1)+"/", patience)
		err := c.Deliver(t.Context(), letter("jane@example.org"))
		if err == nil || !strings.Contains(err.Error(), "certificate") || errors.Is(err, courier.ErrPermanent) {
			t.Errorf("%s: error is %v", scheme, err)
		}
		if messages, _, _ := s.seen(); len(messages) > 0 {
			t.Errorf("%s: %d messages arrived", scheme, len(messages))
		}
	}
}

func TestAServerThatEndsAKeptConnectionWithAWordCostsNoTry(t *testing.T) {
	t.Parallel()
	var mails atomic.Int32
	s := (&mailServer{onMail: func() error {
		if mails.Add(1) == 2 {
			return refuseWith(serviceClosing)
		}
		return nil
	}}).start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	deliver(t, c, "first@example.org")
	deliver(t, c, "second@example.org")
	if messages, sessions, _ := s.seen(); len(messages) != 2 || sessions != 2 {
		t.Errorf("%d messages over %d connections", len(messages), sessions)
	}
}

func TestANewConnectionThatIsTurnedAwayIsAFailedTry(t *testing.T) {
	t.Parallel()
	s := (&mailServer{onMail: func() error { return refuseWith(serviceClosing) }}).start(t)
	err := channelTo(t, s, "smtp://HOST/", patience).Deliver(t.Context(), letter("jane@example.org"))
	if err == nil || errors.Is(err, courier.ErrPermanent) {
		t.Errorf("error is %v", err)
	}
	if _, sessions, _ := s.seen(); sessions != 1 {
		t.Errorf("tried over %d connections", sessions)
	}
}

// A connection that is lost in the middle of a message may have carried it: it is
// not for the channel to send it again.
func TestAKeptConnectionThatIsLostInTheMessageIsNotReplaced(t *testing.T) {
	t.Parallel()
	s := &mailServer{}
	s.onRcpt = func(to string) error {
		if to == "second@example.org" {
			return refuseWith(serviceClosing)
		}
		return nil
	}
	s.start(t)
	c := channelTo(t, s, "smtp://HOST/", patience)
	deliver(t, c, "first@example.org")
	if err := c.Deliver(t.Context(), letter("second@example.org")); err == nil {
		t.Error("the lost message was sent")
	}
	if _, sessions, _ := s.seen(); sessions != 1 {
		t.Errorf("tried over %d connections", sessions)
	}
}
