package oidc

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/symbolon/symbolon/internal/claims"
)

const microsoft = "https://login.microsoftonline.com/"

// providerSpec is what differs between providers. Adding one is a row of the table.
type providerSpec struct {
	label  string
	openID bool   // openid is asked for, and the id_token judged
	issuer string // where the discovery document is; empty for the one configured
	tenant bool   // endpoints and issuers are per tenant
	// endpoint is that of a provider without OpenID Connect.
	endpoint oauth2.Endpoint
	// read asks the provider's API about the person, instead of the id_token.
	read         func(context.Context, *Provider, *site, *oauth2.Token) (claims.Claims, error)
	reauthPrompt string            // the prompt that asks to authenticate again; empty for none
	extra        map[string]string // parameters of the authorisation request
	noPKCE       bool              // the provider refuses or breaks with it
	// includes are the scopes that a scope includes and the provider then leaves out.
	includes    map[string][]string
	omitsScopes bool // the provider may say nothing of scopes
	presents    bool // apps get id_tokens of it without a browser
	// complete adds what comes beside the code and is not verified.
	complete func(answer url.Values, c *claims.Claims)
}

// githubScopes are the scopes that include others
// (docs.github.com, "Scopes for OAuth apps").
var githubScopes = map[string][]string{
	"user": {"read:user", "user:email", "user:follow"}, "repo": {"public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"},
	"admin:org": {"write:org", "read:org"}, "write:org": {"read:org"}, "admin:public_key": {"write:public_key", "read:public_key"},
	"write:public_key": {"read:public_key"}, "admin:repo_hook": {"write:repo_hook", "read:repo_hook"}, "write:repo_hook": {"read:repo_hook"},
	"admin:gpg_key": {"write:gpg_key", "read:gpg_key"}, "write:gpg_key": {"read:gpg_key"}, "project": {"read:project"},
	"write:packages": {"read:packages"}, "admin:enterprise": {"manage_runners:enterprise", "manage_billing:enterprise", "read:enterprise"},
}

// specs are the providers by the name that configurations use. Of these generic runs
// against a certified provider in the tests, the others against endpoints of recorded
// shape; none was tried with the real service.
var specs = map[string]providerSpec{
	"generic":     {openID: true, reauthPrompt: "login"},
	"google":      {label: "Google", openID: true, issuer: "https://accounts.google.com", presents: true, reauthPrompt: "login"},
	"auth0":       {label: "Auth0", openID: true, reauthPrompt: "login"},
	"slack":       {label: "Slack", openID: true, issuer: "https://slack.com", reauthPrompt: "login"},
	"microsoft":   {label: "Microsoft", openID: true, tenant: true, reauthPrompt: "login"},
	"gitlab":      {label: "GitLab", openID: true, read: fromUserinfo, reauthPrompt: "login"},
	"apple":       {label: "Apple", openID: true, issuer: "https://appleid.apple.com", presents: true, extra: map[string]string{"response_mode": "form_post"}, complete: appleName},
	"netid":       {label: "netID", openID: true, issuer: "https://broker.netid.de", presents: true, reauthPrompt: "login"},
	"line":        {label: "LINE", openID: true, issuer: "https://access.line.me", reauthPrompt: "login"},
	"linkedin_v2": {label: "LinkedIn", openID: true, issuer: "https://www.linkedin.com/oauth", noPKCE: true},
	"salesforce":  {label: "Salesforce", openID: true, reauthPrompt: "login"},
	"github-app": {label: "GitHub", read: github, omitsScopes: true, includes: githubScopes, endpoint: oauth2.Endpoint{
		AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"spotify": {label: "Spotify", read: spotify, endpoint: oauth2.Endpoint{
		AuthURL: "https://accounts.spotify.com/authorize", TokenURL: "https://accounts.spotify.com/api/token", AuthStyle: oauth2.AuthStyleInHeader,
	}},
	"amazon": {label: "Amazon", read: amazon, endpoint: oauth2.Endpoint{
		AuthURL: "https://www.amazon.com/ap/oa", TokenURL: "https://api.amazon.com/auth/o2/token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"github": {label: "GitHub", read: github, omitsScopes: true, includes: githubScopes, endpoint: oauth2.Endpoint{
		AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"discord": {label: "Discord", read: discord, reauthPrompt: "consent", endpoint: oauth2.Endpoint{
		AuthURL: "https://discord.com/api/v6/oauth2/authorize", TokenURL: "https://discord.com/api/v6/oauth2/token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"facebook": {label: "Facebook", read: facebook, endpoint: oauth2.Endpoint{
		AuthURL: "https://www.facebook.com/v19.0/dialog/oauth", TokenURL: "https://graph.facebook.com/v19.0/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"yandex": {label: "Yandex", read: yandex, endpoint: oauth2.Endpoint{
		AuthURL: "https://oauth.yandex.com/authorize", TokenURL: "https://oauth.yandex.com/token", AuthStyle: oauth2.AuthStyleInHeader,
	}},
	"vk": {label: "VK", read: vk, noPKCE: true, endpoint: oauth2.Endpoint{
		AuthURL: "https://oauth.vk.com/authorize", TokenURL: "https://oauth.vk.com/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}},
}

// Sorts lists the providers that there are, for messages.
func Names() []string { return slices.Sorted(maps.Keys(specs)) }
