package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// sessionCookie is the name of the session cookie unless session.cookie.name gives another.
const sessionCookie = "ory_kratos_session"

// recovery sees whether the ways that the default identity schema promises are open: people
// whose address is for recovery want to recover.
func (w *walk) recovery(ctx context.Context) verdict {
	a, err := w.app.get(ctx, w.at("schemas/default"), "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	var schema any
	if a.status != http.StatusOK || json.Unmarshal(a.body, &schema) != nil {
		return skip("there is no identity schema with the id default")
	}
	for _, way := range []string{"recovery", "verification"} {
		if !promises(schema, way) {
			continue
		}
		start, err := w.app.get(ctx, w.at("self-service/"+way+"/browser"), "Accept", likesHTML)
		switch {
		case err != nil:
			return w.failed(err)
		case start.status == http.StatusNotFound && way == "recovery":
			return found("recovery_off", "%s, and the identity schema has recovery addresses", start)
		case start.status == http.StatusNotFound:
			return found("verification_off", "%s, and the identity schema has addresses to verify", start)
		}
	}
	return fine("what the identity schema promises is served")
}

// promises reports whether a schema marks a field for recovery or verification.
func promises(schema any, way string) bool {
	switch node := schema.(type) {
	case map[string]any:
		if own, ok := node["ory.sh/kratos"].(map[string]any); ok && own[way] != nil {
			return true
		}
		for _, child := range node {
			if promises(child, way) {
				return true
			}
		}
	case []any:
		for _, child := range node {
			if promises(child, way) {
				return true
			}
		}
	}
	return false
}

// sessionReach sees whether the session cookie reaches the application's own server. The answer
// to a sign-out names the domain of the cookie, even without a session.
func (w *walk) sessionReach(ctx context.Context) verdict {
	app, err := url.Parse(w.config.Origin)
	if err != nil || strings.EqualFold(app.Hostname(), w.asked.Hostname()) {
		return fine("the application is on the same host, so the session cookie reaches it")
	}
	if site(app) != site(w.asked) {
		return skip("no cookie reaches another site")
	}
	start := w.at("self-service/login/browser")
	start.RawQuery = url.Values{"return_to": {w.config.Origin + "/"}}.Encode()
	led, err := w.app.get(ctx, start, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	if to := led.redirect(); to == nil || to.Path != w.flowPage.Path {
		return skip("people are not led back to the application (selfservice.whitelisted_return_urls)")
	}
	out, err := w.app.get(ctx, w.at("self-service/browser/flows/logout"), "Accept", likesHTML,
		"Cookie", sessionCookie+"=none; __Host-"+sessionCookie+"=none")
	if err != nil {
		return w.failed(err)
	}
	known := false
	for _, c := range out.cookies {
		if strings.TrimPrefix(c.Name, "__Host-") != sessionCookie {
			continue
		}
		known = true
		domain := strings.ToLower(strings.TrimPrefix(c.Domain, "."))
		if domain != "" && (strings.EqualFold(app.Hostname(), domain) || strings.HasSuffix(strings.ToLower(app.Hostname()), "."+domain)) {
			return fine("the session cookie is for %s, so it reaches %s", domain, w.config.Origin)
		}
	}
	if !known {
		return skip("the session cookie has a name of its own (session.cookie.name)")
	}
	return found("cookie_misses_app", "the session cookie is for %s alone", w.asked.Hostname())
}

// clientAddress sees whether a proxy names the clients to a server that does not believe it.
func (w *walk) clientAddress(ctx context.Context) verdict {
	before, ok := w.unbelieved(ctx)
	if !ok {
		return skip("the admin listener does not tell")
	}
	if _, err := w.app.get(ctx, w.at("version"), "Accept", likesJSON); err != nil {
		return w.failed(err)
	}
	if after, _ := w.unbelieved(ctx); after.Requests > before.Requests {
		return found("proxy_not_trusted", "the server is asked by %s, which sends %s and is not in serve.trusted_proxies", after.Peer, after.Header)
	}
	return fine("no proxy is in between whose word does not count")
}

// unbelieved is what the admin listener says of requests whose forwarded headers do not count.
type unbelieved struct {
	Requests     int64
	Peer, Header string
}

func (w *walk) unbelieved(ctx context.Context) (unbelieved, bool) {
	a, err := w.app.get(ctx, folder(w.config.Admin).JoinPath("health/detail"), "Accept", likesJSON)
	var detail struct {
		Untrusted *unbelieved `json:"untrusted_forwards"`
	}
	if err != nil || json.Unmarshal(a.body, &detail) != nil || detail.Untrusted == nil {
		return unbelieved{}, false
	}
	return *detail.Untrusted, true
}
