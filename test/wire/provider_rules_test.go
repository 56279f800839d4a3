package wire

import (
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"regexp"
	"strings"
)

// providerRules are about accounts at other providers.
func providerRules() []*rule {
	return []*rule{
		{
			source: "decision 12", reason: "the provider is asked with PKCE and, where it speaks OpenID Connect, a nonce and how old a sign-in may be",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				to, changed := asked(want.header("Location"))
				if changed {
					if want.text != "" {
						want.text = "<a href=\"" + html.EscapeString(to) + "\">Found</a>.\n\n"
					}
					want.setHeader("Location", to)
				}
				return changed
			},
		},
		{source: "surprises 2.8", reason: "all forms of a flow have one token", masked: true, rewrite: shareTokens},
		{source: "surprises 2.8", reason: "every provider stays on offer", rewrite: offerAll},
		{source: "surprises 2.8", reason: "what a provider did not tell is asked for by the whole schema", rewrite: askWhole},
		{source: "surprises 2.8", reason: "the form is built again from the schema and the identity", rewrite: rebuildLinks},
		{
			source: "compatibility", reason: "a form that comes back has a new token", masked: true,
			rewrite: func(_ *player, e entry, want *answer) bool {
				return comesBack.MatchString(e.Name) && eachFieldOf(want, func(f map[string]any) bool {
					if f["name"] == "csrf_token" {
						f["value"] = "{{mask}}"
					}
					return f["name"] == "csrf_token"
				})
			},
		},
		on(`oidc\.auth\.broken-provider`, "surprises 1.8", "a provider in trouble is told on the form", seeOther("http://127.0.0.1:4455/registration?flow={{id.1}}")),
		on(`oidc\.callback\.bad-code\.callback`, "surprises 1.8", "a provider in trouble is told on the form", redirected("http://127.0.0.1:4455/login?flow={{id.23}}")),
		on(`oidc\.auth\.api-flow`, "surprises 1.8", "an API flow that cannot go to a provider is a client's mistake", func(_ *player, want *answer) {
			want.status = 400
			want.dropHeader("X-Request-Id", "")
			want.value = parse(`{"error":{"code":400,"status":"Bad Request","message":"The request was malformed or contained invalid parameters",` +
				`"reason":"Signing in with a provider needs the flow of a browser. Please start one at /self-service/login/browser."}}`)
		}),
		on(`oidc\.login\.not-registered\.callback`, "surprises 2.3", "return_to and request_url outlive the change from login to registration",
			redirected("http://127.0.0.1:4455/app/oidc")),
		on(`oidc\.login\.not-registered\.missing-traits\.flow`, "surprises 2.3", "return_to and request_url outlive the change from login to registration",
			func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				flow["request_url"] = "http://" + hosts["public"] + "/self-service/login/browser"
			}),
		on(`oidc\.auth\.already-authenticated`, "surprises 4.5", "a link to a provider counts in the browser of its flow alone",
			redirected("http://127.0.0.1:4455/error?error={{uuid}}")),
		on(connections+`documented-path`, "surprises 1.7", "the documented path is served", func(p *player, want *answer) {
			seeOther("http://127.0.0.1:14433/self-service/methods/oidc/auth/{{id.62}}?provider=acme")(p, want)
			want.dropHeader("X-Content-Type-Options", "")
		}),
		on(connections+`link-taken-subject\.flow`, "decision 2", "each submission sets the state again", func(_ *player, want *answer) {
			flow, _ := want.value.(map[string]any)
			flow["state"], flow["messages"] = "show_form", []any{}
		}),
	}
}

// comesBack are the fetches of flows whose form was shown again, or that a browser resumed after signing in.
var comesBack = regexp.MustCompile(`^(oidc\.callback\.(error\.login|no-code|no-id-token|wrong-aud)\.flow|.*\.not-privileged\.resume\.flow)$`)

const connections = `completeSelfServiceBrowserSettingsOIDCSettingsFlow\.`

// eachFlow changes the flows of a body that have a form of providers.
func eachFlow(want *answer, change func(flow, providers map[string]any) bool) bool {
	return eachObject(want.value, func(o map[string]any) bool {
		config := methodConfig(o, "oidc")
		return o["request_url"] != nil && config != nil && change(o, config)
	})
}

func shareTokens(_ *player, _ entry, want *answer) bool {
	return eachFlow(want, func(flow, _ map[string]any) bool {
		before := compact(flow["methods"])
		shareToken(flow)
		return compact(flow["methods"]) != before
	})
}

// offered are the providers of the recorded configuration.
var offered = []string{"acme", "second", "gh", "ms", "dc", "broken"}

// offerAll lists every provider where the recording has some without a name.
func offerAll(_ *player, _ entry, want *answer) bool {
	return eachFlow(want, func(_, config map[string]any) bool {
		nameless := false
		for _, f := range fieldsOf(config) {
			nameless = nameless || f["name"] == "provider" && f["value"] == nil
			if strings.HasPrefix(f["name"].(string), "traits") {
				return false
			}
		}
		if !nameless {
			return false
		}
		fields := []any{fieldsOf(config)[0]}
		for _, id := range offered {
			fields = append(fields, map[string]any{"name": "provider", "type": "submit", "value": id})
		}
		config["fields"] = fields
		return true
	})
}

// askWhole asks for all traits as the form of the password does, with the values and messages that the recording has for some, and
// offers the provider that was chosen.
func askWhole(_ *player, _ entry, want *answer) bool {
	return eachFlow(want, func(flow, config map[string]any) bool {
		known := map[string]map[string]any{}
		for _, f := range fieldsOf(config) {
			if name := f["name"].(string); strings.HasPrefix(name, "traits") {
				known[name] = f
			}
		}
		if len(known) == 0 {
			return false
		}
		if missing, _ := known["traits"]["messages"].([]any); len(missing) > 0 {
			known["traits.email"] = map[string]any{"messages": []any{map[string]any{
				"id": json.Number("4000002"), "text": "Property email is missing.", "type": "error", "context": map[string]any{"property": "email"},
			}}}
		}
		fields := []any{fieldsOf(config)[0]}
		for _, f := range fieldsOf(methodConfig(flow, "password")) {
			if !strings.HasPrefix(f["name"].(string), "traits.") {
				continue
			}
			field := maps.Clone(f)
			delete(field, "value")
			for _, member := range []string{"value", "messages"} {
				if value := known[f["name"].(string)][member]; value != nil {
					field[member] = value
				}
			}
			fields = append(fields, field)
		}
		config["fields"] = append(fields, map[string]any{"name": "provider", "type": "submit", "value": "acme"})
		return true
	})
}

// rebuildLinks drops the field that stood for a missing one, and shows what the latest change made possible.
func rebuildLinks(_ *player, e entry, want *answer) bool {
	return eachSettingsFlow(want, func(flow map[string]any) bool {
		config := methodConfig(flow, "oidc")
		var fields []any
		for _, f := range fieldsOf(config) {
			if f["name"] != "unlink" || f["type"] != "" {
				fields = append(fields, f)
			}
		}
		if strings.HasSuffix(e.Name, ".oidc-user-sets-first-password.flow") {
			fields = append(fields, map[string]any{"name": "unlink", "type": "submit", "value": "acme"})
			delete(config, "messages")
		}
		changed := len(fields) != len(fieldsOf(config))
		if changed {
			config["fields"] = fields
		}
		return changed
	})
}

// asked adds what an authorisation request has beyond the recorded one.
func asked(location string) (string, bool) {
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("response_type") != "code" {
		return location, false
	}
	more := "&code_challenge={{random}}&code_challenge_method=S256"
	if strings.Contains(u.Query().Get("scope"), "openid") {
		if u.Query().Get("prompt") == "login" {
			more += "&max_age=0"
		}
		more += "&nonce={{token}}"
	}
	id := "client_id=" + url.QueryEscape(u.Query().Get("client_id"))
	return strings.Replace(location, id, id+more, 1), true
}
