package flowtest

import (
	"context"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/ui"
)

// Stub is a method that establishes what a test wants.
type Stub struct {
	Name string
	// Roles by kind; a kind without one is not served.
	Roles map[flow.Kind]flow.Role
	// Fact is what a submission establishes. It may act before: that is while the
	// method judges.
	Fact       func(context.Context, flow.Submission) (flow.Fact, error)
	Begin      func(context.Context, flow.Submission) (flow.Fact, error)
	Privileged bool
	Needs      flow.Needs // of the login; steps that need an identifier have an input for it
	// Counts counts the factors of its credential, whose type is Name. A first factor
	// unless it says otherwise.
	Counts func(identity.Credential) flow.Factors
	// OnChallenge makes challenges; nil if the method sends none.
	OnChallenge func(*flow.Flow, identity.Address, string) (flow.Challenge, error)
}

// ID implements flow.Method.
func (s *Stub) ID() string { return s.Name }

// Steps implements flow.Method.
func (s *Stub) Steps() map[flow.Kind]flow.Step {
	steps := map[flow.Kind]flow.Step{}
	for k, role := range s.Roles {
		steps[k] = flow.Step{
			Role: role, Needs: s.Needs, Privileged: s.Privileged && k == flow.Settings, Begin: s.Begin,
			Show: func(context.Context, flow.View) ([]ui.Node, error) {
				nodes := []ui.Node{ui.CSRF(), {Name: "answer", Type: "text"}}
				if s.Needs != flow.NeedsNothing {
					nodes = append(nodes, ui.Node{Name: "identifier", Type: "text"})
				}
				return nodes, nil
			},
			Submit: func(ctx context.Context, sub flow.Submission) (flow.Fact, error) { return s.Fact(ctx, sub) },
		}
	}
	return steps
}

// CountFactors implements flow.FactorCounter.
func (s *Stub) CountFactors(_ *identity.Identity, credentials []identity.Credential, _ flow.Client) (f flow.Factors) {
	for _, c := range credentials {
		switch {
		case c.Type != s.Name:
		case s.Counts != nil:
			counted := s.Counts(c)
			f.First += counted.First
			f.Second += counted.Second
		default:
			f.First++
		}
	}
	return f
}

// Sender is a Stub that sends secrets.
type Sender struct{ *Stub }

// Challenge implements flow.Challenger.
func (s Sender) Challenge(f *flow.Flow, a identity.Address, identityID string) (flow.Challenge, error) {
	return s.OnChallenge(f, a, identityID)
}

// All gives a stub its role in every kind.
func All(login flow.Role) map[flow.Kind]flow.Role {
	return map[flow.Kind]flow.Role{
		flow.Login: login, flow.Registration: flow.FirstFactor, flow.Settings: flow.Management,
		flow.Recovery: flow.AddressProof, flow.Verification: flow.AddressProof,
	}
}
