package app

import (
	"cmp"
	"net/url"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/secret"
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

// adminToken opens the admin API: the token, and where there is only a password of the
// console, that. A listener whose pages are locked must not be open beside them: where
// operators have passwords of their own, nothing opens the API until a token is set.
func adminToken(c *config.Config) string {
	token := cmp.Or(c.Serve.Admin.Token.Reveal(), c.Serve.Admin.Console.Password.Reveal())
	if token == "" && len(c.Serve.Admin.Console.Operators) > 0 {
		return secret.Token()
	}
	return token
}
