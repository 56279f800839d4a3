package wire05

import "github.com/symbolon/symbolon/internal/flow"

// The states of v0.5. Login and registration flows show none.
var (
	settingsStates = map[flow.State]string{
		flow.Open: "show_form", flow.Challenged: "show_form", flow.Passed: "success",
	}
	challengeStates = map[flow.State]string{
		flow.Open: "choose_method", flow.Challenged: "sent_email", flow.Passed: "passed_challenge",
	}
)
