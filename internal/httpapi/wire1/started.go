package wire1

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/secret"
)

// Start implements wire.Wire.
func (w *Wire) Start(r wire.Request) (flow.StartRequest, error) {
	query := r.Request.URL.Query()
	wanted := r.AsksToStart()
	wanted.KeepReturn = true
	wanted.Refresh = flagged(query, "refresh") && r.Caller.Session != nil
	if r.Kind == flow.Login || r.Kind == flow.Registration {
		if err := w.checkStart(r); err != nil {
			return wanted, err
		}
		if r.Client == flow.API && flagged(query, "return_session_token_exchange_code") {
			wanted.ExchangeCode = secret.Token() + secret.Token()
		}
	}
	if via := query.Get("via"); via != "" && r.Kind == flow.Login && query.Get("aal") == "aal2" {
		if wanted.SendTo = traitText(r.Caller.Session.Identity.Traits, via); wanted.SendTo == "" {
			return wanted, badRequest(fmt.Sprintf("No value found for trait %s in the current identity.", via))
		}
	}
	if r.Kind == flow.Registration {
		wanted.VerifyReturn = query.Get("after_verification_return_to")
	}
	return wanted, nil
}

// flagged reports whether a query sets a flag. The clients of Python write True.
func flagged(query url.Values, name string) bool {
	return query.Get(name) == "true" || query.Get(name) == "True"
}

// traitText is a text among traits, by its path with dots; empty where there is none.
func traitText(values json.RawMessage, path string) string {
	for member := range strings.SplitSeq(path, ".") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(values, &object); err != nil {
			return ""
		}
		values = object[member]
	}
	text := ""
	if err := json.Unmarshal(values, &text); err != nil {
		return ""
	}
	return text
}

// checkStart refuses what can't be asked for.
func (w *Wire) checkStart(r wire.Request) error {
	query := r.Request.URL.Query()
	switch level := query.Get("aal"); {
	case r.Kind != flow.Login, level == "", level == "aal1":
	case level != "aal2":
		return badRequest("Unable to parse AuthenticationMethod Assurance Level (AAL): expected one of [aal1, aal2] but got " + level)
	case r.Caller.Session == nil:
		return withoutFirstFactor()
	}
	if query.Get("login_challenge") != "" {
		return refusal(http.StatusInternalServerError, "invalid_configuration",
			"refusing to parse login_challenge query parameter because oauth2_provider.url is invalid or unset", "Invalid configuration")
	}
	schema := query.Get("identity_schema")
	switch {
	case schema == "", schema == w.config.DefaultSchema:
	case slices.Contains(w.parts.Schemas.IDs(), schema):
		return badRequest(fmt.Sprintf("Requested identity schema %q is not enabled for self-service flows.", schema))
	default:
		return badRequest(fmt.Sprintf("Requested identity schema %q does not exist.", schema))
	}
	return nil
}

// organizationOf is the organization that a flow was started for. This server has
// no organizations, so no visitor can sign in to one.
func organizationOf(f *flow.Flow) string {
	u, err := url.Parse(f.Request)
	if err != nil || f.Kind != flow.Login && f.Kind != flow.Registration {
		return ""
	}
	if id := u.Query().Get("organization"); secret.IsID(id) {
		return id
	}
	return ""
}

// Started implements wire.Wire.
func (w *Wire) Started(r wire.Request, result flow.Result, err error) wire.Answer {
	asJSON := r.Client == flow.API || wire.AcceptsJSON(r.Request)
	if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
		return signedInAlready(in, asJSON)
	}
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		if asJSON {
			return wire.Fail(refusal(http.StatusUnauthorized, "session_inactive",
				"This endpoint can only be accessed with a valid session. Please log in and try again.", noSession))
		}
		return w.toLogin(r)
	}
	if errors.Is(err, flow.ErrSecondFactorRequired) {
		back := ""
		if r.Request.URL.Query().Get("return_to") != "" {
			back = r.AsksToStart().URL
		}
		return w.toLevel(back, asJSON)
	}
	if err != nil {
		return fail(err, asJSON)
	}
	if asJSON {
		v := w.viewOf(r.Context(), result.Flow)
		v.exchangeCode = result.Flow.ExchangeCode()
		return wire.JSON(http.StatusOK, w.flow(result.Flow, result.Identity, v))
	}
	return see(r.Page(result.Flow))
}

const noSession = "request does not have a valid authentication session"

// toLogin leads a browser to sign in and then to where it wanted to go.
func (w *Wire) toLogin(r wire.Request) wire.Answer {
	login := w.URL(wire.StartBrowser, flow.Login)
	if back := r.Request.URL.Query().Get("return_to"); back != "" {
		return see(wire.WithQuery(login, "return_to", back))
	}
	return see(login.String())
}

// signedInAlready says that a signed-in client has no use for the flow. Browsers
// are led on; recovery and the submission of a registration do so by 302.
func signedInAlready(in *flow.LoggedIn, asJSON bool) wire.Answer {
	if asJSON {
		why, message := fmt.Sprintf("A valid session was detected and thus %s is not possible.", in.Kind), "you are already logged in"
		switch in.Kind {
		case flow.Login:
			why += " Did you forget to set `?refresh=true`?"
		case flow.Recovery:
			message = ""
		case flow.Registration, flow.Settings, flow.Verification:
		}
		return wire.Fail(refusal(http.StatusBadRequest, "session_already_available", why, message))
	}
	if in.Kind == flow.Recovery {
		return wire.Redirect(in.Redirect)
	}
	return see(in.Redirect)
}

// fail answers an error: as JSON, or on the error page.
func fail(err error, asJSON bool) wire.Answer {
	if asJSON {
		return wire.Fail(err)
	}
	return wire.Answer{Status: http.StatusSeeOther, Err: err, ErrorPage: true}
}

// Fetched implements wire.Wire.
func (w *Wire) Fetched(r wire.Request, result flow.Result, err error) wire.Answer {
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		if wire.AcceptsJSON(r.Request) {
			return wire.Fail(withoutSession())
		}
		return wire.Redirect(w.config.LoginUI.String())
	}
	over, isOver := errors.AsType[*flow.Expired](err)
	if isOver {
		result.Flow = over.Flow
	}
	if f := result.Flow; f != nil && f.Client == flow.Browser && f.Kind != flow.Settings && !ofBrowser(f, r.Caller) {
		return wire.Fail(csrfFault(&r))
	}
	if isOver {
		return wire.Fail(w.gone(over.Flow))
	}
	if errors.Is(err, flow.ErrSecondFactorRequired) && result.Flow != nil {
		return w.toLevel(r.Page(result.Flow), true)
	}
	if err != nil {
		return wire.Fail(err)
	}
	return w.show(r, result, http.StatusOK)
}

// ofBrowser reports whether this browser may send the form of a flow. A flow without an
// owner, such as one that a mail leads to, belongs to any browser that knows its id.
func ofBrowser(f *flow.Flow, c flow.Caller) bool {
	return f.CSRF == "" || secret.CheckCSRF(f.CSRF, c.CSRF)
}

// withoutSession says that a settings flow is for its owner.
func withoutSession() *fault {
	return refusal(http.StatusUnauthorized, "", "A valid Ory Session Cookie or Ory Session Token is missing.", "")
}

// gone says where to start again.
func (w *Wire) gone(f *flow.Flow) error {
	id := ""
	if f.Kind == flow.Login || f.Kind == flow.Registration {
		id = "self_service_flow_expired"
	}
	if f.Client == flow.API {
		if f.Kind == flow.Recovery {
			e := w.over(f)
			e.body.ExpiredAt, e.body.Error.Details = nil, map[string]any{"api": w.URL(wire.StartAPI, f.Kind).String()}
			return e
		}
		e := refusal(http.StatusGone, id, fmt.Sprintf("The %[1]s flow has expired. Call the %[1]s flow init API endpoint to initialize a new %[1]s flow.", f.Kind), "")
		e.body.Error.Details = map[string]any{"api": w.URL(wire.StartAPI, f.Kind).String()}
		return e
	}
	start := w.URL(wire.StartBrowser, f.Kind)
	if f.ReturnTo != "" {
		start.RawQuery = url.Values{"return_to": {f.ReturnTo}}.Encode()
	}
	e := refusal(http.StatusGone, id, fmt.Sprintf("The %[1]s flow has expired. Redirect the user to the %[1]s flow init endpoint to initialize a new %[1]s flow.", f.Kind), "")
	e.body.Error.Details = map[string]any{"redirect_to": start.String(), "return_to": cmp.Or(f.ReturnTo, "")}
	return e
}
