package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// offeredCookieName is the cookie by which a browser remembers to whom a passkey was
// offered there: passkeys belong to devices, so each asks once.
const offeredCookieName = "symbolon_offered"

const (
	offered     = "passkey" // the method that is offered
	maxOffered  = 4         // identities that one browser remembers
	offeredMark = 16        // characters of the hash that stands for an identity
	offeredLife = 365 * 24 * 60 * 60
)

// offerPasskey leads a person who has signed in with a password by way of a page that
// offers a passkey, once in each browser. From there a link leads on to where the sign-in
// would have led.
func (m *mount) offerPasskey(w http.ResponseWriter, r wire.Request, result *flow.Result) {
	if !m.config.OfferPasskey || !passwordOnPage(r, result) {
		return
	}
	who := secret.Hash(result.Session.IdentityID)[:offeredMark]
	remembered := m.cookies.offered(r.Request)
	if slices.Contains(remembered, who) {
		return
	}
	missing, err := m.engine.CouldAdd(r.Context(), result.Session, result.Identity, offered)
	if err != nil || !missing {
		return // what can't be found out now is offered another time
	}
	onward, err := m.engine.ValidateReturnTo(result.Redirect, m.config.DefaultReturn)
	if err != nil {
		return // the settings would not lead back there
	}
	page := *m.wire.URL(wire.StartBrowser, flow.Settings)
	page.RawQuery = url.Values{"return_to": {onward}, "offer": {offered}}.Encode()
	result.Redirect = page.String()
	m.cookies.setOffered(w, append([]string{who}, remembered...))
}

// passwordOnPage reports whether a form of a page has just signed a person in, who used
// a password and needs nothing else. Browsers say that they navigate (Fetch Metadata)
// wherever they have passkeys; other programs do not.
func passwordOnPage(r wire.Request, result *flow.Result) bool {
	f := result.Flow
	return result.Outcome == flow.Completed && f.Kind == flow.Login && f.Client == flow.Browser && !f.Refresh && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		!result.StepUp && !result.Enrol && result.Session != nil && result.Identity != nil &&
		slices.ContainsFunc(result.Session.Factors, func(f session.Factor) bool { return f.Method == "password" })
}

// offered lists to whom a passkey was offered in the browser of a request.
func (k *cookies) offered(r *http.Request) []string {
	for _, list := range values(r, k.name(offeredCookieName)) {
		return strings.Split(list, ".")
	}
	return nil
}

func (k *cookies) setOffered(w http.ResponseWriter, list []string) {
	http.SetCookie(w, &http.Cookie{
		Name: k.name(offeredCookieName), Value: strings.Join(list[:min(len(list), maxOffered)], "."), Path: "/", MaxAge: offeredLife,
		HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	})
}
