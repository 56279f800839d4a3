package app

import "symbolon/internal/config"

// hostCookies reports whether cookies get the prefix __Host-, so that no other site of
// the domain can set them: wherever browsers allow it, and the file does not ask for
// the names of v0.5 (decision 33).
func hostCookies(c *config.Config) bool {
	cookie := c.Session.Cookie
	return c.Embedded && c.Serve.Public.BaseURL.Scheme == "https" && c.SecureCookies() && cookie.Domain == "" && cookie.Path == "/"
}
