package wire

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// linkRules are about recovery and verification.
func linkRules() []*rule {
	const (
		recovery     = "completeSelfServiceRecoveryFlowWithLinkMethod"
		verification = "completeSelfServiceVerificationFlowWithLinkMethod"
		both         = "completeSelfService(Recovery|Verification)FlowWithLinkMethod"
		withCookie   = "The HTTP Request Header included the \"Cookie\" key, indicating that this request was made by a Browser. The flow however was " +
			"initiated as an API request. To prevent potential misuse and mitigate several attack vectors including CSRF, the request has been blocked. " +
			"Please consult the documentation."
		byGET = "Unable to decode body because HTTP Request Method was \"GET\" but only [POST PUT PATCH] are supported."
	)
	return []*rule{
		{
			source: "issue 13", reason: "request_url keeps no token",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					kept, _ := o["request_url"].(string)
					clean := linkToken.ReplaceAllString(kept, "")
					o["request_url"] = clean
					if kept == "" {
						delete(o, "request_url")
					}
					return clean != kept
				})
			},
		},
		on(recovery+`\.token\.ok\.settings-flow`, "issue 13", "a recovery ends the other sessions, and the first proof of an address what was set up before", func(_ *player, want *answer) {
			flow, _ := want.value.(map[string]any)
			messages, _ := flow["messages"].([]any)
			flow["messages"] = append(messages, map[string]any{
				"id": json.Number("1060010"), "type": "info", "context": map[string]any{},
				"text": "This address was confirmed for the first time. The password and the connected accounts from before have been removed, " +
					"since they may not be yours. Please set a new password.",
			})
		}),
		on(verification+`\.token\.reuse\.flow`, "issue 13", "a used link of an address that is confirmed says so", func(_ *player, want *answer) {
			flow, _ := want.value.(map[string]any)
			flow["state"] = "passed_challenge"
			flow["request_url"] = "http://" + hosts["public"] + "/self-service/verification/browser"
			flow["messages"] = []any{map[string]any{
				"id": json.Number("1070001"), "text": "You successfully verified your email address.", "type": "info", "context": map[string]any{},
			}}
		}),
		on(both+`\.browser\.no-csrf`, "surprises 1.1", "the flow judges the token and the cookie, as everywhere", seeOther("http://127.0.0.1:4455/error?error={{uuid}}")),
		on(recovery+`\.browser\.json-body-no-header`, "surprises 1.1", "the flow judges the token and the cookie, as everywhere",
			seeOther("http://127.0.0.1:4455/recovery?flow={{id.71}}")),
		on(recovery+`\.browser\.already-logged-in`, "surprises 1.1", "the flow judges the token and the cookie, as everywhere", seeOther("http://127.0.0.1:4455/")),
		on(recovery+`\.api\.(ok-attempt-json|form)`, "surprises 1.1", "API flows can be submitted", sent("{{id.80}}")),
		on(verification+`\.api\.ok-attempt-json`, "surprises 1.1", "API flows can be submitted", sent("{{id.105}}")),
		on(recovery+`\.api\.with-csrf-cookie-and-header`, "surprises 1.1", "the flow judges the token and the cookie, as everywhere", func(p *player, want *answer) {
			rejected("{{id.80}}", "link", withCookie)(p, want)
			eachFieldOf(want, func(f map[string]any) bool {
				switch f["name"] {
				case "email":
					f["value"] = "settings@example.org"
				case "csrf_token":
					f["value"] = "{{mask}}"
				}
				return false
			})
		}),
		on(recovery+`\.api\.get-method`, "surprises 1.2", "what cannot be decoded is said", func(p *player, want *answer) {
			want.text = ""
			want.setHeader("Vary", "Cookie")
			rejected("{{id.80}}", "link", byGET)(p, want)
		}),
		on(recovery+`\.browser\.bad-content-type`, "surprises 1.2", "what cannot be decoded is said", func(p *player, want *answer) {
			want.setHeader("Vary", "Cookie")
			seeOther("http://127.0.0.1:4455/recovery?flow={{id.78}}")(p, want)
		}),
		on(both+`\.browser\.invalid-email\.flow`, "surprises 4.10", "an address must be one", func(_ *player, want *answer) {
			flow, _ := want.value.(map[string]any)
			flow["messages"], flow["state"] = []any{}, "choose_method"
			eachFieldOf(want, func(f map[string]any) bool {
				if f["name"] == "email" {
					f["messages"] = []any{textMessage("\"nope\" is not valid \"email\"")}
				}
				return false
			})
		}),
		on(recovery+`\.token\.ok\.recovery-flow|`+verification+`\.token\.ok\.flow`, "surprises 2.6", "no method is active after success",
			func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				delete(flow, "active")
			}),
		on(verification+`\.(hook-)?token\.ok\.flow`, "surprises 2.7", "success is said", func(_ *player, want *answer) {
			flow, _ := want.value.(map[string]any)
			flow["messages"] = []any{map[string]any{
				"id": json.Number("1070001"), "text": "You successfully verified your email address.", "type": "info", "context": map[string]any{},
			}}
		}),
		on(`recovery\.two-links\.first`, "surprises 4.8", "a new link replaces the old", func(p *player, want *answer) {
			redirected("http://127.0.0.1:4455/recovery?flow={{uuid}}")(p, want)
			want.dropHeader("Set-Cookie", "ory_kratos_session=")
		}),
		on(`recovery\.old-session-still-valid`, "surprises 4.6", "a recovery ends the other sessions, and the first proof of an address what was set up before", func(_ *player, want *answer) {
			want.status = 401
			want.dropHeader("X-Kratos-Authenticated-Identity-Id", "")
			want.setHeader("Content-Type", "application/json")
			want.value = parse(`{"error":{"code":401,"status":"Unauthorized","reason":"No valid session cookie found.",` +
				`"message":"The request could not be authorized"}}`)
		}),
		on(verification+`\.(token\.expired|hook-token\.ok)\.flow`, "decision 19, surprises 2.3", "a link belongs to a flow, whose request_url stays",
			func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				flow["request_url"] = "http://" + hosts["public"] + "/self-service/verification/browser"
			}),
		on(recovery+`\.(token|admin-link)\.expired\.flow`, "surprises 2.3", "the flow that replaces an expired one keeps its request_url",
			func(_ *player, want *answer) {
				flow, _ := want.value.(map[string]any)
				flow["request_url"] = "http://" + hosts["public"] + "/self-service/recovery/browser"
			}),
		on(`(admin\.)?getSelfServiceVerificationFlow\.(notfound|missing-id)`, "surprises 1.6", "an unknown flow is not found", func(_ *player, want *answer) {
			want.status, want.text = 404, ""
			want.setHeader("Content-Type", "application/json")
			want.value = parse(`{"error":{"code":404,"status":"Not Found","message":"Unable to locate the resource"}}`)
		}),
	}
}

// linkToken is the token in the query of a link, which nothing follows.
var linkToken = regexp.MustCompile(`[?&]token=[^&]*$`)

// seeOther is the redirect that answers a POST.
func seeOther(location string) func(*player, *answer) {
	return func(_ *player, want *answer) {
		want.status, want.value, want.text = 302, nil, ""
		want.dropHeader("Content-Type", "")
		want.setHeader("Cache-Control", noStore)
		want.setHeader("Location", location)
	}
}

const noStore = "private, no-cache, no-store, must-revalidate"

// sent is a flow after its mail was sent.
func sent(flow string) func(*player, *answer) {
	return func(p *player, want *answer) {
		p.flowAgain(want, 200, flow, "link")
		o, _ := want.value.(map[string]any)
		o["state"] = "sent_email"
		o["messages"] = []any{map[string]any{
			"id": json.Number(map[string]string{"{{id.80}}": "1060002", "{{id.105}}": "1070002"}[flow]), "type": "info", "context": map[string]any{},
			"text": fmt.Sprintf("An email containing a %s link has been sent to the email address you provided.",
				map[string]string{"{{id.80}}": "recovery", "{{id.105}}": "verification"}[flow]),
		}}
		eachFieldOf(want, func(f map[string]any) bool {
			if f["name"] == "email" {
				f["value"] = "settings@example.org"
			}
			return false
		})
	}
}

// rejected is a flow with a message on the form of a method.
func rejected(flow, method, text string) func(*player, *answer) {
	return func(p *player, want *answer) {
		p.flowAgain(want, 400, flow, method)
		o, _ := want.value.(map[string]any)
		o["messages"] = []any{}
		methodConfig(o, method)["messages"] = []any{textMessage(text)}
	}
}

// flowAgain expects a flow as it was last seen, without what was submitted of one method.
func (p *player) flowAgain(want *answer, status int, flow, method string) {
	want.status, want.value = status, parse(compact(p.flows[flow]))
	want.setHeader("Content-Type", "application/json; charset=utf-8")
	want.setHeader("Cache-Control", noStore)
	o, _ := want.value.(map[string]any)
	o["active"] = method
	config := methodConfig(o, method)
	delete(config, "messages")
	eachField(config, func(f map[string]any) {
		delete(f, "messages")
		delete(f, "value")
	})
}

func textMessage(text string) map[string]any {
	return map[string]any{"id": json.Number("4000001"), "text": text, "type": "error"}
}
