package webui

import (
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/session"
)

// notice is what a page says about itself that is not a problem.
type notice struct {
	Text string
	Done bool // something has succeeded; otherwise the person is asked for something
}

// String lets templates print a notice as its text.
func (n notice) String() string { return n.Text }

// asks reports whether a message asks for something rather than says that it is done.
func asks(m message.Message) bool {
	switch m.Key {
	case message.KeyConfirmLink, message.KeySignInToLink, message.KeyFactorDue, message.KeyFactorRequired,
		message.KeyUnprovenEnded, message.KeyConfirmIdentity, message.KeySecondFactor:
		return true
	}
	return false
}

// addMessages shows what is said about the flow as a whole.
func (d *page) addMessages(list []message.Message) {
	for _, m := range list {
		if m.Lookup().Type == message.Error {
			d.Problems = append(d.Problems, pagekit.Problem{Text: d.message(m)})
		} else {
			d.Notices = append(d.Notices, notice{Text: d.message(m), Done: !asks(m)})
		}
	}
}

// saidBeside are the messages of a flow without those that its page says in its own words:
// the heading asks to confirm who it is, and the page that waits for a code names the address.
func saidBeside(f *flow.Flow) []message.Message {
	said := []string{message.KeyConfirmIdentity, message.KeySecondFactor}
	if (isSecondFactor(f) || signsInAgain(f)) && f.State == flow.Challenged && typedAddress(&f.Form) != "" {
		said = append(said, message.KeyCodeSentPrefix+string(flow.Login))
	}
	return slices.DeleteFunc(slices.Clone(f.Form.Messages), func(m message.Message) bool { return slices.Contains(said, m.Key) })
}

// isSecondFactor reports whether a flow asks a person who is signed in for a second factor.
func isSecondFactor(f *flow.Flow) bool {
	return f.Kind == flow.Login && f.RequestedAAL() == session.AAL2
}

// owesFactor reports whether settings ask for a factor without which nothing else is open.
func owesFactor(f *flow.Flow) bool {
	return slices.ContainsFunc(f.Form.Messages, func(m message.Message) bool { return m.Key == message.KeyFactorRequired })
}
