package wire

import (
	"fmt"
	"testing"
)

// letter is a mail as its reader sees it.
type letter struct {
	to      []string
	subject string
	link    string // the URL to follow, "" where there is none
}

// mails compares the mails that have come since the last comparison with those recorded. Their order among themselves does not
// count, for several workers may send them.
func (p *player) mails(t *testing.T, want []entry) {
	t.Helper()
	for sent := 1; sent > 0; {
		var err error
		if sent, err = p.server.deliver(t.Context()); err != nil {
			t.Fatalf("deliver mail: %v", err)
		}
	}
	got := p.post.take()
	for _, e := range want {
		at := p.find(e, got)
		if at < 0 {
			t.Errorf("no mail came to %v: %s", e.To, e.Subject)
			continue
		}
		got = append(got[:at:at], got[at+1:]...)
	}
	for _, l := range got {
		t.Errorf("a mail that nobody expects came to %v: %s", l.to, l.subject)
	}
}

// find looks for the letter that a recorded mail stands for, and binds its link.
func (p *player) find(want entry, letters []letter) int {
	for i, l := range letters {
		if fmt.Sprint(l.to) == fmt.Sprint(want.To) && l.subject == want.Subject && p.bound.match(want.Link, l.link) == nil {
			return i
		}
	}
	return -1
}
