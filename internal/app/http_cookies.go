package app

import (
	"net/url"

	"symbolon/internal/config"
)

// hostCookies reports whether cookies get the prefix __Host-, so that no other site of
// the domain can set them: wherever browsers allow it, and the file does not ask for
// the names of v0.5 (decision 33).
func hostCookies(c *config.Config) bool {
	cookie := c.Session.Cookie
	return !c.V05 && c.Serve.Public.BaseURL.Scheme == "https" && c.SecureCookies() && cookie.Domain == "" && cookie.Path == "/"
}

// configuredUIs are the pages whose forms are sent to this server.
func configuredUIs(c *config.Config) []*url.URL {
	f := c.Selfservice.Flows
	return []*url.URL{f.Login.UIURL, f.Registration.UIURL, f.Settings.UIURL, f.Recovery.UIURL, f.Verification.UIURL, f.Error.UIURL}
}
