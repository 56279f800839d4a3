package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/session"
)

// startAPI makes a flow for a client without a browser.
func (s *Server) startAPI(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := s.caller(r)
		if err != nil {
			return err
		}
		result, err := s.start(r, k, flow.API, caller)
		if err != nil {
			return startRefused(err)
		}
		return writeJSON(w, http.StatusOK, s.wire.Flow(result.Flow, result.Identity))
	}
}

func startRefused(err error) error {
	if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
		return loggedIn(in.Kind)
	}
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		return errs.New(errs.Forbidden, "session_required", "This endpoint can only be accessed with a valid session. Please log in and try again.")
	}
	return err
}

// startBrowser makes a flow and leads the browser to its page.
func (s *Server) startBrowser(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		result, err := s.startIn(w, r, k)
		if in, ok := errors.AsType[*flow.LoggedIn](err); ok {
			return redirect(w, r, in.Redirect)
		}
		if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
			return s.toLogin(w, r, s.requestURL(r))
		}
		if err != nil {
			return s.toErrorPage(w, r, err)
		}
		return redirect(w, r, s.engine.Page(result.Flow))
	}
}

// startIn makes a browser flow and sees to it that the browser has the cookie
// its form token belongs to.
func (s *Server) startIn(w http.ResponseWriter, r *http.Request, k flow.Kind) (flow.Result, error) {
	caller, err := s.caller(r)
	if err != nil {
		return flow.Result{}, err
	}
	caller.CSRF = s.cookies.ensureCSRF(w, r)
	return s.start(r, k, flow.Browser, caller)
}

func (s *Server) start(r *http.Request, k flow.Kind, c flow.Client, caller flow.Caller) (flow.Result, error) {
	query := r.URL.Query()
	return s.engine.Start(r.Context(), flow.StartRequest{
		Kind: k, Client: c, URL: s.requestURL(r), Caller: caller,
		ReturnTo: query.Get("return_to"), Refresh: query.Get("refresh") == "true", Link: query.Get("link"),
	})
}

// maxQuery bounds the query that is kept with a flow.
const maxQuery = 4096

// requestURL is the URL a request was made to as browsers know it: below the
// configured base, whatever the Host header says. A query that is long or no text
// is left out.
func (s *Server) requestURL(r *http.Request) string {
	u := *s.config.PublicURL
	u = *u.JoinPath(r.URL.Path)
	if len(r.URL.RawQuery) <= maxQuery && utf8.ValidString(r.URL.RawQuery) {
		u.RawQuery = r.URL.RawQuery
	}
	return u.String()
}

// toLogin leads a browser to sign in and back.
func (s *Server) toLogin(w http.ResponseWriter, r *http.Request, back string) error {
	return redirect(w, r, withQuery(s.config.PublicURL.JoinPath("self-service/login/browser"), "return_to", back))
}

// getFlow answers a flow to the public.
func (s *Server) getFlow(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := s.caller(r)
		if err != nil {
			return err
		}
		result, err := s.engine.Get(r.Context(), k, r.URL.Query().Get("id"), caller)
		if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
			if acceptsJSON(r) {
				return errNoSession
			}
			return s.toLogin(w, r, s.config.PublicURL.JoinPath("self-service", string(k), "browser").String())
		}
		if k == flow.Settings && errors.Is(err, errs.ErrNotFound) {
			return errs.New(errs.Forbidden, "flow_forbidden", "Access privileges are missing, invalid, or not sufficient to access this endpoint.").Because(err)
		}
		if err == nil && result.Flow.Client == flow.Browser {
			s.cookies.ensureCSRF(w, r)
		}
		return s.writeFlow(w, result, err)
	}
}

// inspectFlow answers a flow to administrators.
func (s *Server) inspectFlow(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		result, err := s.engine.Inspect(r.Context(), k, r.URL.Query().Get("id"))
		return s.writeFlow(w, result, err)
	}
}

func (s *Server) writeFlow(w http.ResponseWriter, result flow.Result, err error) error {
	if over, ok := errors.AsType[*flow.Expired](err); ok {
		return s.gone(over.Flow)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.wire.Flow(result.Flow, result.Identity))
}

// gone says where to start again.
func (s *Server) gone(f *flow.Flow) error {
	start := func(client string) string {
		return s.config.PublicURL.JoinPath("self-service", string(f.Kind), client).String()
	}
	e := &errs.Error{Code: errs.Gone, ID: "flow_expired"}
	if f.Client == flow.API {
		e.Reason = fmt.Sprintf("The %[1]s flow has expired. Call the %[1]s flow init API endpoint to initialize a new %[1]s flow.", f.Kind)
		e.Details = map[string]any{"api": start("api")}
		return e
	}
	e.Reason = fmt.Sprintf("The %[1]s flow has expired. Redirect the user to the %[1]s flow init endpoint to initialize a new %[1]s flow.", f.Kind)
	e.Details = map[string]any{"redirect_to": start("browser")}
	return e
}

var errNoSession = errs.New(errs.Unauthorized, "session_missing", "A valid ORY Session Cookie or ORY Session Token is missing.")

// loggedIn says that a signed-in client has no use for the flow.
func loggedIn(k flow.Kind) error {
	if k == flow.Login {
		return errs.New(errs.Invalid, "session_exists", "A valid session was detected and thus login is not possible. Did you forget to set `?refresh=true`?")
	}
	return errs.New(errs.Invalid, "session_exists", fmt.Sprintf("A valid session was detected and thus %s is not possible.", k))
}

// signIn writes the cookies of a new session. The anti-CSRF value changes with
// whoever is signed in, so that a token from before is worth nothing after.
func (s *Server) signIn(w http.ResponseWriter, c flow.Caller, issued *session.Session, token string) {
	if c.Session == nil || c.Session.IdentityID != issued.IdentityID {
		s.cookies.setCSRF(w, c.NextCSRF)
	}
	s.cookies.setSession(w, issued, token)
}
