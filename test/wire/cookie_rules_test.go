package wire

import (
	"regexp"
	"strings"
)

// deviceCookie is what a browser gets that an identity signs in with for the first time.
var deviceCookie = regexp.MustCompile(`^symbolon_device=[\w-]+; Path=/; Max-Age=31536000; HttpOnly; (?:Secure; )?SameSite=Lax$`)

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

// deviceRules are about the cookie that a sign-in sets. They come last: its place is
// behind the other cookies.
func deviceRules() []*rule {
	return []*rule{
		{
			source: "compatibility", reason: "a sign-in makes the browser known to the identity", masked: true,
			rewrite: func(p *player, _ entry, want *answer) bool {
				for _, h := range p.got.headers {
					if h[0] == "Set-Cookie" && deviceCookie.MatchString(h[1]) && p.got.status < 400 {
						want.addHeader(h[0], h[1])
						return true
					}
				}
				return false
			},
		},
	}
}
