package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// ErrorPages are the parts of the built-in pages that answer in place of plain text and JSON
// where a browser asks for HTML. Each may be nil.
type ErrorPages struct {
	NotFound http.Handler
	// Error answers an error that no other page can be shown for.
	Error func(http.ResponseWriter, *http.Request, error)
}

// asksForPage reports whether a request is a browser's for a page.
func asksForPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// notFound answers an unknown path.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request, listener string) {
	if listener == "public" && s.ErrorPages.NotFound != nil && asksForPage(r) {
		s.ErrorPages.NotFound.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// errorPage answers a browser with a page where storage does not answer; false leaves the
// answer to the wire.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, err error) bool {
	if s.ErrorPages.Error == nil || !errors.Is(err, errs.ErrUnavailable) || !strings.Contains(r.Header.Get("Accept"), "text/html") || wire.SpeaksJSON(r) {
		return false
	}
	s.ErrorPages.Error(w, r, err)
	return true
}

// registered leads a browser whose registration did not sign in to the page that says
// that the account is there. A return URL of the flow goes along; the page hands it to the
// sign-in.
func (m *mount) registered(r wire.Request, result *flow.Result) {
	if m.config.Registered == nil || r.Kind != flow.Registration || result.Outcome != flow.Completed || result.Session != nil || result.Flow.Client != flow.Browser {
		return
	}
	result.Redirect = m.registeredPage(result.Flow.ReturnTo)
}

// registeredPage is that page on the way to returnTo; empty for the configured return URL.
func (m *mount) registeredPage(returnTo string) string {
	if returnTo == "" {
		return m.config.Registered.String()
	}
	return wire.WithQuery(m.config.Registered, "return_to", returnTo)
}

// The bounds of a redirect loop: so many returns to one URL within so long.
const (
	maxReturns   = 4
	returnWindow = 10 * time.Second
)

// returnsCookie counts how often a browser was sent straight back to an application.
const returnsCookie = "symbolon_returns"

// breakLoop turns the answer to a signed-in visitor of the sign-in page into an error once
// the same application has sent them here several times within seconds: it does not see
// the session, and both would go on until the browser gives up. The count is a cookie. It
// protects nothing, so it needs no signature.
func (m *mount) breakLoop(w http.ResponseWriter, r *http.Request, err error) error {
	in, signedIn := errors.AsType[*flow.LoggedIn](err)
	if !signedIn || !asksForPage(r) || r.URL.Query().Get("return_to") == "" {
		return err
	}
	to, count, since := secret.Hash(in.Redirect)[:16], 0, m.now()
	if kept, err := r.Cookie(returnsCookie); err == nil {
		fields := strings.Split(kept.Value, ".")
		if len(fields) == 3 && fields[0] == to {
			n, _ := strconv.Atoi(fields[1])
			unix, _ := strconv.ParseInt(fields[2], 10, 64)
			if began := time.Unix(unix, 0); m.now().Sub(began).Abs() < returnWindow {
				count, since = n, began
			}
		}
	}
	count++
	cookie := &http.Cookie{
		Name: returnsCookie, Value: fmt.Sprintf("%s.%d.%d", to, count, since.Unix()), Path: "/", MaxAge: int(returnWindow.Seconds()),
		HttpOnly: true, Secure: m.config.PublicURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
	if count >= maxReturns {
		cookie.MaxAge, cookie.Value = -1, ""
		http.SetCookie(w, cookie)
		target := in.Redirect
		if u, err := url.Parse(target); err == nil {
			target = u.Scheme + "://" + u.Host
		}
		return errs.New(errs.Invalid, "redirect_loop", fmt.Sprintf("A redirect loop: %s does not see the session and sends browsers back. See session.cookie.domain.", target))
	}
	http.SetCookie(w, cookie)
	return err
}

// export is the download for people who ask for their data.
type export struct {
	Exported  time.Time       `json:"exported_at"`
	ID        string          `json:"id"`
	Schema    string          `json:"schema_id"`
	Created   time.Time       `json:"created_at"`
	Updated   time.Time       `json:"updated_at"`
	Traits    json.RawMessage `json:"traits"`
	Addresses []exportAddress `json:"addresses"`
	Sessions  []exportSession `json:"sessions"`
}

type exportAddress struct {
	Value      string     `json:"value"`
	Via        string     `json:"via"`
	Use        string     `json:"use"` // verification, recovery
	Verified   bool       `json:"verified"`
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
}

type exportSession struct {
	ID      string    `json:"id"`
	Since   time.Time `json:"authenticated_at"`
	Until   time.Time `json:"expires_at"`
	Seen    time.Time `json:"last_seen_at"` // to the hour
	Address string    `json:"address,omitempty"`
	Device  string    `json:"user_agent,omitempty"`
	Methods []string  `json:"methods"`
}

// PageExport returns what is kept about the owner of a session, as JSON without secrets.
func (s *Server) PageExport(r *http.Request, of *session.Session) ([]byte, error) {
	owner, err := s.Identities.ByID(r.Context(), of.IdentityID)
	if err != nil {
		return nil, err
	}
	held, err := s.sessions.List(r.Context(), owner.ID)
	if err != nil {
		return nil, err
	}
	out := export{
		Exported: s.now().UTC(), ID: owner.ID, Schema: owner.SchemaID, Created: owner.CreatedAt.UTC(), Updated: owner.UpdatedAt.UTC(),
		Traits: owner.Traits, Addresses: []exportAddress{}, Sessions: []exportSession{},
	}
	add := func(use string, list []identity.Address) {
		for _, a := range list {
			one := exportAddress{Value: a.Value, Via: a.Via, Use: use, Verified: a.Verified}
			if !a.VerifiedAt.IsZero() {
				at := a.VerifiedAt.UTC()
				one.VerifiedAt = &at
			}
			out.Addresses = append(out.Addresses, one)
		}
	}
	add("verification", owner.Verifiable)
	add("recovery", owner.Recovery)
	for _, h := range held {
		one := exportSession{ID: h.ID, Since: h.AuthenticatedAt.UTC(), Until: h.ExpiresAt.UTC(), Seen: h.LastSeen().UTC(), Address: h.Address, Device: h.UserAgent, Methods: []string{}}
		for _, f := range h.Factors {
			one.Methods = append(one.Methods, f.Method)
		}
		out.Sessions = append(out.Sessions, one)
	}
	return json.MarshalIndent(out, "", "  ")
}
