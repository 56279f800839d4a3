package wire

import "strings"

// cookieRules are about the cookies that a sign-out sets.
func cookieRules() []*rule {
	const logout = `initializeSelfServiceBrowserLogoutFlow`
	return []*rule{
		on(logout+`\.(x-session-token|no-session|return_to|bad-return_to)`, "decision 33",
			"a sign-out changes the csrf cookie only where it ends a session",
			func(_ *player, want *answer) { want.dropHeader("Set-Cookie", "csrf_token=") }),
		{
			source: "decision 33", reason: "a sign-out repeats no value of the request",
			rewrite: func(_ *player, e entry, want *answer) bool {
				changed := false
				for i, h := range want.headers {
					name, rest, _ := strings.Cut(h[1], "; ")
					if h[0] == "Set-Cookie" && strings.HasPrefix(name, "ory_kratos_session=") && strings.Contains(rest, "Max-Age=0") {
						want.headers[i][1] = "ory_kratos_session=; " + rest
						changed = true
					}
				}
				return changed
			},
		},
	}
}
