package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
)

// providerMethod is the method that leaves for other sites.
const providerMethod = identity.TypeOIDC

// formOnly refuses forms without the browser's anti-CSRF token before anything else
// is looked at.
func (m *mount) formOnly(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readBody(r, maxBody)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !m.hasFormToken(r, formToken(r)) {
			w.Header().Del("Cache-Control") // as recorded
			return errNoCSRF
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return next(w, r)
	}
}

// toProvider sends a browser to the provider that it chose, by form or by link.
func (m *mount) toProvider(w http.ResponseWriter, r *http.Request) error {
	in := flow.FormInput(url.Values{"provider": r.URL.Query()["provider"]})
	if r.Method == http.MethodPost {
		var err error
		if in, err = decodeSubmission(r); err != nil {
			return err
		}
	}
	id := r.PathValue("flow")
	kind, client, err := m.engine.KindOf(r.Context(), id)
	if err != nil {
		return m.toErrorPage(w, r, unknownFlow(id, err))
	}
	if client == flow.API {
		return errs.New(errs.Invalid, "browser_only",
			"Signing in with a provider needs the flow of a browser. Please start one at /self-service/"+string(kind)+"/browser.")
	}
	caller, err := m.caller(r)
	if err != nil {
		return err
	}
	asked := m.request(r, kind, caller)
	asked.Method = providerMethod
	result, err := m.engine.Submit(r.Context(), flow.SubmitRequest{
		Kind: kind, Method: providerMethod, FlowID: id, URL: asked.URL, Caller: caller, Input: in, ByLink: r.Method != http.MethodPost,
	})
	return m.answerSubmission(w, asked, result, err)
}

func unknownFlow(id string, err error) error {
	if errs.Of(err) != errs.NotFound {
		return err
	}
	if !secret.IsID(id) {
		return errs.New(errs.Invalid, "flow_malformed", "The flow id in the path is malformed. Please start again.").Because(err)
	}
	return errs.ErrNotFound.Because(err)
}

// fromProvider takes a browser back.
func (m *mount) fromProvider(w http.ResponseWriter, r *http.Request) error {
	caller, err := m.caller(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	result, err := m.engine.Callback(r.Context(), flow.CallbackRequest{
		Method: providerMethod, State: query.Get("state"), Caller: caller, URL: m.requestURL(r),
		Params: flow.CallbackParams{From: r.PathValue("provider"), Answer: query},
	})
	if token := caller.Continuity; token != "" && !m.rules.QuietCallbacks {
		m.cookies.setContinuity(w, token, m.now())
	}
	asked := m.request(r, "", caller)
	asked.Method, asked.Back = providerMethod, true
	if result.Flow != nil {
		asked.Kind = result.Flow.Kind
	}
	return m.answerSubmission(w, asked, result, err)
}

// postedByProvider takes the answer of a provider that posts it from its own site.
// Such a request carries none of our cookies (SameSite=Lax), so the browser is asked
// to bring the answer itself.
func (m *mount) postedByProvider(w http.ResponseWriter, r *http.Request) error {
	if !m.rules.QuietCallbacks && !slices.Contains(m.config.PostingProviders, r.PathValue("provider")) {
		return errs.New(errs.Invalid, "callback_posted", "This provider answers by GET.")
	}
	in, err := decodeSubmission(r)
	if err != nil {
		return err
	}
	to := m.config.PublicURL.JoinPath(r.URL.Path)
	q := url.Values{}
	for _, name := range []string{"state", "code", "iss", "error", "error_description"} {
		if value, ok, _ := in.Text(name); ok {
			q.Set(name, value)
		}
	}
	to.RawQuery = q.Encode()
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
