package flow

import (
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// Caller is what is known of the client that makes a request, and of the person behind it.
type Caller struct {
	Session *session.Session // nil when anonymous
	CSRF    string           // value of the csrf_token cookie; empty if absent
	// NextCSRF returns the value the cookie gets should this request sign that identity
	// in, or restart a flow for a browser without the cookie: values are bound to
	// the identity that is signed in, "" for none. The same owner gets the same value.
	NextCSRF func(owner string) string
	// Continuity is what Result.Continuity handed to this browser; empty if nothing.
	Continuity string
	// Devices are the values by which this browser is known to identities that
	// signed in here before, by identity id (OWASP: device cookies).
	Devices map[string]string
	// KeepToken: the client goes on with the session token that it has.
	KeepToken bool
	Cookie    bool // the request carried a Cookie header
	Origin    bool // the request carried an Origin header
	Rules          // of the client's wire
}

// Rules is how the engine treats the clients of a wire, where wires differ.
type Rules struct {
	// Renews: settings of a client without a browser that are over, and recoveries that are
	// of no more use, are replaced by fresh ones.
	Renews bool
	// TracesStarts: a verification that a flow leads to names the URL with which that flow was started.
	TracesStarts bool
	// AsksAllAddresses: traits that are saved ask each address to prove itself that was never asked, and not new ones alone.
	AsksAllAddresses bool
	// LinksTakeOver: the flow whose link a browser opens becomes the flow of that browser.
	LinksTakeOver bool
	// OffersProveNothing: a recovery that an operator started proves no address; nothing was sent to one.
	OffersProveNothing bool
	// Providers is how far the wire lets providers lead.
	Providers ProviderRules
}

// ProviderRules is how a wire treats sign-in with a provider, where wires differ.
type ProviderRules struct {
	// Apps: clients without a browser are offered providers too; they open a browser.
	Apps bool
	// Direct: a form of settings leads to the provider itself.
	Direct bool
	// Links: a person who signs up with a provider and an address that another account has is asked
	// to sign in to that, which links the account at the provider to it.
	Links bool
}

// noteApp notes in the flow of an app what its wire lets providers do, and the code that it exchanges
// for its session; empty for none. The browser of the app may come back by the path of another wire.
func (f *Flow) noteApp(c Caller, code string) error {
	if f.Client != API {
		return nil
	}
	if c.Providers.Apps {
		if err := f.remember(appMemory, c.Providers); err != nil {
			return err
		}
	}
	if code == "" {
		return nil
	}
	return f.remember(exchangeMemory, code)
}

// appRules is what noteApp has noted.
func (f *Flow) appRules() ProviderRules {
	var rules ProviderRules
	_, _ = f.recall(appMemory, &rules) // what can't be read allows nothing
	return rules
}

// csrf is the value of the anti-CSRF cookie, or the one it is about to get: a
// browser without the cookie could not use the form otherwise.
func (c Caller) csrf(client Client) string {
	if c.CSRF == "" && client == Browser {
		return c.nextCSRF(c.identityID())
	}
	return c.CSRF
}

func (c Caller) nextCSRF(owner string) string {
	if c.NextCSRF == nil {
		return ""
	}
	return c.NextCSRF(owner)
}

// identityID is who is signed in, empty without a session.
func (c Caller) identityID() string {
	if c.Session == nil {
		return ""
	}
	return c.Session.IdentityID
}

// csrfOf is the value of the anti-CSRF cookie once the identity is signed in by
// this request.
func (c Caller) csrfOf(owner string) string {
	if c.identityID() == owner && c.CSRF != "" {
		return c.CSRF
	}
	return c.nextCSRF(owner)
}

// continuity is what the browser keeps until it is back: what it keeps already, so
// that two things can wait for it at once, or something new.
func (c Caller) continuity() string {
	if c.Continuity != "" {
		return c.Continuity
	}
	return secret.Token()
}

// native reports whether the request comes from no browser: browsers send a cookie once they
// were shown a form, and the Origin header with every form (Fetch standard, 3.2).
func (c Caller) native() bool { return c.CSRF == "" && !c.Cookie && !c.Origin }

// sees reports whether the flow is this browser's own: it was started with the
// anti-CSRF cookie that the caller has, or belongs to no browser yet.
func (c Caller) sees(f *Flow) bool {
	return f.Client == API || f.unclaimed() || secret.CheckCSRF(f.CSRF, c.CSRF)
}

// sent reports whether a submission comes from a page of ours that this browser
// was shown: it carries the form token that belongs to the cookie.
func (c Caller) sent(in Input) bool {
	token, _, _ := in.Text(ui.CSRFName)
	return secret.CheckCSRF(token, c.CSRF)
}
