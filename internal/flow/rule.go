package flow

import (
	"context"

	"github.com/symbolon/symbolon/internal/message"
)

// rule is what differs by kind between a submission and its effect.
type rule struct {
	session sessionRule
	effect  effect
	expired string // key of the message that says so
	retried string // key of the message for a flow that was passed before; empty if passing ends it
}

type sessionRule uint8

const (
	anySession  sessionRule = iota // signed in or not
	noSession                      // pointless for who is signed in
	liveSession                    // only for who is signed in
)

// ruleFor is a switch, not a map variable: effects start other flows, and a map
// would be an initialization cycle.
func ruleFor(k Kind) rule {
	switch k {
	case Login:
		return rule{session: noSession, effect: loginEffect, expired: message.KeyLoginExpired}
	case Registration:
		return rule{session: noSession, effect: registrationEffect, expired: message.KeyRegistrationExpired}
	case Settings:
		return rule{session: liveSession, effect: settingsEffect, expired: message.KeySettingsExpired}
	case Recovery:
		return rule{session: noSession, effect: recoveryEffect, expired: message.KeyRecoveryExpired, retried: message.KeyRecoveryRetry}
	case Verification:
		return rule{session: anySession, effect: verificationEffect, expired: message.KeyVerificationExpired, retried: message.KeyVerificationRetry}
	}
	panic("flow: no rule for kind " + string(k))
}

// effect is what a kind does with a fact, in the transaction that saves j.flow.
type effect func(*Engine, context.Context, *judged) (Result, error)
