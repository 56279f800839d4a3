package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/session"
)

// startFlow makes a flow: for browsers with the cookie that its form tokens belong
// to.
func (m *mount) startFlow(k flow.Kind, client flow.Client) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := m.caller(r)
		if err == nil {
			err = m.mayCreate(r, caller)
		}
		if err == nil && client == flow.Browser {
			caller.CSRF = m.ensureCSRF(w, r, caller)
		}
		asked := m.request(r, k, caller)
		asked.Client = client
		var result flow.Result
		if err == nil {
			result, err = m.start(asked)
		}
		if client == flow.Browser {
			err = m.breakLoop(w, r, err)
		}
		if in, ok := errors.AsType[*flow.LoggedIn](err); ok && in.Enrol {
			in.Redirect = m.settingsFirst(in.Redirect)
		}
		return m.answer(w, r, m.wire.Started(asked, result, err))
	}
}

func (m *mount) start(r wire.Request) (flow.Result, error) {
	wanted, err := m.wire.Start(r)
	if err != nil {
		return flow.Result{}, err
	}
	wanted.StepsUp = m.rules.StepsUp
	return m.engine.Start(r.Context(), wanted)
}

// maxQuery bounds the query that is kept with a flow.
const maxQuery = 4096

// requestURL is the URL a request was made to as browsers know it: below the
// configured base, never from the Host header. A query that is long or no text
// is left out, and so are secrets: the URL is stored with the flow and shown.
func (s *Server) requestURL(r *http.Request) string {
	u := *s.config.PublicURL
	u = *u.JoinPath(r.URL.Path)
	if len(r.URL.RawQuery) <= maxQuery && utf8.ValidString(r.URL.RawQuery) {
		u.RawQuery = withoutSecrets(r.URL.RawQuery)
	}
	return u.String()
}

// secretParameters are what links, providers and forms put into a query for this
// server alone.
var secretParameters = []string{"token", "code", "state", "id_token", "access_token", "csrf_token", "password", "session_token", "return_to_code", "init_code"}

// withoutSecrets drops the parameters that are secrets and keeps the others as they
// are.
func withoutSecrets(query string) string {
	kept := ""
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil && slices.Contains(secretParameters, plain) {
			continue
		}
		if kept != "" {
			kept += "&"
		}
		kept += part
	}
	return kept
}

// fetchFlow answers a flow to the public.
func (m *mount) fetchFlow(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := m.caller(r)
		if err != nil {
			return err
		}
		result, err := m.engine.Get(r.Context(), k, r.URL.Query().Get("id"), caller)
		if m.rules.EagerCSRF || err == nil && result.Flow.Client == flow.Browser {
			caller.CSRF = m.ensureCSRF(w, r, caller)
		}
		return m.answer(w, r, m.wire.Fetched(m.request(r, k, caller), result, err))
	}
}

// inspectFlow answers a flow to administrators.
func (m *mount) inspectFlow(k flow.Kind) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		result, err := m.engine.Inspect(r.Context(), k, r.URL.Query().Get("id"))
		asked := m.request(r, k, flow.Caller{})
		asked.Admin = true
		return m.answer(w, r, m.wire.Fetched(asked, result, err))
	}
}

// signIn writes the cookies of a new session. The anti-CSRF value changes with
// the person who is signed in, so that a token from before is worth nothing after.
func (m *mount) signIn(w http.ResponseWriter, r *http.Request, c flow.Caller, issued *session.Session, token string) {
	if c.Session == nil || c.Session.IdentityID != issued.IdentityID {
		m.setCSRF(w, r, c.NextCSRF(issued.IdentityID))
	}
	if len(m.cookies.sessionTokens(r)) > 0 {
		m.cookies.dropTwin(w)
	}
	m.cookies.setSession(w, issued, token)
	m.cookies.setDevice(w, c.Devices, issued.IdentityID)
}

// settingsFirst is the way to a page that leads through the settings: the account must set
// up a factor there.
func (m *mount) settingsFirst(page string) string {
	return wire.WithQuery(m.wire.URL(wire.StartBrowser, flow.Settings), "return_to", page)
}
