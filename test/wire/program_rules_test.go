package wire

import "regexp"

// programRules are differences that only the conformance program meets, which plays the same scenarios over the network and without
// the help this replay gives itself. They stand in intended.txt and change nothing here.
func programRules() []*rule {
	only := func(names, source, reason string) *rule {
		return &rule{names: regexp.MustCompile("^(?:" + names + ")$"), source: source, reason: reason}
	}
	return []*rule{
		only(`(public|admin)\.version`, "decision 30", "the build says its version"),
		only(`completeSelfServiceRecoveryFlowWithLinkMethod\.token\.(ok\..*|reuse\.logged-in)`, "surprises 4.8",
			"a new link replaces the old, and the program reads the first mail that comes"),
		only(`settings\.(profile\.(json-types|bad-int)|browser-flow\.submitted-by-token-without-cookies)|`+
			`createRecoveryLink\.(expires_in-(day|compound)|unknown-field|empty-object)|createIdentity\.(location-follow|traits-null|traits-string|trailing-data)|`+
			`whoami\.(bearer-extra-space|token-scheme|query-authorization|token-scheme-plus-x-session-token)|login\.api\.refresh-uppercase`,
			"surprises 4.6", "a recovery ends the other sessions, without which the scenario stops"),
		only(`complete(.*)FlowWithLinkMethod\.api\.valid-csrf-cookie-and-header`, "decision 5",
			"the scenario stops where it expects the csrf cookie after the start of an API flow"),
	}
}

// neverCompared are the exchanges that the program leaves out, for the original answers them differently from run to run
// (unstable.txt beside the program).
var neverCompared = regexp.MustCompile(`^(createIdentity\.two-errors|completeSelfServiceRegistrationFlowWithPasswordMethod\.browser\.(errors|short)\.flow|` +
	`returnurls\.verification)$`)
