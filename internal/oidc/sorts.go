package oidc

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/oauth2"

	"symbolon/internal/claims"
)

const microsoft = "https://login.microsoftonline.com/"

// sort is what differs between providers. Adding one is a row of the table.
type sort struct {
	label  string
	openID bool   // openid is asked for, and the id_token judged
	issuer string // where the discovery document is; empty for the one configured
	tenant bool   // endpoints and issuers are per tenant
	// endpoint is that of a provider without OpenID Connect.
	endpoint oauth2.Endpoint
	// read asks the provider's API about the person, instead of the id_token.
	read   func(context.Context, *Provider, *site, *oauth2.Token) (claims.Claims, error)
	anew   string            // the prompt that asks to authenticate anew; empty for none
	extra  map[string]string // parameters of the authorisation request
	noPKCE bool              // the provider refuses or breaks with it
}

// sorts are the providers by the name that configurations use. Of these generic runs
// against a certified provider in the tests, the others against endpoints of recorded
// shape; none was tried with the real service.
var sorts = map[string]sort{
	"generic":   {openID: true, anew: "login"},
	"google":    {label: "Google", openID: true, issuer: "https://accounts.google.com", anew: "login"},
	"auth0":     {label: "Auth0", openID: true, anew: "login"},
	"slack":     {label: "Slack", openID: true, issuer: "https://slack.com", anew: "login"},
	"microsoft": {label: "Microsoft", openID: true, tenant: true, anew: "login"},
	"gitlab":    {label: "GitLab", openID: true, read: gitlab, anew: "login"},
	"apple":     {label: "Apple", openID: true, issuer: "https://appleid.apple.com", extra: map[string]string{"response_mode": "form_post"}},
	"github": {label: "GitHub", read: github, endpoint: oauth2.Endpoint{
		AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}},
	"discord": {label: "Discord", read: discord, anew: "consent", endpoint: oauth2.Endpoint{
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
func Sorts() []string { return slices.Sorted(maps.Keys(sorts)) }
