package wire05

import (
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/session"
)

// Name of the version.
const Name = "v0.5"

// Wire speaks v0.5 below one base URL: actions, links and schema URLs lead
// there.
type Wire struct {
	base *url.URL
	root string // base with a trailing slash
}

var _ wire.Wire = (*Wire)(nil)

// New returns the wire below a base URL.
func New(base *url.URL) *Wire {
	return &Wire{base: base, root: base.JoinPath("/").String()}
}

// Rules implements wire.Wire.
func (*Wire) Rules() wire.Rules {
	return wire.Rules{Name: Name, CSRFCookie: "csrf_token", GuardUnknown: true, StepsUp: true}
}

// Method implements wire.Wire: every route of v0.5 says its method.
func (*Wire) Method(flow.Input) string { return "" }

// Start implements wire.Wire.
func (*Wire) Start(r wire.Request) (flow.StartRequest, error) {
	if asked := r.Request.URL.Query().Get("aal"); asked != "" && r.Kind == flow.Login {
		if _, err := session.ParseAAL(asked); err != nil {
			return flow.StartRequest{}, errs.New(errs.Invalid, "aal_unknown", "Unable to parse AuthenticationMethod Assurance Level (AAL): "+err.Error())
		}
	}
	return r.AsksToStart(), nil
}

// NoMethod implements wire.Wire.
func (*Wire) NoMethod(flow.Kind) message.Message { return message.Message{} }

// providerMethod is the method that leaves for other sites. Its forms are not sent
// to a path of their flow.
const providerMethod = identity.TypeOIDC

// callbackBase is the path of the provider routes.
const callbackBase = "/self-service/methods/oidc/"

// Routes implements wire.Wire.
func (*Wire) Routes(s wire.Served) wire.Routes {
	var out wire.Routes
	public := func(r ...wire.Route) { out.Public = append(out.Public, r...) }
	admin := func(r ...wire.Route) { out.Admin = append(out.Admin, r...) }
	providers := false
	for _, k := range flow.Kinds {
		if !s.Serves(k) {
			continue
		}
		for _, method := range s.Methods(k) {
			providers = providers || method == providerMethod
		}
		public(kindRoutes(k, s.Methods(k))...)
		admin(wire.Route{Verb: http.MethodGet, Path: "/self-service/" + string(k) + "/flows", Op: wire.OpInspect, Kind: k})
		if k == flow.Recovery && len(s.Methods(k)) > 0 {
			admin(wire.Route{Verb: http.MethodPost, Path: "/recovery/link", Op: wire.OpRecoveryLink})
		}
	}
	if providers {
		public(providerRoutes()...)
	}
	public(
		wire.Route{Verb: http.MethodGet, Path: "/self-service/browser/flows/logout", Op: wire.OpLogout, NoHead: true},
		wire.Route{Verb: http.MethodGet, Path: "/self-service/errors", Op: wire.OpStoredError},
		wire.Route{Verb: http.MethodGet, Path: "/schemas/{id}", Op: wire.OpSchema},
		wire.Route{Verb: http.MethodDelete, Path: "/sessions", Op: wire.OpRevokeToken},
		wire.Route{Path: "/sessions/whoami", Op: wire.OpWhoami, Cacheable: true},
	)
	admin(
		wire.Route{Verb: http.MethodGet, Path: "/identities", Op: wire.OpListIdentities},
		wire.Route{Verb: http.MethodPost, Path: "/identities", Op: wire.OpCreateIdentity},
		wire.Route{Verb: http.MethodPatch, Path: "/identities", Op: wire.OpImportIdentities},
		wire.Route{Verb: http.MethodGet, Path: "/identities/{id}", Op: wire.OpGetIdentity},
		wire.Route{Verb: http.MethodPut, Path: "/identities/{id}", Op: wire.OpUpdateIdentity},
		wire.Route{Verb: http.MethodDelete, Path: "/identities/{id}", Op: wire.OpDeleteIdentity},
		wire.Route{Verb: http.MethodDelete, Path: "/identities/{id}/credentials/{type}", Op: wire.OpDeleteCredential},
		wire.Route{Verb: http.MethodGet, Path: "/self-service/errors", Op: wire.OpInspectError},
		wire.Route{Verb: http.MethodGet, Path: "/schemas/{id}", Op: wire.OpSchema},
	)
	return out
}

// kindRoutes are the routes of one kind of flow.
func kindRoutes(k flow.Kind, methods []string) []wire.Route {
	base := "/self-service/" + string(k)
	out := []wire.Route{
		{Verb: http.MethodGet, Path: base + "/api", Op: wire.OpStartAPI, Kind: k},
		{Verb: http.MethodGet, Path: base + "/browser", Op: wire.OpStartBrowser, Kind: k},
		{Verb: http.MethodGet, Path: base + "/flows", Op: wire.OpFetch, Kind: k},
	}
	for _, method := range methods {
		if method == providerMethod {
			continue
		}
		submit := wire.Route{Verb: http.MethodPost, Path: base + "/methods/" + method, Op: wire.OpSubmit, Kind: k, Method: method}
		out = append(out, submit)
		if k == flow.Settings || byLink(k) {
			submit.Verb, submit.NoHead = http.MethodGet, true
			out = append(out, submit)
		}
	}
	return out
}

// providerRoutes are the routes to other sites and back.
func providerRoutes() []wire.Route {
	out := []wire.Route{
		{Verb: http.MethodPost, Path: callbackBase + "auth/{flow}", Op: wire.OpToProvider, NeedsToken: true},
		{Verb: http.MethodGet, Path: callbackBase + "auth/{flow}", Op: wire.OpToProvider, NoHead: true},
		{Verb: http.MethodPost, Path: callbackBase + "callback/{provider}", Op: wire.OpPostedByProvider},
		{Verb: http.MethodGet, Path: callbackBase + "callback/{provider}", Op: wire.OpFromProvider, NoHead: true},
	}
	for _, path := range []string{
		callbackBase + "settings/connections",
		// The path that version 0.5 documents.
		"/self-service/browser/flows/registration/strategies/oidc/settings/connections",
	} {
		link := wire.Route{Path: path, Op: wire.OpSubmit, Kind: flow.Settings, Method: providerMethod}
		link.Verb, link.NeedsToken = http.MethodPost, true
		out = append(out, link)
		link.Verb, link.NeedsToken, link.NoHead = http.MethodGet, false, true
		out = append(out, link)
	}
	return out
}

// byLink reports whether flows of the kind go on by a link in a mail, which a
// browser opens even if another client started the flow.
func byLink(k flow.Kind) bool { return k == flow.Recovery || k == flow.Verification }

// Action implements wire.Wire.
func (w *Wire) Action(f *flow.Flow, method string) string {
	switch {
	case method == providerMethod && f.Kind == flow.Settings:
		return w.root + "self-service/methods/oidc/settings/connections?flow=" + f.ID
	case method == providerMethod:
		return w.root + "self-service/methods/oidc/auth/" + f.ID
	}
	return w.root + "self-service/" + string(f.Kind) + "/methods/" + method + "?flow=" + f.ID
}

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
		return w.base.JoinPath("self-service", string(k), "methods", "link")
	case wire.SignOut:
		return w.base.JoinPath("self-service/browser/flows/logout")
	}
	return w.base
}
