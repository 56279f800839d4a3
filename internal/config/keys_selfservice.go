package config

// sourceRule names the sources of identity schemas and claim mappers.
func sourceRule() rule { return scheme("file://", "http://", "https://", "base64://") }

func identityKeys() []Key {
	return []Key{
		{
			Path: "identity.default_schema_url", ref: in(func(c *Config) any { return &c.Identity.DefaultSchemaURL }), Example: "file:///etc/symbolon/person.schema.json",
			rules: []rule{sourceRule()},
			Help:  "The JSON Schema of identities with the schema id `default`. When unset, an embedded one with e-mail address and name applies.",
		},
		{
			Path: "identity.default_schema_id", ref: in(func(c *Config) any { return &c.Identity.DefaultSchemaID }), Example: "customer", Own: true, V26: true,
			Help: "The schema of identities that name none, and of those who register. When unset, `default`.",
		},
		{
			Path: "identity.schemas", ref: in(func(c *Config) any { return objectsOf[Schema]{&c.Identity.Schemas} }), Example: `[{"id":"customer","url":"file:///etc/symbolon/customer.schema.json"}]`,
			Help: "Further identity schemas.",
		},
		{
			Path: "identity.schemas[].id", ref: in(func(s *Schema) any { return &s.ID }), Required: true, Example: "customer",
			Help: "The name by which identities refer to the schema. The schema of identity.default_schema_url is called `default`.",
		},
		{
			Path: "identity.schemas[].url", ref: in(func(s *Schema) any { return &s.URL }), Required: true, Example: "file:///etc/symbolon/customer.schema.json",
			rules: []rule{sourceRule()},
			Help:  "Where the schema is: a file, a web address, or base64:// followed by the document itself.",
		},
	}
}

func selfserviceKeys() []Key {
	return []Key{
		{
			Path: "selfservice.default_browser_return_url", ref: in(func(c *Config) any { return &c.Selfservice.DefaultBrowserReturnURL }), Example: "https://app.example.org/",
			Help: "Where browsers go when nothing else says so. When unset, the built-in welcome page. Like all URLs of this section it may be relative to serve.public.base_url.",
		},
		{
			Path: "selfservice.whitelisted_return_urls", ref: in(func(c *Config) any { return &c.Selfservice.WhitelistedReturnURLs }), Example: "https://app.example.org/,https://www.example.org/shop",
			rules: []rule{different()},
			Help:  "Where `return_to` may lead: to these URLs and below them, counted in whole path segments. What lies below self-service of the public base URL is always allowed.",
		},
	}
}

func methodKeys() []Key {
	const at = "selfservice.methods."
	return []Key{
		{
			Path: at + "password.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Password.Enabled }), Default: "true", Example: "false",
			Help: "Signing in, registering and settings with a password.",
		},
		{
			Path: at + "profile.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Profile.Enabled }), Default: "true", Example: "false",
			Help: "Changing one's traits in settings.",
		},
		{
			Path: at + "link.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Link.Enabled }), Default: "true", Example: "false",
			Help: "Links by mail, for recovery, verification and the admin's recovery link.",
		},
		{
			Path: at + "oidc.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Methods.OIDC.Enabled }), Default: "false", Example: "true",
			Help: "Signing in with OpenID Connect and OAuth 2.0 providers.",
		},
		{
			Path: at + "oidc.config.providers", ref: in(func(c *Config) any { return objectsOf[Provider]{&c.Selfservice.Methods.OIDC.Providers} }),
			Example: `[{"id":"google","provider":"google","client_id":"abc","client_secret":"def","mapper_url":"file:///etc/symbolon/google.jsonnet","scope":["email"]}]`,
			Help:    "The providers. Of two with the same id the first counts.",
		},
		{
			Path: at + "deletion.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Deletion.Enabled }), Own: true, Default: "false", Example: "true",
			Help: "Let people delete their account in settings. It is closed at once, and deleted when the grace period is over.",
		},
		{
			Path: at + "deletion.config.grace_period", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Deletion.GracePeriod }), Own: true, Default: "336h", Example: "720h",
			Help: "How long people can sign in to keep an account that they have closed. The next clean-up after that (cleanup.interval) deletes it; 0 deletes at the next one.",
		},
	}
}

// atProvider is where the settings of a provider stand.
const atProvider = "selfservice.methods.oidc.config.providers[]."

func providerKeys() []Key {
	return append([]Key{
		{
			Path: atProvider + "id", ref: in(func(p *Provider) any { return &p.ID }), Required: true, Example: "google",
			rules: []rule{matches(`^[^:/?#\s]+$`, "an id without colon, slash or space, such as google")},
			Help:  "The name of the provider in forms, in the redirect URI <base_url>/self-service/methods/oidc/callback/ID and in stored credentials. Changing it cuts existing accounts off.",
		},
		{
			Path: atProvider + "provider", ref: in(func(p *Provider) any { return &p.Provider }), Required: true, Example: "google",
			rules: []rule{oneOf("generic", "google", "github", "github-app", "gitlab", "microsoft", "discord", "slack", "facebook", "apple", "auth0", "yandex", "vk", "netid", "line", "linkedin_v2", "salesforce", "spotify", "amazon")},
			Help:  "Which provider it is. `generic` is any that speaks OpenID Connect.",
		},
		{
			Path: atProvider + "label", ref: in(func(p *Provider) any { return &p.Label }), Example: "Example Inc.", Own: true,
			Help: "What people call the provider: on the buttons of the built-in pages and in messages. Without it the provider's own name, or the id of a generic provider.",
		},
		{
			Path: atProvider + "client_id", ref: in(func(p *Provider) any { return &p.ClientID }), Required: true, Example: "1234.apps.example.com",
			Help: "The client id that the provider gave you.",
		},
		{
			Path: atProvider + "client_secret", ref: in(func(p *Provider) any { return &p.ClientSecret }), Example: "$CLIENT_SECRET",
			Help: "The client secret that the provider gave you. Every provider but apple needs it.",
		},
		{
			Path: atProvider + "mapper_url", ref: in(func(p *Provider) any { return &p.MapperURL }), Required: true, Example: "file:///etc/symbolon/google.jsonnet",
			rules: []rule{sourceRule()},
			Help:  "A Jsonnet program that turns the provider's claims into traits.",
		},
		{
			Path: atProvider + "issuer_url", ref: in(func(p *Provider) any { return &p.IssuerURL }), Example: "https://accounts.example.org/",
			rules: []rule{scheme("http://", "https://")},
			Help:  "The issuer whose discovery document is read. For generic and gitlab; the others know theirs.",
		},
		{
			Path: atProvider + "auth_url", ref: in(func(p *Provider) any { return &p.AuthURL }), Example: "https://accounts.example.org/authorize",
			rules: []rule{scheme("http://", "https://")},
			Help:  "The authorization endpoint of a generic provider without a discovery document. Has no effect unless token_url and jwks_url are given too, as in v0.5.",
		},
		{
			Path: atProvider + "token_url", ref: in(func(p *Provider) any { return &p.TokenURL }), Example: "https://accounts.example.org/token",
			rules: []rule{scheme("http://", "https://")},
			Help:  "The token endpoint of a generic provider without a discovery document. Has no effect unless auth_url and jwks_url are given too, as in v0.5.",
		},
		{
			Path: atProvider + "jwks_url", ref: in(func(p *Provider) any { return &p.JWKSURL }), Example: "https://accounts.example.org/keys", Own: true,
			rules: []rule{scheme("http://", "https://")},
			Help:  "The public keys of a generic provider without a discovery document, together with auth_url and token_url.",
		},
		{
			Path: atProvider + "scope", ref: in(func(p *Provider) any { return &p.Scope }), Example: `["email","profile"]`,
			Help: "The scopes to ask for. Where the provider speaks OpenID Connect, openid is added.",
		},
		{
			Path: atProvider + "tenant", ref: in(func(p *Provider) any { return &p.Tenant }), Example: "common",
			Help: "The tenant of a microsoft provider, which needs it: an id, common, organizations or consumers.",
		},
		{
			Path: atProvider + "requested_claims", ref: in(func(p *Provider) any { return &p.RequestedClaims }), Example: `{"id_token":{"email":{"essential":true}}}`,
			Help: "The claims request parameter of OpenID Connect Core 5.5.",
		},
	}, append(ownProviderKeys(), bentProviderKeys()...)...)
}

// bentProviderKeys are for providers that bend the standard, and for what their claims
// are worth.
func bentProviderKeys() []Key {
	return []Key{
		{
			Path: atProvider + "pkce", ref: in(func(p *Provider) any { return &p.PKCE }), Default: "auto", Example: "never", Own: true, V26: true,
			rules: []rule{oneOf("auto", "never", "force")},
			Help:  "Whether PKCE (RFC 7636) is used. `auto` uses it unless the provider is known to refuse it or names other methods than S256 alone.",
		},
		{
			Path: atProvider + "token_endpoint_auth_method", ref: in(func(p *Provider) any { return &p.TokenAuth }), Example: "client_secret_post", Own: true,
			rules: []rule{oneOf("client_secret_basic", "client_secret_post")},
			Help:  "How the client secret is sent. When unset, as the discovery document says; where that leaves it open, in the header, and once more in the body if the provider answers invalid_client.",
		},
		{
			Path: atProvider + "leeway", ref: in(func(p *Provider) any { return &p.Leeway }), Default: "1m", Example: "5m", Own: true,
			rules: []rule{positive()},
			Help:  "How long an id_token is taken after it expired, for clocks that differ.",
		},
		{
			Path: atProvider + "require_auth_time", ref: in(func(p *Provider) any { return &p.RequireAuthTime }), Default: "false", Example: "true", Own: true,
			Help: "Refuse a repeated sign-in of which the provider does not say when it was (auth_time, which is asked for by max_age). Without it a provider that ignores prompt=login makes re-authentication a redirect.",
		},
		{
			Path: atProvider + "mapped_traits", ref: in(func(p *Provider) any { return &p.MappedTraits }), Default: "typed", Example: "fixed", Own: true,
			rules: []rule{oneOf("typed", "fixed")},
			Help:  "With `typed`, as in v0.5, people who register may replace what the mapper gives by what they type: map nothing that gives rights, such as a role. `fixed` lets them add what is missing alone.",
		},
	}
}

// ownProviderKeys are those that v0.5 does not know.
func ownProviderKeys() []Key {
	return []Key{
		{
			Path: atProvider + "auto_link", ref: in(func(p *Provider) any { return &p.AutoLink }), Default: "never", Example: "verified_email", Own: true,
			rules: []rule{oneOf("never", "verified_email")},
			Help:  "`verified_email` signs a newcomer from this provider in to the account that has proven the same address, and links the two. Choose it only if the provider proves addresses itself: it can then sign in to every account here.",
		},
		{
			Path: atProvider + "allow_missing_nonce", ref: in(func(p *Provider) any { return &p.AllowMissingNonce }), Default: "false", Example: "true", Own: true,
			Help: "Accept answers without the nonce that was sent. Only for a provider that does not return it: the nonce keeps an answer from being used twice. In a file with a `version` of the original it is always accepted, as there.",
		},
		{
			Path: atProvider + "apple_team_id", ref: in(func(p *Provider) any { return &p.AppleTeamID }), Example: "KP76DQS54M", Own: true,
			Help: "Your team at Apple. Provider apple alone.",
		},
		{
			Path: atProvider + "apple_private_key_id", ref: in(func(p *Provider) any { return &p.ApplePrivateKeyID }), Example: "UX56C66723", Own: true,
			Help: "The id of the private key. Provider apple alone.",
		},
		{
			Path: atProvider + "apple_private_key", ref: in(func(p *Provider) any { return &p.ApplePrivateKey }), Example: "-----BEGIN PRIVATE KEY-----…", Own: true,
			Help: "The private key for ES256 that signs the client secret, in PEM. Provider apple alone.",
		},
	}
}
