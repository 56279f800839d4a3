package wire1

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// Routes implements wire.Wire.
func (w *Wire) Routes(s wire.Served) wire.Routes {
	var public []wire.Route
	for _, k := range flow.Kinds {
		if s.Serves(k) {
			public = append(public, kindRoutes(k)...)
		} else {
			public = append(public, w.disabledRoutes(k)...)
		}
	}
	public = append(public, w.sessionRoutes()...)
	public = append(public,
		wire.Route{Path: "/admin/{rest...}", Handle: elsewhere(w.config.Admin)},
		wire.Route{Path: "/identities", Handle: elsewhere(w.config.Admin.JoinPath("admin"))},
		wire.Route{Path: "/identities/{rest...}", Handle: elsewhere(w.config.Admin.JoinPath("admin"))},
	)
	return wire.Routes{Public: public, Admin: w.adminRoutes(s)}
}

// kindRoutes are the routes of a kind of flow. Its form has one path, with any
// method.
func kindRoutes(k flow.Kind) []wire.Route {
	base := "/self-service/" + string(k)
	return []wire.Route{
		{Verb: http.MethodGet, Path: base + "/api", Op: wire.OpStartAPI, Kind: k},
		{Verb: http.MethodGet, Path: base + "/browser", Op: wire.OpStartBrowser, Kind: k},
		{Verb: http.MethodGet, Path: base + "/flows", Op: wire.OpFetch, Kind: k},
		{Verb: http.MethodPost, Path: base, Op: wire.OpSubmit, Kind: k},
		{Verb: http.MethodGet, Path: base, Op: wire.OpSubmit, Kind: k, NoHead: true},
	}
}

// disabledRoutes say that a kind is switched off.
func (w *Wire) disabledRoutes(k flow.Kind) []wire.Route {
	base := "/self-service/" + string(k)
	return []wire.Route{
		{Verb: http.MethodGet, Path: base + "/api", Handle: w.disabled(k)},
		{Verb: http.MethodGet, Path: base + "/browser", Handle: w.disabled(k)},
		{Verb: http.MethodGet, Path: base + "/flows", Handle: w.disabled(k)},
		{Verb: http.MethodPost, Path: base, Handle: w.disabled(k)},
		{Verb: http.MethodGet, Path: base, Handle: w.disabled(k), NoHead: true},
	}
}

// sessionRoutes are those that belong to no flow.
func (w *Wire) sessionRoutes() []wire.Route {
	const callback = "/self-service/methods/oidc/callback"
	return []wire.Route{
		{Verb: http.MethodGet, Path: callback + "/{provider}", Op: wire.OpFromProvider, NoHead: true},
		{Verb: http.MethodPost, Path: callback + "/{provider}", Op: wire.OpPostedByProvider},
		{Verb: http.MethodGet, Path: callback, Op: wire.OpFromProvider, NoHead: true},
		{Verb: http.MethodPost, Path: callback, Op: wire.OpPostedByProvider},
		{Verb: http.MethodGet, Path: "/self-service/logout/browser", Handle: w.startLogout},
		{Verb: http.MethodGet, Path: "/self-service/logout", Handle: w.logout, NoHead: true},
		{Verb: http.MethodDelete, Path: "/self-service/logout/api", Handle: w.logoutNative},
		{Verb: http.MethodGet, Path: "/self-service/errors", Handle: w.getError},
		{Path: "/sessions/whoami", Handle: w.whoami, Cacheable: true},
		{Verb: http.MethodGet, Path: "/sessions/jwks.json", Handle: w.tokenKeys, Cacheable: true},
		{Verb: http.MethodGet, Path: "/sessions", Handle: w.listMine},
		{Verb: http.MethodDelete, Path: "/sessions", Handle: w.endOthers},
		{Verb: http.MethodDelete, Path: "/sessions/{id}", Handle: w.endMine},
		{Verb: http.MethodGet, Path: "/sessions/token-exchange", Handle: w.exchangeToken},
		{Verb: http.MethodGet, Path: "/schemas", Handle: w.listSchemas},
		{Verb: http.MethodGet, Path: "/schemas/{id}", Handle: w.getSchema},
	}
}

// adminRoutes are those of the admin listener.
func (w *Wire) adminRoutes(s wire.Served) []wire.Route {
	out := []wire.Route{
		{Verb: http.MethodGet, Path: "/admin/identities", Handle: w.listIdentities},
		{Verb: http.MethodPost, Path: "/admin/identities", Handle: w.createIdentity},
		{Verb: http.MethodPatch, Path: "/admin/identities", Handle: w.createBatch},
		{Verb: http.MethodGet, Path: "/admin/identities/by/external/{id}", Handle: w.getByExternalID},
		{Verb: http.MethodGet, Path: "/admin/identities/{id}", Handle: w.getIdentity},
		{Verb: http.MethodPut, Path: "/admin/identities/{id}", Handle: w.updateIdentity},
		{Verb: http.MethodPatch, Path: "/admin/identities/{id}", Handle: w.patchIdentity},
		{Verb: http.MethodDelete, Path: "/admin/identities/{id}", Handle: w.deleteIdentity},
		{Verb: http.MethodDelete, Path: "/admin/identities/{id}/credentials/{type}", Handle: w.deleteCredential},
		{Verb: http.MethodGet, Path: "/admin/identities/{id}/sessions", Handle: w.listOf},
		{Verb: http.MethodDelete, Path: "/admin/identities/{id}/sessions", Handle: w.endAllOf},
		{Verb: http.MethodGet, Path: "/admin/sessions", Handle: w.listSessions},
		{Verb: http.MethodGet, Path: "/admin/sessions/ended", Handle: w.endedSessions},
		{Verb: http.MethodGet, Path: "/admin/sessions/{id}", Handle: w.getSession},
		{Verb: http.MethodDelete, Path: "/admin/sessions/{id}", Handle: w.disableSession},
		{Verb: http.MethodPatch, Path: "/admin/sessions/{id}/extend", Handle: w.extendSession},
		{Verb: http.MethodGet, Path: "/admin/courier/messages", Handle: w.listMessages},
		{Verb: http.MethodGet, Path: "/admin/courier/messages/{id}", Handle: w.getMessage},
		{Verb: http.MethodGet, Path: "/admin/health/alive", Handle: w.healthy},
		{Verb: http.MethodGet, Path: "/admin/health/ready", Handle: w.healthy},
		{Verb: http.MethodGet, Path: "/admin/version", Handle: w.version},
	}
	if w.base.String() == w.config.Public.String() { // the paths of both listeners are ours
		out = append(out,
			wire.Route{Path: "/sessions/whoami", Handle: elsewhere(w.config.Public)},
			wire.Route{Path: "/schemas", Handle: elsewhere(w.config.Public)},
			wire.Route{Path: "/admin/schemas", Handle: exactly(w.config.Public.JoinPath("schemas"))},
			wire.Route{Path: "/self-service/{rest...}", Handle: elsewhere(w.config.Public)},
		)
	}
	for method, h := range map[string]wire.Handler{groupLink: w.createRecoveryLink, groupCode: w.createRecoveryCode} {
		if !s.Serves(flow.Recovery) || !slices.Contains(s.Methods(flow.Recovery), method) {
			h = switchedOff
		}
		out = append(out, wire.Route{Verb: http.MethodPost, Path: "/admin/recovery/" + method, Handle: h})
	}
	return out
}

// elsewhere leads to the listener that a path belongs to.
func elsewhere(to *url.URL) wire.Handler {
	return func(out http.ResponseWriter, r *http.Request) error {
		u := to.JoinPath(r.URL.Path)
		u.RawQuery = r.URL.RawQuery
		http.Redirect(out, r, u.String(), http.StatusTemporaryRedirect)
		return nil
	}
}

// exactly leads to one place.
func exactly(to *url.URL) wire.Handler {
	return func(out http.ResponseWriter, r *http.Request) error {
		http.Redirect(out, r, to.String(), http.StatusTemporaryRedirect)
		return nil
	}
}
