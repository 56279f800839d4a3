package config

// sourceRule names the sources of identity schemas and claim mappers.
func sourceRule() rule { return scheme("file://", "http://", "https://", "base64://") }

func identityKeys() []Key {
	return []Key{
		key("identity.default_schema_url", Key{Example: "file:///etc/symbolon/person.schema.json", must: sourceRule()},
			"The JSON Schema of identities with the schema id `default`. When unset, an embedded one with e-mail address and name applies."),
		key("identity.default_schema_id", Key{Example: "customer", since: v26},
			"The schema of identities that name none, and of those who register. When unset, `default`."),
		key("identity.schemas", Key{Example: `[{"id":"customer","url":"file:///etc/symbolon/customer.schema.json"}]`},
			"Further identity schemas."),
		key("identity.schemas[].id", Key{Required: true, Example: "customer"},
			"The name by which identities refer to the schema. The schema of identity.default_schema_url is called `default`."),
		key("identity.schemas[].url", Key{Required: true, Example: "file:///etc/symbolon/customer.schema.json", must: sourceRule()},
			"Where the schema is: a file, a web address, or base64:// followed by the document itself."),
	}
}

func selfserviceKeys() []Key {
	return []Key{
		key("selfservice.default_browser_return_url", Key{Example: "https://app.example.org/", must: visitable()},
			"Where browsers go when nothing else says so. When unset, the built-in welcome page. Like all URLs of this section it may be relative to serve.public.base_url."),
		key("selfservice.whitelisted_return_urls", Key{Example: "https://app.example.org/,https://www.example.org/shop", must: visitable().distinct()},
			"Where `return_to` may lead: to these URLs and below them, counted in whole path segments. A host `*.example.org` stands for all with one or more labels before the rest. What lies below self-service of the public base URL is always allowed."),
	}
}

func methodKeys() []Key {
	const at = "selfservice.methods."
	return []Key{
		key(at+"password.enabled", Key{Default: "true"},
			"Signing in, registering and settings with a password."),
		key(at+"profile.enabled", Key{Default: "true"},
			"Changing one's traits in settings."),
		key(at+"link.enabled", Key{Default: "true"},
			"Links by mail, for recovery, verification and the admin's recovery link."),
		key(at+"oidc.enabled", Key{Default: "false"},
			"Signing in with OpenID Connect and OAuth 2.0 providers."),
		key(at+"oidc.config.providers", Key{Example: `[{"id":"google","provider":"google","client_id":"abc","client_secret":"def","mapper_url":"file:///etc/symbolon/google.jsonnet","scope":["email"]}]`},
			"The providers. Of two with the same id the first counts."),
		key(at+"deletion.enabled", Key{since: ours, Default: "false"},
			"Let people delete their account in settings. It is closed at once, and deleted when the grace period is over."),
		key(at+"deletion.config.grace_period", Key{since: ours, Default: "336h", Example: "720h"},
			"How long people can sign in to keep an account that they have closed. The next clean-up after that (cleanup.interval) deletes it; 0 deletes at the next one."),
	}
}

// atProvider is where the settings of a provider stand.
const atProvider = "selfservice.methods.oidc.config.providers[]."

func providerKeys() []Key {
	return append([]Key{
		key(atProvider+"id", Key{Required: true, Example: "google", must: matches(`^[^:/?#\s]+$`, "an id without colon, slash or space, such as google")},
			"The name of the provider in forms, in the redirect URI <base_url>/self-service/methods/oidc/callback/ID and in stored credentials. Changing it cuts existing accounts off."),
		key(atProvider+"provider", Key{Required: true, Example: "google", must: providerRule()},
			"Which provider it is. `generic` is any that speaks OpenID Connect."),
		key(atProvider+"label", Key{Example: "Example Inc.", since: ours},
			"What people call the provider: on the buttons of the built-in pages and in messages. Without it the provider's own name, or the id of a generic provider."),
		key(atProvider+"client_id", Key{Required: true, Example: "1234.apps.example.com"},
			"The client id that the provider gave you."),
		key(atProvider+"client_secret", Key{Example: "$CLIENT_SECRET"},
			"The client secret that the provider gave you. Every provider but apple needs it."),
		key(atProvider+"mapper_url", Key{Required: true, Example: "file:///etc/symbolon/google.jsonnet", must: sourceRule()},
			"A Jsonnet program that turns the provider's claims into traits."),
		key(atProvider+"issuer_url", Key{Example: "https://accounts.example.org/", must: scheme("http://", "https://")},
			"The issuer whose discovery document is read. For generic and gitlab; the others know theirs."),
		key(atProvider+"auth_url", Key{Example: "https://accounts.example.org/authorize", must: scheme("http://", "https://")},
			"The authorization endpoint of a generic provider without a discovery document. Has no effect unless token_url and jwks_url are given too, as in v0.5."),
		key(atProvider+"token_url", Key{Example: "https://accounts.example.org/token", must: scheme("http://", "https://")},
			"The token endpoint of a generic provider without a discovery document. Has no effect unless auth_url and jwks_url are given too, as in v0.5."),
		key(atProvider+"jwks_url", Key{Example: "https://accounts.example.org/keys", since: ours, must: scheme("http://", "https://")},
			"The public keys of a generic provider without a discovery document, together with auth_url and token_url."),
		key(atProvider+"additional_id_token_audiences", Key{Example: `["1234.apps.example.com"]`, since: v26},
			"Further client ids that the id_token of a native app may be for. Providers google, apple and netid alone."),
		key(atProvider+"scope", Key{Example: `["email","profile"]`},
			"The scopes to ask for. Where the provider speaks OpenID Connect, openid is added."),
		key(atProvider+"tenant", Key{Example: "common"},
			"The tenant of a microsoft provider, which needs it: an id, common, organizations or consumers."),
		key(atProvider+"subject_source", Key{Example: "oid", since: v26, must: oneOf("userinfo", "me", "oid")},
			"What a microsoft account is known by: its `sub`, which is another one for each client (`userinfo`, or unset), or its object id (`me` or `oid`). Change it only before the first sign-in: people would get other accounts afterwards. Other providers have no choice."),
		key(atProvider+"claims_source", Key{Example: "userinfo", since: v26, must: oneOf("id_token", "userinfo")},
			"Where the claims of an OpenID Connect provider are from. When unset, the id_token, and userinfo for gitlab."),
		key(atProvider+"requested_claims", Key{Example: `{"id_token":{"email":{"essential":true}}}`},
			"The claims request parameter of OpenID Connect Core 5.5."),
	}, append(ownProviderKeys(), bentProviderKeys()...)...)
}

// bentProviderKeys are for providers that bend the standard, and for what their claims
// are worth.
func bentProviderKeys() []Key {
	return []Key{
		key(atProvider+"pkce", Key{Default: "auto", Example: "never", since: v26, must: oneOf("auto", "never", "force")},
			"Whether PKCE (RFC 7636) is used. `auto` uses it unless the provider is known to refuse it or names other methods than S256 alone."),
		key(atProvider+"token_endpoint_auth_method", Key{Example: "client_secret_post", since: ours, must: oneOf("client_secret_basic", "client_secret_post")},
			"How the client secret is sent. When unset, as the discovery document says; where that leaves it open, in the header, and once more in the body if the provider answers invalid_client."),
		key(atProvider+"leeway", Key{Default: "1m", Example: "5m", since: ours, must: positive()},
			"How long an id_token is taken after it expired, for clocks that differ."),
		key(atProvider+"require_auth_time", Key{Default: "false", since: ours},
			"Refuse a repeated sign-in of which the provider does not say when it was (auth_time, which is asked for by max_age). Without it a provider that ignores prompt=login makes re-authentication a redirect."),
		key(atProvider+"mapped_traits", Key{Default: "typed", Example: "fixed", since: ours, must: oneOf("typed", "fixed")},
			"With `typed`, as in v0.5, people who register may replace what the mapper gives by what they type: map nothing that gives rights, such as a role. `fixed` lets them add what is missing alone."),
	}
}

// ownProviderKeys are those that v0.5 does not know.
func ownProviderKeys() []Key {
	return []Key{
		key(atProvider+"auto_link", Key{Default: "never", Example: "verified_email", since: ours, must: oneOf("never", "verified_email")},
			"`verified_email` signs a newcomer from this provider in to the account that has proven the same address, and links the two. Choose it only if the provider proves addresses itself: it can then sign in to every account here."),
		key(atProvider+"allow_missing_nonce", Key{Default: "false", since: ours},
			"Accept answers without the nonce that was sent. Only for a provider that does not return it: the nonce keeps an answer from being used twice. In a file with a `version` of the original it is always accepted, as there."),
		key(atProvider+"apple_team_id", Key{Example: "KP76DQS54M", since: ours},
			"Your team at Apple. Provider apple alone."),
		key(atProvider+"apple_private_key_id", Key{Example: "UX56C66723", since: ours},
			"The id of the private key. Provider apple alone."),
		key(atProvider+"apple_private_key", Key{Example: "-----BEGIN PRIVATE KEY-----…", since: ours},
			"The private key for ES256 that signs the client secret, in PEM. Provider apple alone."),
	}
}
