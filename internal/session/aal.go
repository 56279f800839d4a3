package session

import "fmt"

// AAL is an authenticator assurance level (NIST SP 800-63B-4, section 2): how
// much was proved about who is signed in.
type AAL uint8

// The levels. A session without any factor has AAL0.
const (
	AAL0 AAL = iota
	AAL1     // one factor
	AAL2     // a first and a second factor
)

// String names the level as wires and configuration do.
func (a AAL) String() string { return fmt.Sprintf("aal%d", uint8(a)) }

// ParseAAL reads a level that can be asked for: aal1 or aal2.
func ParseAAL(text string) (AAL, error) {
	switch text {
	case "aal1":
		return AAL1, nil
	case "aal2":
		return AAL2, nil
	}
	return AAL0, fmt.Errorf("expected one of [aal1, aal2] but got %q", text)
}

// MarshalText implements encoding.TextMarshaler: levels are stored by name.
func (a AAL) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *AAL) UnmarshalText(text []byte) error {
	if string(text) == "aal0" {
		*a = AAL0
		return nil
	}
	parsed, err := ParseAAL(string(text))
	*a = parsed
	return err
}

// Rank is what the factor is within a session: AAL1 for a first factor, AAL2 for
// a second. Sessions of releases without second factors name no level; their
// factors are first factors.
func (f Factor) Rank() AAL {
	if f.AAL == AAL2 {
		return AAL2
	}
	return AAL1
}

// AAL is the level that the session has reached: AAL2 with a factor of each rank
// or one that is two by itself, AAL1 with any factor, else AAL0. It is the one
// place that decides this.
func (s *Session) AAL() AAL {
	var first, second bool
	for _, f := range s.Factors {
		first = first || f.Rank() == AAL1
		second = second || f.Rank() == AAL2 || f.MultiFactor
	}
	switch {
	case first && second:
		return AAL2
	case first || second:
		return AAL1
	}
	return AAL0
}

// Uses reports whether a first factor of the session was a secret sent to that
// address, normalised. One mailbox is never both factors.
func (s *Session) Uses(address string) bool {
	for _, f := range s.Factors {
		if address != "" && f.Address == address && f.Rank() == AAL1 {
			return true
		}
	}
	return false
}
