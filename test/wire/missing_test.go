package wire

import "regexp"

// newMissing lists the exchanges that do not come about, because an earlier one is answered otherwise on purpose: there is no error
// that they could fetch.
func newMissing() []*rule {
	return []*rule{
		{
			names:  regexp.MustCompile(`^complete.*\.browser\.ok\.(unparsable-return_to|bad-return_to)\.error$`),
			source: "decision 6", reason: "the flow was started without the return_to that is not allowed",
		},
		{
			names:  regexp.MustCompile(`^oidc\.(auth\.broken-provider|callback\.bad-code)\.error$`),
			source: "surprises 1.8", reason: "a provider in trouble is told on the form",
		},
		{names: regexp.MustCompile(`^secrets\.cookie\.two\..*\.error$`), source: "surprises 4.2", reason: "two cookie secrets work"},
	}
}

// isMissing finds the rule that an exchange is missing by.
func isMissing(rules []*rule, e entry) *rule {
	for _, r := range rules {
		if r.names.MatchString(e.Name) {
			return r
		}
	}
	return nil
}
