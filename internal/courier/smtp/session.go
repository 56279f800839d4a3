package smtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/symbolon/symbolon/internal/courier"
)

// session is a connection that is ready for mail.
type session struct {
	conn   net.Conn
	client *smtp.Client
	expiry *time.Timer // while it is kept; belongs to the pool
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// boundBy makes all that goes on over the connection fail when ctx ends. release
// undoes that; it returns false if ctx has ended and the connection is of no more
// use.
func (s *session) boundBy(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(longAgo) })
}

// send hands over one message.
func (s *session) send(e *envelope) error {
	s.client.SkipSMTPUTF8(!e.international)
	if err := s.client.Mail("<" + e.from + ">"); err != nil {
		return refuse("MAIL FROM", err, beforeMessage)
	}
	if err := s.client.Rcpt("<" + e.to + ">"); err != nil {
		return refuse("RCPT TO", err, aboutMessage)
	}
	w, err := s.client.Data()
	if err != nil {
		return refuse("DATA", err, aboutMessage)
	}
	if _, err := w.Write(e.raw); err != nil {
		return refuse("message", err, aboutMessage)
	}
	if err := w.Close(); err != nil {
		return refuse("message", err, aboutMessage)
	}
	return nil
}

// drop closes the connection without a word.
func (s *session) drop() { _ = s.conn.Close() }

// quitWithin bounds a farewell.
const quitWithin = 2 * time.Second

// quit closes the connection as RFC 5321 section 4.1.1.10 wants it.
func (s *session) quit() {
	late := time.AfterFunc(quitWithin, s.drop)
	defer late.Stop()
	_ = s.client.Quit()
	s.drop()
}

// stage is how far a message has come.
type stage int

const (
	beforeMessage stage = iota // the server knows the sender alone
	aboutMessage               // it knows the recipient, and perhaps the content
)

// refusal is why a message was not taken.
type refusal struct {
	command string
	stage   stage
	code    int // of the server's answer; 0 if there was none
	err     error
}

func refuse(command string, err error, at stage) error {
	r := &refusal{command: command, stage: at, err: err}
	if answer := (*textproto.Error)(nil); errors.As(err, &answer) {
		r.code = answer.Code
	}
	if r.final() {
		return fmt.Errorf("%w: %w", courier.ErrPermanent, r)
	}
	return r
}

// Error implements error.
func (r *refusal) Error() string { return r.command + ": " + r.err.Error() }

// Unwrap returns the error of the connection or the library.
func (r *refusal) Unwrap() error { return r.err }

// Answers that are about the connection or the sign-in (RFC 5321 section 4.2.2,
// RFC 4954 section 6), not about the message.
const (
	codeOK         = 250
	serviceClosing = 421
	authRequired   = 530
	authTooWeak    = 534
	authFailed     = 535
	authUnsafe     = 538
)

// final tells a refusal of this very message (5yz, RFC 5321 section 4.2.1) from
// one that may pass. A server that refuses the sender or wants another sign-in
// refuses everything until the configuration is corrected: that must not
// make dead letters of the whole queue.
func (r *refusal) final() bool {
	switch r.code {
	case authRequired, authTooWeak, authFailed, authUnsafe:
		return false
	}
	return r.stage == aboutMessage && r.code >= 500 && r.code < 600
}

// stale reports whether the connection had ended before it was used.
func (r *refusal) stale() bool {
	return r.stage == beforeMessage && (r.code == 0 || r.code == serviceClosing)
}

// idleLife is how long a connection is kept. Servers must wait five minutes (RFC
// 5321 section 4.5.3.2.7), yet many do not.
const idleLife = 20 * time.Second

// pool keeps connections between messages. There are never more of them than
// there were deliveries at one time.
type pool struct {
	mu     sync.Mutex
	idle   []*session
	closed bool
}

// take returns the connection that was used last, nil if there is none.
func (p *pool) take() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	s.expiry.Stop()
	return s
}

// put keeps a connection until it has been idle for too long.
func (p *pool) put(s *session) {
	if !p.add(s) {
		s.quit()
	}
}

func (p *pool) add(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	s.expiry = time.AfterFunc(idleLife, func() { p.expire(s) })
	p.idle = append(p.idle, s)
	return true
}

// expire says farewell to a connection, unless it has been taken meanwhile.
func (p *pool) expire(s *session) {
	p.mu.Lock()
	at := slices.Index(p.idle, s)
	if at >= 0 {
		p.idle = slices.Delete(p.idle, at, at+1)
	}
	p.mu.Unlock()
	if at >= 0 {
		s.quit()
	}
}

// close says farewell to all connections that are kept, and keeps none from now
// on.
func (p *pool) close() {
	p.mu.Lock()
	kept := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var group sync.WaitGroup
	for _, s := range kept {
		s.expiry.Stop()
		group.Go(s.quit)
	}
	group.Wait()
}
