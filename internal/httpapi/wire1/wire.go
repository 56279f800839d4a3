package wire1

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Name of the version.
const Name = "v1"

// Wire speaks v1 below one base URL: actions, links and schema URLs lead there.
type Wire struct {
	*Renderer
	parts  Parts
	host   Host
	config Config
	csrf   string // name of the anti-CSRF cookie
}

var _ wire.Wire = (*Wire)(nil)

// Config is what differs by deployment.
type Config struct {
	// Public is the URL of the public listener, Admin that of the admin listener.
	Public, Admin *url.URL
	LoginUI       *url.URL
	DefaultReturn *url.URL
	LogoutReturn  *url.URL // nil for the default
	Version       string
	DefaultSchema string
	// TwoSteps: registration asks for the traits first and for a credential then.
	TwoSteps bool
	Flags
	// AsTyped: addresses are written as they were typed, as in an original that came from v0.5 with its
	// database. One of today stores them in their normal form.
	AsTyped bool
}

// Flags are the feature flags of v26.
type Flags struct {
	// ContinueWith answers the step from recovery to the settings with what to do next
	// instead of a redirect.
	ContinueWith bool
	// ProviderTraits: the traits that a provider did not tell are asked for in its group.
	ProviderTraits bool
	// Cacheable says that answers of the session check may be kept, for so long at most; 0
	// for as long as the session lasts.
	Cacheable    bool
	CacheableFor time.Duration
	// FasterExtend answers the extension of a session without the session.
	FasterExtend bool
}

// New returns the wire below a base URL.
func New(base *url.URL, p Parts, c Config) *Wire {
	w := &Wire{Renderer: NewRenderer(base), parts: p, config: c, csrf: csrfName(c.Public)}
	w.asTyped = c.AsTyped
	return w
}

// Rules implements wire.Wire.
func (w *Wire) Rules() wire.Rules {
	return wire.Rules{
		Name: Name, CSRFCookie: w.csrf, CSRFHostOnly: true, EagerCSRF: true, HeaderDecides: true, CacheableAnswers: true, KeepsTokens: true,
		ErrorQuery: "id", ErrorStatus: http.StatusSeeOther, StrictPaths: true, WholeTraits: true,
		ShowsOnGet: true, LeavesByCookie: true, QuietCallbacks: true,
		Flow: flow.Rules{
			Renews: true, TracesStarts: true, AsksAllAddresses: true, LinksTakeOver: true, OffersProveNothing: true,
			Providers: flow.ProviderRules{Apps: true, Direct: true, Links: true},
		},
		Aliases: map[string]string{"password_identifier": "identifier"},
	}
}

// Bind lends the operations of this wire what httpapi has. It is called once, before
// the first request.
func (w *Wire) Bind(h Host) { w.host = h }

// Session implements wire.Wire.
func (w *Wire) Session(s *session.Session) ([]byte, error) { return w.SessionJSON(s) }

// Identity implements wire.Wire.
func (w *Wire) Identity(i *identity.Identity) any { return w.identity(i) }

// Action implements wire.Wire: there is one form for all methods.
func (w *Wire) Action(f *flow.Flow, _ string) string { return w.action(f) }

// URL implements wire.Wire.
func (w *Wire) URL(p wire.Place, k flow.Kind) *url.URL {
	switch p {
	case wire.StartBrowser:
		return w.base.JoinPath("self-service", string(k), "browser")
	case wire.StartAPI:
		return w.base.JoinPath("self-service", string(k), "api")
	case wire.FetchFlow:
		return w.base.JoinPath("self-service", string(k), "flows")
	case wire.LinkTarget:
		return w.base.JoinPath("self-service", string(k))
	case wire.SignOut:
		return w.base.JoinPath("self-service/logout/browser")
	}
	return w.base
}

// Method implements wire.Wire.
func (w *Wire) Method(in flow.Input) string {
	method, _, _ := in.Text(methodName)
	if method != "" && method != groupProvider {
		return method
	}
	for _, name := range []string{"provider", "link", "unlink", "confirm_link", "decline_link"} {
		if value, _, _ := in.Text(name); value != "" {
			return groupProvider
		}
	}
	if method == groupProvider {
		return "" // it says no provider
	}
	return methodByField(in)
}

// keyNoMethod is the key of the message that a submission names no method; its
// number is the kind's.
const keyNoMethod = "wire1.no_method"

// NoMethod implements wire.Wire.
func (w *Wire) NoMethod(k flow.Kind) message.Message { return noMethodIn(k) }

func noMethodIn(k flow.Kind) message.Message {
	what := map[flow.Kind]string{
		flow.Login: "log you in", flow.Registration: "sign you up", flow.Settings: "update your settings",
		flow.Recovery: "recover your account", flow.Verification: "verify your account",
	}[k]
	text := "Could not find a strategy to " + what + " with. Did you fill out the form correctly?"
	if k == flow.Settings {
		text = "Could not find a strategy to " + what + ". Did you fill out the form correctly?"
	}
	return message.Message{Key: keyNoMethod, Params: map[string]any{"text": text, "kind": string(k)}}
}

// viewOf returns what is shown of a flow.
func (w *Wire) viewOf(ctx context.Context, f *flow.Flow) view {
	v := view{proceed: f.ReturnTo, organization: organizationOf(f)}
	if f.Remembers(groupProvider) && f.ResumeHash == "" {
		v.active = groupProvider // the browser was there and is back
	}
	switch f.Kind {
	case flow.Login:
		v.identifier = w.parts.identifier(ctx, w.config.DefaultSchema)
		v.linking = f.PendingLink() != ""
		switch {
		case f.State == flow.Challenged, refusedByHook(f):
			v.active = f.Active
		case v.linking:
		case f.Named() != "":
			v.active = groupIdentifier
		}
	case flow.Registration:
		v.firstTrait, v.twoSteps = firstTrait(f), w.config.TwoSteps
		if w.config.ProviderTraits && f.MissingTraitsOf() == groupProvider {
			v.traitGroup = groupProvider
		}
		if w.config.TwoSteps && f.MissingTraitsOf() == "" {
			v.step = stepOf(f)
		}
		switch {
		case f.State != flow.Challenged:
		case f.Active == groupProfile: // back from the form that asks for the code
			v.active = groupCode
		default:
			v.active, v.step = f.Active, ""
		}
	case flow.Recovery, flow.Verification:
		v.active, v.done = f.Active, f.Kind == flow.Verification && f.State == flow.Passed
		if v.active == "" && len(f.Form.Groups) > 0 {
			v.active = f.Form.Groups[0].Method
		}
		if v.done {
			v.proceed = w.parts.Engine.Onward(f)
		}
	case flow.Settings:
	}
	return v
}

// stepOf is the step of a registration. Who has chosen a credential at once is shown
// what is wrong with it.
func stepOf(f *flow.Flow) string {
	if f.StepOf(groupProfile) != "" {
		return stepCredentials
	}
	for i := range f.Form.Groups {
		g := &f.Form.Groups[i]
		if n := g.Node("password"); n != nil && len(n.Messages) > 0 {
			return stepCredentials
		}
	}
	return stepProfile
}

// firstTrait is the name of the trait that stands first in the form.
func firstTrait(f *flow.Flow) string {
	for i := range f.Form.Groups {
		for k := range f.Form.Groups[i].Nodes {
			if name := f.Form.Groups[i].Nodes[k].Name; isTrait(name) {
				return name
			}
		}
	}
	return ""
}

// show renders the flow of a result.
func (w *Wire) show(r wire.Request, result flow.Result, status int) wire.Answer {
	return wire.JSON(status, w.flow(result.Flow, result.Identity, w.viewOf(r.Context(), result.Flow)))
}

// see leads a client on by GET (RFC 9110, 15.4.4).
func see(to string) wire.Answer { return wire.Answer{Status: http.StatusSeeOther, Location: to} }
