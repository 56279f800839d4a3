package profile

import (
	"context"

	"symbolon/internal/flow"
	"symbolon/internal/message"
	"symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = "profile"

// Method is the profile method.
type Method struct{}

// New returns the method.
func New() *Method { return &Method{} }

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (*Method) Steps() map[flow.Kind]flow.Step {
	return map[flow.Kind]flow.Step{flow.Settings: {Role: flow.Management, Show: show, Submit: change, Traits: true}}
}

// show has nothing of its own: the engine adds the traits.
func show(context.Context, flow.View) ([]ui.Node, error) {
	return []ui.Node{ui.CSRF()}, nil
}

// change accepts the submitted traits. At least one must be among them.
func change(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	sent, err := s.HasTraits(ctx)
	if err != nil {
		return nil, err
	}
	if !sent {
		return nil, flow.Reject("", message.Of(message.KeyNoChanges))
	}
	draft, err := s.Draft(ctx)
	if err != nil {
		return nil, err
	}
	return flow.NewTraits{Draft: draft}, nil
}
