package api

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// apps are the sessions of apps.
func (m *factorModel) apps() []*proof {
	var out []*proof
	for _, p := range m.proofs {
		if p.browser == nil {
			out = append(out, p)
		}
	}
	return out
}

// someApp draws a session of an app.
func (m *factorModel) someApp(t *rapid.T) *proof { return oneOf(t, m.apps(), "session") }

// step is one that can be taken, and how often it is.
type step struct {
	weight int
	name   string
	take   func(*rapid.T)
}

// possible is what people, operators and time can do now. Steps that cost much are rare.
func (m *factorModel) possible() []step {
	all := []step{
		{18, "sign in", m.signIn},
		{2, "recover", m.recover},
		{2, "reset by operators", m.reset},
		{1, "switch methods", m.switchMethods},
		{18, "let time pass", func(t *rapid.T) {
			m.pass(rapid.SampledFrom([]time.Duration{31 * time.Second, 7 * time.Minute, 31 * time.Minute, 13 * time.Hour}).Draw(t, "time"))
		}},
	}
	if len(m.apps()) == 0 {
		return all
	}
	all = append(all, step{18, "sign in again", m.refresh}, step{12, "open settings", m.openSettings}, step{18, "change the password", m.changePassword})
	for method, weight := range map[string]int{"lookup_secret": 4, "totp": 18, "webauthn": 18} {
		all = append(all,
			step{24, "step up by " + method, func(t *rapid.T) { m.stepUp(t, method) }},
			step{weight, "add " + method, func(t *rapid.T) { m.add(t, method) }},
			step{12, "remove " + method, func(t *rapid.T) { m.remove(t, method) }})
	}
	slices.SortFunc(all, func(a, b step) int { return strings.Compare(a.name, b.name) })
	return all
}

// evenly draws a number below n. Rapid's own draws prefer small ones.
func evenly(n int) *rapid.Generator[int] {
	const bits = 10
	return rapid.Custom(func(t *rapid.T) int {
		drawn := 0
		for range bits {
			drawn *= 2
			if rapid.Bool().Draw(t, "bit") {
				drawn++
			}
		}
		return drawn * n >> bits
	})
}

// next takes one of the steps that can be taken.
func (m *factorModel) next(t *rapid.T) {
	all := m.possible()
	var names []string
	for _, one := range all {
		names = append(names, slices.Repeat([]string{one.name}, one.weight)...)
	}
	name := names[evenly(len(names)).Draw(t, "step")]
	t.Log(name)
	all[slices.IndexFunc(all, func(s step) bool { return s.name == name })].take(t)
}
