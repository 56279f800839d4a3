package wire

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
)

// rule is one difference from the recorded answers that is on purpose. It says how the answer to expect is rewritten, so that all
// the rest of that answer is still compared exactly.
type rule struct {
	source string // "decision 5", "surprises 2.8" or "issue 13", more than one with a comma; "compatibility" for docs/compatibility.md alone
	reason string // a sentence on what is answered instead, in the present tense
	// names are the exchanges that are meant, where the rule is on single ones.
	names *regexp.Regexp
	// masked tells that the conformance program does not see the difference, for it masks such values, or the relay bridges it.
	masked bool
	// rewrite changes the answer to expect, and tells whether it did.
	rewrite func(p *player, e entry, want *answer) bool
	// applied tells whether the rule changed an answer anywhere. One that never does is out of date.
	applied atomic.Bool
}

// newRules lists the differences: first those that many answers share, then those of single exchanges.
func newRules() []*rule {
	return slices.Concat(sharedRules(), identityRules(), settingsRules(), providerRules(), cookieRules(), singleRules(), browserRules(), deviceRules())
}

// sharedRules are the differences that many answers share.
func sharedRules() []*rule {
	return []*rule{
		{
			source: "decision 5", reason: "the csrf cookie is set only where a browser flow, a sign-in or a logout needs it",
			rewrite: func(_ *player, e entry, want *answer) bool {
				return !needsCSRFCookie(e, *want) && want.dropHeader("Set-Cookie", "csrf_token=")
			},
		},
		{
			source: "surprises 2.8", reason: "fields of required traits say so",
			rewrite: func(_ *player, e entry, want *answer) bool {
				return eachFieldOf(want, func(f map[string]any) bool {
					required := f["name"] == "traits.email" && e.Config != "multi" || f["name"] == "traits.username" && e.Config == "multi"
					if required {
						f["required"] = true
					}
					return required
				})
			},
		},
		{
			source: "surprises 2.9", reason: "one message for each cause",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachFieldOf(want, func(f map[string]any) bool {
					messages, _ := f["messages"].([]any)
					once := slices.CompactFunc(slices.Clone(messages), func(a, b any) bool { return compact(a) == compact(b) })
					f["messages"] = once
					return len(once) < len(messages)
				})
			},
		},
		{
			source: "surprises 4.9", reason: "errors carry no debug text", masked: true,
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					_, isError := o["code"]
					_, debug := o["debug"]
					delete(o, "debug")
					return isError && debug
				})
			},
		},
		{
			source: "decision 3", reason: "expired_at is when the flow expired", masked: true,
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					_, ok := o["expired_at"]
					if ok {
						o["expired_at"] = "{{past}}"
					}
					return ok
				})
			},
		},
		{
			source: "surprises 2.3", reason: "the flow that replaces an expired one keeps its request_url",
			rewrite: func(p *player, _ entry, want *answer) bool {
				o, _ := want.value.(map[string]any)
				address, _ := o["request_url"].(string)
				m := flowInURL.FindStringSubmatch(address)
				if m == nil || !submitURL.MatchString(address) || p.starts[m[1]].Path == "" {
					return false
				}
				o["request_url"] = "http://" + hosts["public"] + p.starts[m[1]].Path
				return true
			},
		},
		{
			source: "compatibility", reason: "an internal error names its request, for the log", masked: true,
			rewrite: func(_ *player, _ entry, want *answer) bool {
				if want.status < 500 {
					return false
				}
				want.setHeader("X-Request-Id", "{{uuid}}")
				return true
			},
		},
		{
			source: "surprises 1.3", reason: "JSON lists are read as lists",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					if compact(o["tags"]) != `["[\"a\", \"b\"]"]` {
						return false
					}
					o["tags"] = []any{"a", "b"}
					return true
				})
			},
		},
	}
}

var submitURL = regexp.MustCompile(`/self-service/[a-z]+/methods/[a-z]+\?flow=`)

var (
	browserStart = regexp.MustCompile(`^/self-service/[a-z]+/browser(?:\?|$)`)
	linkFollow   = regexp.MustCompile(`^/self-service/[a-z]+/methods/link\?.*token=`)
	flowFetch    = regexp.MustCompile(`^/self-service/[a-z]+/flows(?:\?|$)`)
)

// needsCSRFCookie tells whether an answer that set a csrf cookie still does.
func needsCSRFCookie(e entry, want answer) bool {
	o, _ := want.value.(map[string]any)
	return browserStart.MatchString(e.Request.Path) ||
		linkFollow.MatchString(e.Request.Path) && e.Request.Method == http.MethodGet && strings.Contains(want.header("Location"), "flow=") ||
		flowFetch.MatchString(e.Request.Path) && o["type"] == "browser" ||
		strings.HasPrefix(e.Request.Path, "/self-service/browser/flows/logout") ||
		slices.ContainsFunc(want.headers, func(h [2]string) bool { return h[0] == "Set-Cookie" && strings.HasPrefix(h[1], "ory_kratos_session=") })
}

// eachFieldOf changes the form fields of a body and tells whether any was changed.
func eachFieldOf(want *answer, change func(map[string]any) bool) bool {
	changed := false
	eachField(want.value, func(f map[string]any) { changed = change(f) || changed })
	return changed
}

// eachObject changes the objects of a body and tells whether any was changed.
func eachObject(value any, change func(map[string]any) bool) bool {
	changed := false
	switch value := value.(type) {
	case map[string]any:
		changed = change(value)
		for _, member := range value {
			changed = eachObject(member, change) || changed
		}
	case []any:
		for _, element := range value {
			changed = eachObject(element, change) || changed
		}
	}
	return changed
}
