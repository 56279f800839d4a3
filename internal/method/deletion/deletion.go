package deletion

import (
	"context"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = "deletion"

// confirm is the box that its owner ticks: a slip of the hand closes no account.
const confirm = "confirm"

// Method is the deletion method.
type Method struct {
	grace time.Duration
}

// New returns the method. Accounts are deleted once the grace period is over, and until
// then their owner can sign in to keep them.
func New(grace time.Duration) *Method { return &Method{grace: grace} }

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method. The step is privileged: who finds an open browser can't
// delete the account of its owner (OWASP ASVS 5.0, 7.5.1).
func (m *Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{flow.Settings: {Role: flow.Management, Privileged: true, Show: show, Submit: m.submit}}
}

func show(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{ui.CSRF(), {Name: confirm, Type: "checkbox", Required: true}}, nil
}

func (m *Method) submit(_ context.Context, s flow.Submission) (flow.Fact, error) {
	if !ticked(s.Input) {
		return nil, flow.Reject(confirm, message.Missing(confirm))
	}
	return flow.ClosedAccount{Grace: m.grace}, nil
}

// ticked reports whether the box was ticked. Browsers send "on" for a box without a value
// of its own; a page may send the value that the box has when it is off before it.
func ticked(in flow.Input) bool {
	if all := in.Form()[confirm]; len(all) > 0 {
		last := all[len(all)-1]
		return last == "true" || last == "on"
	}
	return string(in.Object()[confirm]) == "true"
}
