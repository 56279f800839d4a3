package wire1

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// toLink leads to the login that links an account at a provider. The app whose browser is
// back learns of it where it would have got its session.
func (w *Wire) toLink(r wire.Request, result flow.Result, asJSON bool) wire.Answer {
	if result.Next.Client == flow.API && !r.Back {
		return w.show(r, flow.Result{Flow: result.Next}, http.StatusBadRequest)
	}
	to, err := url.Parse(result.Redirect)
	if err != nil {
		return fail(err, asJSON)
	}
	q := to.Query()
	q.Set("flow", result.Next.ID)
	q.Set("no_org_ui", "true")
	to.RawQuery = q.Encode()
	if asJSON && !r.Back {
		return wire.Fail(changeLocation(to.String()))
	}
	return see(to.String())
}

// unproven says that an address must be proven before the sign-in.
func (w *Wire) unproven(result flow.Result) *fault {
	f := refusal(http.StatusForbidden, "session_verified_address_required", w.faultOf(flow.ErrUnproven).body.Error.Reason, "your email or phone address is not yet verified")
	f.body.Error.Details = map[string]any{"continue_with": []ContinueWith{w.toVerification(result, true)}}
	return f
}

// toVerification leads to the flow that proves an address.
func (w *Wire) toVerification(result flow.Result, browser bool) ContinueWith {
	next := &NextFlow{ID: result.Verification.ID}
	if result.Identity != nil {
		for _, a := range result.Identity.Verifiable {
			if !a.Verified {
				next.VerifiableAddress = a.Value
				break
			}
		}
	}
	if browser {
		next.URL = result.VerificationPage
	}
	return ContinueWith{Action: actionVerification, Flow: next}
}
