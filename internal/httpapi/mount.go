package httpapi

import (
	"net/http"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/httpapi/wire05"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
)

// mount is a wire below one base URL. The operations that all wires share are its
// methods: what they answer is the wire's.
type mount struct {
	*Server
	wire   wire.Wire
	rules  wire.Rules // of the wire
	prefix string     // of its paths: empty or, for example, /v0.5
	key    string     // tells the bodies apart that two mounts render of one session
}

func (s *Server) newMount(w wire.Wire, prefix string) *mount {
	rules := w.Rules()
	return &mount{Server: s, wire: w, rules: rules, prefix: prefix, key: prefix + " " + rules.Name}
}

// mountWires mounts every wire on the public listener: the configured one at the
// root, and each below its name.
func (s *Server) mountWires() {
	var below []*mount
	for _, newWire := range s.wires() {
		root := newWire(s.config.PublicURL)
		name := root.Rules().Name
		if name == s.config.Wire {
			s.mounts = append(s.mounts, s.newMount(root, ""))
		}
		below = append(below, s.newMount(newWire(s.config.PublicURL.JoinPath(name)), "/"+name))
	}
	s.mounts = append(s.mounts, below...)
	for _, m := range s.mounts {
		if w, ok := m.wire.(wire.Binder[wire1.Host]); ok {
			w.Bind(host{m})
		}
	}
	s.pagesMount = s.mountOf(wire05.Name)
}

// Wires are the names of the versions that a server speaks.
func Wires() []string { return []string{wire05.Name, wire1.Name} }

// mountOf returns the first mount of a wire.
func (s *Server) mountOf(name string) *mount {
	for _, m := range s.mounts {
		if m.rules.Name == name {
			return m
		}
	}
	return nil
}

// adminMounts are the wires of the admin listener, side by side at its root: their
// paths differ. What they answer leads to where the public listener serves them.
func (s *Server) adminMounts() []*mount {
	var out []*mount
	for _, newWire := range s.wires() {
		m := *s.mountOf(newWire(s.config.PublicURL).Rules().Name)
		m.prefix = ""
		out = append(out, &m)
	}
	return out
}

// serve adds the routes of a wire to a listener.
func (m *mount) serve(t *router, routes []wire.Route) {
	for _, r := range routes {
		path := m.prefix + r.Path
		h := r.Handle
		if h == nil {
			h = m.operation(r)
		}
		if r.NeedsToken {
			h = m.formOnly(h)
		}
		e := t.route(m, path).add(r.Verb, h)
		if r.Cacheable {
			e.cached()
		}
		if r.NoHead {
			e.getOnly = true
		}
		if r.Op == wire.OpPostedByProvider {
			e.anySite = true // it takes nothing but the answer, and has no effect
		}
	}
}

// operation is the handler of an operation that wires share.
func (m *mount) operation(r wire.Route) handler {
	switch r.Op {
	case wire.OpStartAPI:
		return m.startFlow(r.Kind, flow.API)
	case wire.OpStartBrowser:
		return m.startFlow(r.Kind, flow.Browser)
	case wire.OpFetch:
		return m.fetchFlow(r.Kind)
	case wire.OpInspect:
		return m.inspectFlow(r.Kind)
	case wire.OpSubmit:
		return m.submitFlow(r.Kind, r.Method)
	}
	fixed := map[wire.Op]handler{
		wire.OpToProvider: m.toProvider, wire.OpFromProvider: m.fromProvider, wire.OpPostedByProvider: m.postedByProvider,
		wire.OpLogout: m.logout, wire.OpWhoami: m.whoami, wire.OpRevokeToken: m.revoke,
		wire.OpStoredError: m.getError, wire.OpInspectError: m.inspectError, wire.OpSchema: m.getSchema,
		wire.OpListIdentities: m.listIdentities, wire.OpCreateIdentity: m.createIdentity, wire.OpImportIdentities: m.importIdentities,
		wire.OpGetIdentity: m.getIdentity, wire.OpUpdateIdentity: m.updateIdentity, wire.OpDeleteIdentity: m.deleteIdentity,
		wire.OpDeleteCredential: m.deleteCredential,
		wire.OpRecoveryLink:     m.createRecoveryLink,
	}
	h, ok := fixed[r.Op]
	if !ok {
		panic("httpapi: no operation for route " + r.Path)
	}
	return h
}

// request is what the wire may know of a request.
func (m *mount) request(r *http.Request, k flow.Kind, c flow.Caller) wire.Request {
	return wire.Request{Request: r, Kind: k, Caller: c, URL: m.requestURL(r), Page: m.engine.Page}
}
