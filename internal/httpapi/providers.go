package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/httpapi/wire05"
	"symbolon/internal/secret"
)

// providerMethod is the method that leaves for other sites. Its paths differ from
// those of all others.
const providerMethod = wire05.ProviderMethod

// providerRoutes are the routes to other sites and back.
func (s *Server) providerRoutes(t *table) {
	if !slices.ContainsFunc(flow.Kinds, func(k flow.Kind) bool {
		return s.engine.Serves(k) && slices.Contains(s.engine.Methods(k), providerMethod)
	}) {
		return
	}
	const base = "/self-service/methods/oidc/"
	t.add(http.MethodPost, base+"auth/{flow}", formOnly(s.toProvider))
	t.get(base+"auth/{flow}", s.toProvider).noHead()
	t.add(http.MethodPost, base+"callback/{provider}", s.postedByProvider)
	t.get(base+"callback/{provider}", s.fromProvider).noHead()
	for _, path := range []string{
		base + "settings/connections",
		// The path that version 0.5 documents.
		"/self-service/browser/flows/registration/strategies/oidc/settings/connections",
	} {
		t.add(http.MethodPost, path, formOnly(s.submitFlow(flow.Settings, providerMethod)))
		t.get(path, s.submitFlow(flow.Settings, providerMethod)).noHead()
	}
}

// formOnly refuses forms without the browser's anti-CSRF token before anything else
// is looked at.
func formOnly(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readBody(r, maxBody)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !csrfGiven(r) {
			w.Header().Del("Cache-Control") // as recorded
			return errNoCSRF
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return next(w, r)
	}
}

// toProvider sends a browser to the provider that it chose, by form or by link.
func (s *Server) toProvider(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("flow")
	kind, client, err := s.engine.KindOf(r.Context(), id)
	if err != nil {
		return s.toErrorPage(w, r, unknownFlow(id, err))
	}
	if client == flow.API {
		return errs.New(errs.Invalid, "browser_only",
			"Signing in with a provider needs the flow of a browser. Please start one at /self-service/"+string(kind)+"/browser.")
	}
	sub := submission{kind: kind, method: providerMethod}
	if sub.caller, err = s.caller(r); err != nil {
		return err
	}
	request := flow.SubmitRequest{Kind: kind, Method: providerMethod, FlowID: id, URL: s.requestURL(r), Caller: sub.caller}
	if r.Method == http.MethodPost {
		if request.Input, err = decodeSubmission(r); err != nil {
			return err
		}
	} else {
		request.Input, request.ByLink = flow.FormInput(url.Values{"provider": r.URL.Query()["provider"]}), true
	}
	result, err := s.engine.Submit(r.Context(), request)
	return s.answerSubmission(w, r, sub, result, err)
}

func unknownFlow(id string, err error) error {
	if errs.Of(err) != errs.NotFound {
		return err
	}
	if !secret.IsID(id) {
		return errs.New(errs.Invalid, "flow_malformed", "The session cookie contains invalid values and the flow could not be executed. Please try again.")
	}
	return &errs.Error{Code: errs.NotFound, ID: "flow_not_found", Message: "Unable to locate the resource", Err: err}
}

// fromProvider takes a browser back.
func (s *Server) fromProvider(w http.ResponseWriter, r *http.Request) error {
	sub := submission{method: providerMethod}
	var err error
	if sub.caller, err = s.caller(r); err != nil {
		return err
	}
	query := r.URL.Query()
	result, err := s.engine.Callback(r.Context(), flow.CallbackRequest{
		Method: providerMethod, State: query.Get("state"), Caller: sub.caller, URL: s.requestURL(r),
		Params: flow.CallbackParams{From: r.PathValue("provider"), Answer: query},
	})
	if token := sub.caller.Continuity; token != "" {
		s.cookies.setContinuity(w, token, s.now())
	}
	if result.Flow != nil {
		sub.kind = result.Flow.Kind
	}
	return s.answerSubmission(w, r, sub, result, err)
}

// postedByProvider takes the answer of a provider that posts it from its own site.
// Such a request carries none of our cookies (SameSite=Lax), so the browser is asked
// to bring the answer itself.
func (s *Server) postedByProvider(w http.ResponseWriter, r *http.Request) error {
	if !slices.Contains(s.config.PostingProviders, r.PathValue("provider")) {
		return errs.New(errs.Invalid, "callback_posted", "This provider answers by GET.")
	}
	in, err := decodeSubmission(r)
	if err != nil {
		return err
	}
	to := s.config.PublicURL.JoinPath(r.URL.Path)
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
