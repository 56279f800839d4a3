package flow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/traits"
)

// Rejected is a wrong submission: it shows the form again, it is not a failure.
type Rejected struct {
	Messages []FieldMessage
	// Memory replaces what the flow remembers of the method, such as how many codes
	// were wrong; nil leaves it.
	Memory any
	// Restarts: the flow is of no more use. For a caller that renews flows, a fresh one says
	// the first of the messages.
	Restarts bool
	// Suspect is a credential of which someone may have a copy; nil for none. The engine
	// stores its mark and tells the owner.
	Suspect *Suspect
	// Cause is for the log: why, where the person must not learn it.
	Cause error
}

// Suspect is the credential with the mark that it may be copied, ready to be stored.
type Suspect struct {
	IdentityID string
	Credential identity.Credential
}

// FieldMessage is a message on a field, or on the method's form if Field is
// empty.
type FieldMessage struct {
	Field   string
	Message message.Message
}

// Reject returns a rejection with one message.
func Reject(field string, m message.Message) *Rejected {
	return &Rejected{Messages: []FieldMessage{{field, m}}}
}

func (r *Rejected) Error() string {
	var text strings.Builder
	text.WriteString("submission rejected")
	for _, m := range r.Messages {
		fmt.Fprintf(&text, "; %s %s", m.Field, m.Message.Key)
	}
	if r.Cause != nil {
		text.WriteString(": " + r.Cause.Error())
	}
	return text.String()
}

func (r *Rejected) Unwrap() error { return r.Cause }

// rejectTraits places what the schema objects to on the fields concerned.
func rejectTraits(err error) error {
	invalid, ok := errors.AsType[*traits.Invalid](err)
	if !ok {
		return err
	}
	rejected := &Rejected{}
	for _, v := range invalid.Violations {
		m := message.Schema(v.Kind, v.Text, v.Params)
		if v.Property != "" {
			m = message.Missing(v.Property)
		}
		rejected.Messages = append(rejected.Messages, FieldMessage{v.Field, m})
	}
	return rejected
}

// BothRejected joins what is wrong with two parts of a submission. An error that is
// no rejection comes first.
func BothRejected(one, other error) error {
	first, ok := errors.AsType[*Rejected](one)
	if !ok || other == nil {
		return cmp.Or(one, other)
	}
	second, ok := errors.AsType[*Rejected](other)
	if !ok {
		return other
	}
	return &Rejected{Messages: append(slices.Clone(first.Messages), second.Messages...), Cause: first.Cause}
}
