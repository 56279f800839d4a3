package wire

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
)

// on is a rule for the exchanges of a name.
func on(names, source, reason string, change func(*player, *answer)) *rule {
	named := regexp.MustCompile("^(?:" + names + ")$")
	return &rule{source: source, reason: reason, names: named, rewrite: func(p *player, e entry, want *answer) bool {
		if !named.MatchString(e.Name) {
			return false
		}
		change(p, want)
		return true
	}}
}

// singleRules are the differences of single exchanges.
func singleRules() []*rule {
	return slices.Concat(routingRules(), returnRules(), decodingRules(), adminRules(), linkRules())
}

// routingRules are about paths, methods and headers.
func routingRules() []*rule {
	return []*rule{
		on(`public\.head\.alive`, "surprises 1.12", "HEAD is answered as GET is", func(_ *player, want *answer) {
			want.status = 200
			want.dropHeader("Allow", "")
			want.dropHeader("X-Content-Type-Options", "")
			want.setHeader("Content-Type", "application/json; charset=utf-8")
		}),
		on(`prod\.x-forwarded|prod\.registration\.flow`, "decision 6", "request_url lies below base_url", func(_ *player, want *answer) {
			o, _ := want.value.(map[string]any)
			_, path, _ := strings.Cut(fmt.Sprint(o["request_url"]), "/self-service/")
			o["request_url"] = "https://id.example.org/auth/self-service/" + path
		}),
		on(`hibp-offline-strict\.registration`, "surprises 4.12", "the reason names no address of the network", func(_ *player, want *answer) {
			const reason = "unable to check if password has been leaked because an unexpected network error occurred"
			eachFieldOf(want, func(f map[string]any) bool {
				messages, _ := f["messages"].([]any)
				if m, ok := firstObject(messages); ok {
					m["context"] = map[string]any{"reason": reason}
					m["text"] = "The password can not be used because " + reason + "."
				}
				return false
			})
		}),
	}
}

// notAllowed are the values of return_to in the recording that the configuration does not allow.
var notAllowed = regexp.MustCompile(`^return_to=(https://evil\.example/?|%00|http://127\.0\.0\.1:4455/application.*)$`)

// returnRules are about where browsers are led.
func returnRules() []*rule {
	const refused = "http://127.0.0.1:4455/error?error={{uuid}}"
	return []*rule{
		on(`setup\.(11|13|25|27|38)|initializeSelfServiceRegistrationViaBrowserFlow\.already-logged-in\.bad-return_to`,
			"decision 6", "a return_to that is not allowed leads to the error page at the start", redirected(refused)),
		on(`initializeSelfServiceRegistrationViaBrowserFlow\.already-logged-in\.whitelisted-return_to`,
			"surprises 2.10", "an allowed return_to is used for those who are signed in", redirected("http://127.0.0.1:4455/app/x")),
		on(`getSelfServiceSettingsFlow\.unauthenticated|completeSelfServiceSettingsFlowWith(Password|Profile)Method\.api\.unauthenticated\.form|`+
			`initializeSelfServiceSettingsViaBrowserFlow\.unauthenticated|session-expired\.settings`,
			"surprises 2.11", "a browser without a session is led to a login and back",
			redirected("http://127.0.0.1:14433/self-service/login/browser?return_to=http%3A%2F%2F127.0.0.1%3A14433%2Fself-service%2Fsettings%2Fbrowser")),
		on(`completeSelfService(Login|Registration)FlowWithPasswordMethod\.browser\.ok\.(bad-return_to|unparsable-return_to|return_to-prefix-trick)`,
			"decision 6", "the flow was started without the return_to that is not allowed", redirected("http://127.0.0.1:4455/")),
		on(`completeSelfServiceSettingsFlowWithPasswordMethod\.browser\.ok\.bad-return_to\.flow`, "decision 6",
			"the flow was started without the return_to that is not allowed", func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				delete(methodConfig(flow, "password"), "messages")
			}),
		on(`completeSelfServiceSettingsFlowWithProfileMethod\.api\.not-privileged\.protected-field`, "surprises 2.13", "API answers set no cookie",
			func(_ *player, want *answer) { want.dropHeader("Set-Cookie", "ory_kratos_continuity=") }),
		{
			source: "decision 6", reason: "the flow was started without the return_to that is not allowed",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				o, _ := want.value.(map[string]any)
				address, _ := o["request_url"].(string)
				path, query, _ := strings.Cut(address, "?")
				if !notAllowed.MatchString(query) {
					return false
				}
				o["request_url"] = path
				return true
			},
		},
		on(`setup\.164|secrets\.cookie\.two\.login`, "surprises 4.2", "two cookie secrets work", func(_ *player, want *answer) {
			redirected("http://127.0.0.1:4455/")(nil, want)
			want.dropHeader("Set-Cookie", "")
			want.signsIn()
		}),
	}
}

// signsIn adds the cookies of a sign-in.
func (a *answer) signsIn() {
	a.addHeader("Set-Cookie", "csrf_token={{csrf}}; Path=/; Domain=127.0.0.1; Max-Age=31536000; HttpOnly; SameSite=Lax")
	a.addHeader("Set-Cookie", "ory_kratos_session={{cookie}}; Path=/; Expires={{date}}; Max-Age=86400; HttpOnly; SameSite=Lax")
}

// redirected leads elsewhere.
func redirected(location string) func(*player, *answer) {
	return func(_ *player, want *answer) {
		want.status = 302
		want.setHeader("Location", location)
		if want.text != "" {
			want.text = fmt.Sprintf("<a href=\"%s\">Found</a>.\n\n", html.EscapeString(location))
		}
	}
}

// decodingRules are about what is read from bodies.
func decodingRules() []*rule {
	const registration = "completeSelfServiceRegistrationFlowWithPasswordMethod"
	return []*rule{
		on(registration+`\.api\.nested-json-traits`, "surprises 1.3", "nested traits are read, and those left out stay", registered(`{"email":"nested@example.org"}`)),
		on(`registration\.null-values`, "decision 3", "null means absent", registered(`{"email":"nulls@example.org"}`)),
		on(`registration\.json-array-trait`, "surprises 1.3", "JSON lists are read as lists", registered(`{"email":"arr@example.org","nums":[1,2]}`)),
		on(registration+`\.api\.bad-json`, "surprises 1.8", "bad JSON is said on the form",
			rejected("{{id.18}}", "password", "Unable to decode JSON payload: unexpected EOF")),
		on(`completeSelfServiceSettingsFlowWithPasswordMethod\.api\.bad-json`, "surprises 1.8", "bad JSON is said on the form",
			rejected("{{id.36}}", "password", "Unable to decode JSON payload: unexpected EOF")),
		on(`completeSelfServiceLoginFlowWithPasswordMethod\.api\.number-password`, "decision 4", "a field of the wrong type is named",
			func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				delete(methodConfig(flow, "password"), "messages")
				eachFieldOf(want, func(f map[string]any) bool {
					if f["name"] == "password" {
						f["messages"] = []any{textMessage("expected string, but got number")}
					}
					return false
				})
			}),
		on(registration+`\.browser\.multipart`, "surprises 1.4", "multipart bodies are read", func(_ *player, want *answer) {
			redirected("http://127.0.0.1:4455/")(nil, want)
			want.signsIn()
		}),
		on(`completeSelfServiceSettingsFlowWithProfileMethod\.browser\.invalid\.flow`, "surprises 2.9", "one message for each cause",
			func(_ *player, want *answer) {
				eachFieldOf(want, func(f map[string]any) bool {
					if f["name"] == "traits.email" {
						f["messages"] = []any{textMessage(`"nope" is not valid "email"`)}
					}
					return false
				})
			}),
		{source: "surprises 2.8", reason: "the form is built again from the schema and the identity", rewrite: dropElements},
		on(registration+`\.browser\.(multipart|ok\.bad-return_to)\.flow|multi\.registration\.after`, "decision 2", "the flow has ended", gone),
		on(`completeSelfServiceRegistrationFlowWithPasswordMethod\.browser\.ok-no-session-hook\.accept-json`, "decision 3",
			"a session that is not stored is not active", func(_ *player, want *answer) {
				o, _ := want.value.(map[string]any)
				o["active"] = false
			}),
		on(`login\.identifier-with-spaces`, "surprises 3.3", "identifiers are compared without space around", func(p *player, want *answer) {
			want.status, want.value = 200, map[string]any{"session_token": "{{token}}", "session": sessionOf(p.identities["{{id.13}}"])}
		}),
		on(`multi\.login\.(JoeUser|JOEUSER)`, "surprises 3.1", "identifiers are compared in lower case", func(p *player, want *answer) {
			var joe any
			for _, identity := range p.identities {
				joe = identity // the only one in that run
			}
			want.status, want.value = 200, map[string]any{"session_token": "{{token}}", "session": sessionOf(joe)}
		}),
	}
}

// dropElements takes out of registration forms the fields that version 0.5 adds for elements of lists. A single element stands on the
// field of its list.
func dropElements(_ *player, _ entry, want *answer) bool {
	flow, _ := want.value.(map[string]any)
	config := methodConfig(flow, "password")
	var fields []any
	changed := false
	values := map[string]any{}
	for _, f := range fieldsOf(config) {
		if m := elementField.FindStringSubmatch(fmt.Sprint(f["name"])); m != nil {
			values[m[1]], changed = f["value"], true
			continue
		}
		fields = append(fields, f)
	}
	for _, f := range fields {
		if f, ok := f.(map[string]any); ok && values[fmt.Sprint(f["name"])] != nil {
			f["value"] = values[fmt.Sprint(f["name"])]
		}
	}
	if changed {
		config["fields"] = fields
	}
	return changed
}

// gone is the answer to the fetch of a registration flow of a browser that has ended.
func gone(_ *player, want *answer) {
	want.status = 410
	want.setHeader("Content-Type", "application/json")
	want.value = parse(`{"error":{"code":410,"status":"Gone","reason":"The registration flow has expired. Redirect the user to the registration flow ` +
		`init endpoint to initialize a new registration flow.","details":{"redirect_to":"http://127.0.0.1:14433/self-service/registration/browser"},` +
		`"message":"The requested resource is no longer available because it has expired or is otherwise invalid."}}`)
}

// registered is the answer to a registration of a person that is new.
func registered(traits string) func(*player, *answer) {
	return func(_ *player, want *answer) {
		identity := newIdentity(traits)
		want.status = 200
		want.value = map[string]any{"session_token": "{{token}}", "session": sessionOf(identity), "identity": identity}
	}
}

// newIdentity is an identity that was not there before.
func newIdentity(traits string) map[string]any {
	given, _ := parse(traits).(map[string]any)
	return map[string]any{
		"id": "{{uuid}}", "schema_id": "default", "schema_url": "http://" + hosts["public"] + "/schemas/default", "traits": given,
		"verifiable_addresses": []any{map[string]any{"id": "{{uuid}}", "value": given["email"], "verified": false, "via": "email", "status": "pending"}},
		"recovery_addresses":   []any{map[string]any{"id": "{{uuid}}", "value": given["email"], "via": "email"}},
	}
}

func sessionOf(identity any) map[string]any {
	return map[string]any{
		"id": "{{uuid}}", "active": true, "expires_at": "{{time}}", "authenticated_at": "{{time}}", "issued_at": "{{time}}", "identity": identity,
	}
}

// parse reads JSON of this file.
func parse(text string) any {
	value, err := decodeJSON(text)
	if err != nil {
		panic(err)
	}
	return value
}
