package profile

import (
	"context"
	"encoding/json"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// ID is the method's name on the wire and in configuration.
const ID = "profile"

// Credentials is the step of a registration in which a credential is chosen for the
// traits that were given before.
const Credentials = "credentials"

// Method is the profile method.
type Method struct {
	twoSteps bool
}

// New returns the method. With twoSteps registrations ask for the traits before they
// ask for a credential.
func New(twoSteps bool) *Method { return &Method{twoSteps: twoSteps} }

// ID implements flow.Method.
func (*Method) ID() string { return ID }

// Steps implements flow.Method.
func (m *Method) Steps() map[flow.Kind]flow.Step {
	steps := map[flow.Kind]flow.Step{flow.Settings: {Role: flow.Management, Show: show, Submit: change, Traits: true}}
	if m.twoSteps {
		steps[flow.Registration] = flow.Step{Show: show, Submit: introduce, Traits: true}
	}
	return steps
}

// memory is how far a registration has come.
type memory struct {
	Step   string          `json:"step,omitempty"`
	Traits json.RawMessage `json:"traits,omitempty"` // what was given, for the forms of the next step
}

// introduce accepts the traits of a newcomer and goes on to the credentials, or goes
// back.
func introduce(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	switch screen, _, _ := s.Input.Text("screen"); screen {
	case "previous":
		var before memory
		_, err := s.Recall(&before)
		return flow.Prepared{Memory: memory{Traits: before.Traits}}, err
	case "", "credential-selection":
	default:
		return nil, flow.Reject("screen", message.Reason(`value must be one of "credential-selection", "previous"`))
	}
	draft, err := s.Draft(ctx)
	if err != nil {
		return nil, err
	}
	return flow.Prepared{
		Memory: memory{Step: Credentials, Traits: draft.Identity.Traits}, Notify: []message.Message{message.ChooseCredential()},
	}, nil
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
