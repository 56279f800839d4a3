package courier_test

import (
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/symbolon/symbolon/internal/secret"
)

// catcher is a mail server that notes which messages it has accepted, and that
// behaves as badly as the test wants.
type catcher struct {
	address string
	trouble func(to string) trouble
	ended   chan struct{} // closed with the test; what hangs ends then

	mu       sync.Mutex
	accepted map[string][]string // recipient to Message-IDs
}

// trouble is what a mail server may do instead of accepting a message.
type trouble int

const (
	none    trouble = iota
	drops           // the connection, before it has answered
	hangs           // says nothing more
	passing         // 451: try again
	final           // 550: never
)

func newCatcher(t testing.TB, bad func(to string) trouble) *catcher {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &catcher{
		address: listener.Addr().String(), trouble: bad, ended: make(chan struct{}), accepted: map[string][]string{},
	}
	server := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &visit{catcher: c, conn: conn}, nil
	}))
	server.Domain, server.ErrorLog = "catcher.example.org", silent{}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		close(c.ended)
		_ = server.Close()
		serving.Wait()
	})
	return c
}

// caught returns the Message-IDs that were accepted for each recipient.
func (c *catcher) caught() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := map[string][]string{}
	for to, ids := range c.accepted {
		copied[to] = append([]string(nil), ids...)
	}
	return copied
}

// visit is one connection.
type visit struct {
	catcher *catcher
	conn    *smtp.Conn
	to      string
}

func (*visit) Mail(string, *smtp.MailOptions) error { return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = to
	return nil
}

func (v *visit) Data(r io.Reader) error {
	message, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, message.Body); err != nil {
		return err
	}
	switch v.catcher.trouble(v.to) {
	case drops:
		_ = v.conn.Conn().Close()
		return errors.New("dropped")
	case hangs:
		<-v.catcher.ended
		return errors.New("too late")
	case passing:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try again later"}
	case final:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case none:
	}
	v.catcher.mu.Lock()
	defer v.catcher.mu.Unlock()
	v.catcher.accepted[v.to] = append(v.catcher.accepted[v.to], message.Header.Get("Message-Id"))
	return nil
}

func (*visit) Reset() {}

func (*visit) Logout() error { return nil }

// silent is a log of a server whose clients are killed.
type silent struct{}

func (silent) Printf(string, ...any) {}

func (silent) Println(...any) {}

// someTrouble refuses those it is told to, and gives one message in five another
// trouble at random.
func someTrouble(to string) trouble {
	if strings.HasPrefix(to, "refused") {
		return final
	}
	switch n := secret.Below(100); {
	case n < 8:
		return drops
	case n < 10:
		return hangs
	case n < 20:
		return passing
	}
	return none
}
