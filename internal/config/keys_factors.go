package config

// factorKeys are the methods that v26 has and v0.5 has not.
func factorKeys() []Key {
	const at = "selfservice.methods."
	keys := []Key{
		v26(at+"code.enabled", func(c *Config) any { return &c.Selfservice.Methods.Code.Enabled }, Key{
			Default: "false", Example: "true",
			Help: "One-time codes of six digits by mail or text message, for recovery and verification.",
		}),
		v26(at+"code.passwordless_enabled", func(c *Config) any { return &c.Selfservice.Methods.Code.Passwordless }, Key{
			Default: "false", Example: "true",
			Help: "Let people sign in and register with a code instead of a password.",
		}),
		v26(at+"code.mfa_enabled", func(c *Config) any { return &c.Selfservice.Methods.Code.MFA }, Key{
			Default: "false", Example: "true",
			Help: "Accept a code as second factor.",
		}),
		v26(at+"code.config.lifespan", func(c *Config) any { return &c.Selfservice.Methods.Code.Lifespan }, Key{
			Default: "1h", Example: "15m", rules: []rule{positive()},
			Help: "How long a code is valid.",
		}),
		v26(at+"code.config.max_submissions", func(c *Config) any { return &c.Selfservice.Methods.Code.MaxTries }, Key{
			Default: "5", Example: "3", rules: []rule{between(1, 255)},
			Help: "How many wrong codes a flow accepts before it must send another.",
		}),
		v26(at+"code.config.missing_credential_fallback_enabled", func(c *Config) any { return &c.Selfservice.Methods.Code.Fallback }, Key{
			Default: "false", Example: "true",
			Help: "Send codes also to addresses of accounts that were made before codes were enabled.",
		}),
		v26(at+"totp.enabled", func(c *Config) any { return &c.Selfservice.Methods.TOTP.Enabled }, Key{
			Default: "false", Example: "true",
			Help: "Codes from an authenticator app (RFC 6238) as second factor.",
		}),
		v26(at+"totp.config.issuer", func(c *Config) any { return &c.Selfservice.Methods.TOTP.Issuer }, Key{
			Example: "Example Inc.",
			Help:    "The name under which authenticator apps list the account. When unset, the host of serve.public.base_url.",
		}),
		v26(at+"lookup_secret.enabled", func(c *Config) any { return &c.Selfservice.Methods.LookupSecret.Enabled }, Key{
			Default: "false", Example: "true",
			Help: "Recovery codes on paper, each valid once, as second factor.",
		}),
		v26(at+"webauthn.enabled", func(c *Config) any { return &c.Selfservice.Methods.WebAuthn.Enabled }, Key{
			Default: "false", Example: "true",
			Help: "Security keys (WebAuthn), as second factor.",
		}),
		v26(at+"webauthn.config.passwordless", func(c *Config) any { return &c.Selfservice.Methods.WebAuthn.Passwordless }, Key{
			Default: "false", Example: "true",
			Help: "Use security keys in place of a password instead of as second factor.",
		}),
		v26(at+"passkey.enabled", func(c *Config) any { return &c.Selfservice.Methods.Passkey.Enabled }, Key{
			Default: "false", Example: "true",
			Help: "Passkeys: registering and signing in without a password.",
		}),
		{
			Path: at + "passkey.config.two_factors", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Passkey.TwoFactors }), Own: true, Default: "false", Example: "true",
			Help: "Count a passkey whose authenticator verified its user, by fingerprint, face or PIN, as two factors.",
		},
		{
			Path: at + "passkey.config.require_user_verification", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Passkey.RequireVerification }), Own: true, Default: "false", Example: "true",
			Help: "Refuse passkeys whose authenticator did not verify its user. A key that did so once must always do so.",
		},
		{
			Path: at + "passkey.config.offer", ref: in(func(c *Config) any { return &c.Selfservice.Methods.Passkey.Offer }), Own: true, Default: "true", Example: "false",
			Help: "Offer a passkey to people without one after they sign in with a password on the built-in pages, once in each browser.",
		},
	}
	keys = append(keys, relyingPartyKeys(at+"webauthn.config.rp.", func(c *Config) *RelyingParty { return &c.Selfservice.Methods.WebAuthn.RP })...)
	return append(keys, relyingPartyKeys(at+"passkey.config.rp.", func(c *Config) *RelyingParty { return &c.Selfservice.Methods.Passkey.RP })...)
}

// v26 completes a key that has the name it has in v26.
func v26(path string, f func(*Config) any, k Key) Key {
	k.Path, k.ref, k.Own, k.V26 = path, in(f), true, true
	return k
}

func relyingPartyKeys(at string, f func(*Config) *RelyingParty) []Key {
	return []Key{
		v26(at+"id", func(c *Config) any { return &f(c).ID }, Key{
			Example: "example.org",
			Help:    "The domain that keys are bound to: the host of serve.public.base_url or one above it. Changing it makes existing keys useless. When unset, that host.",
		}),
		v26(at+"display_name", func(c *Config) any { return &f(c).DisplayName }, Key{
			Example: "Example Inc.",
			Help:    "The name that browsers show. When unset, ui.name.",
		}),
		v26(at+"origins", func(c *Config) any { return &f(c).Origins }, Key{
			Example: "https://app.example.org,https://id.example.org", rules: []rule{matches(`^https?://[^/]+$`, "an origin such as https://app.example.org")},
			Help: "The origins of the pages that may use the keys. When unset, those of serve.public.base_url and of the configured pages.",
		}),
	}
}

// whoamiKeys are what the session check asks for and can answer with.
func whoamiKeys() []Key {
	const templates = "session.whoami.tokenizer.templates"
	template := func(name string, f func(*TokenTemplate) any, k Key) Key {
		k.Path, k.ref, k.Own, k.V26 = templates+"[]."+name, in(f), true, true
		return k
	}
	level := []rule{oneOf(AAL1, AALHighest)}
	return []Key{
		v26("session.earliest_possible_extend", func(c *Config) any { return &c.Session.EarliestExtend }, Key{
			Default: "0s", Example: "24h",
			Help: "How long before its end a session may be extended. 0s is at any time.",
		}),
		v26("session.whoami.required_aal", func(c *Config) any { return &c.Session.Whoami.RequiredAAL }, Key{
			Default: AALHighest, Example: AAL1, rules: level,
			Help: "The assurance that the session check asks for. `highest_available` asks people who have a second factor for it; `aal1` never asks.",
		}),
		v26("selfservice.flows.settings.required_aal", func(c *Config) any { return &c.Selfservice.Flows.Settings.RequiredAAL }, Key{
			Default: AALHighest, Example: AAL1, rules: level,
			Help: "The assurance that settings ask for, as session.whoami.required_aal.",
		}),
		v26(templates, func(c *Config) any { return objectsOf[TokenTemplate]{&c.Session.Whoami.Tokenizer.Templates} }, Key{
			Example: `{"api":{"ttl":"10m","jwks_url":"file:///etc/symbolon/keys.json"}}`, named: "name",
			Help: "Forms of signed tokens that `tokenize_as=NAME` of the session check answers with. In files written `NAME: {ttl: …}`.",
		}),
		template("name", func(t *TokenTemplate) any { return &t.Name }, Key{
			Required: true, Example: "api", Help: "The name that callers ask for.",
		}),
		template("ttl", func(t *TokenTemplate) any { return &t.TTL }, Key{
			Default: "1m", Example: "10m", rules: []rule{positive()}, Help: "How long a token is valid. More than 24h counts as 24h.",
		}),
		template("jwks_url", func(t *TokenTemplate) any { return &t.JWKSURL }, Key{
			Example: "file:///etc/symbolon/keys.json", rules: []rule{sourceRule()},
			Help: "The JSON Web Key Set with the private keys. The first key signs, and the public parts of all are served at /sessions/jwks.json. When unset, Ed25519 keys made of secrets.default: a new secret in front is a new key.",
		}),
		template("claims_mapper_url", func(t *TokenTemplate) any { return &t.ClaimsMapperURL }, Key{
			Example: "file:///etc/symbolon/claims.jsonnet", rules: []rule{sourceRule()},
			Help: "A Jsonnet program that turns the session into claims.",
		}),
		template("subject_source", func(t *TokenTemplate) any { return &t.SubjectSource }, Key{
			Default: "id", Example: "external_id", rules: []rule{oneOf("id", "external_id")},
			Help: "What the claim `sub` is: the id of the identity or its external id.",
		}),
	}
}

// flagKeys are the switches of v26 between behaviours of v1.
func flagKeys() []Key {
	flag := func(name string, f func(*FeatureFlags) any, k Key) Key {
		if k.Default == "" && k.Example == "" {
			k.Default, k.Example = "false", "true"
		}
		return v26("feature_flags."+name, func(c *Config) any { return f(&c.Flags) }, k)
	}
	return []Key{
		flag("use_continue_with_transitions", func(f *FeatureFlags) any { return &f.ContinueWithTransitions }, Key{
			Help: "In v1, answer steps between flows with `continue_with` instead of a redirect.",
		}),
		flag("choose_recovery_address", func(f *FeatureFlags) any { return &f.ChooseRecoveryAddress }, Key{
			NoEffect: "recovery asks for an address, and answers the same for known and unknown ones",
			Help:     "In v1, let people choose among their masked addresses in recovery.",
		}),
		flag("legacy_continue_with_verification_ui", func(f *FeatureFlags) any { return &f.LegacyVerificationUI }, Key{
			Help: "In v1, always answer a registration with `show_verification_ui`.",
		}),
		flag("legacy_require_verified_login_error", func(f *FeatureFlags) any { return &f.LegacyRequireVerifiedLoginError }, Key{
			NoEffect: "the answer is the error session_verified_address_required",
			Help:     "In v1, answer the sign-in with an unverified address with message 4000010.",
		}),
		flag("password_profile_registration_node_group", func(f *FeatureFlags) any { return &f.PasswordProfileGroup }, Key{
			Default: "default", Example: "password", rules: []rule{oneOf("default", "password")},
			Help: "In v1, the group of the traits in registration forms.",
		}),
		flag("legacy_oidc_registration_node_group", func(f *FeatureFlags) any { return &f.LegacyOIDCRegistrationGroup }, Key{
			NoEffect: "the traits stay in the group default",
			Help:     "In v1, put the traits of a registration with a provider into the group `oidc`.",
		}),
		flag("cacheable_sessions", func(f *FeatureFlags) any { return &f.CacheableSessions }, Key{
			Help: "In v1, let callers of the session check cache the answer.",
		}),
		flag("cacheable_sessions_max_age", func(f *FeatureFlags) any { return &f.CacheableSessionsMaxAge }, Key{
			Default: "0s", Example: "1m",
			Help: "How long callers may cache the answer. 0s is until the session ends.",
		}),
		flag("faster_session_extend", func(f *FeatureFlags) any { return &f.FasterSessionExtend }, Key{
			Help: "In v1, answer the extension of a session without the session.",
		}),
	}
}

// formKeys are what v26 lets operators choose of forms.
func formKeys() []Key {
	const at = "selfservice.flows."
	sender := []rule{oneOf(UseLink, UseCode)}
	unknown := "Mail people who ask for an address that has no account, so that they know which one they used. Files of v1 and later: false, if they do not say."
	return []Key{
		v26(at+"login.style", func(c *Config) any { return &c.Selfservice.Flows.Login.Style }, Key{
			Default: StyleUnified, Example: StyleIdentifierFirst, rules: []rule{oneOf(StyleUnified, StyleIdentifierFirst)},
			Help: "`unified` asks for the identifier and the proof at once, `identifier_first` for the identifier alone and then for the proof.",
		}),
		{
			Path: at + "login.tell_methods", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Login.TellMethods }), Default: "false", Example: "true", Own: true,
			Help: "With the style `identifier_first`, offer after the identifier only the methods that its account has, and say where there is no account. That tells strangers who has an account; otherwise all methods are offered to everyone.",
		},
		v26(at+"registration.enabled", func(c *Config) any { return &c.Selfservice.Flows.Registration.Enabled }, Key{
			Default: "true", Example: "false", Help: "Let people make accounts themselves.",
		}),
		v26(at+"registration.style", func(c *Config) any { return &c.Selfservice.Flows.Registration.Style }, Key{
			Default: StyleProfileFirst, Example: StyleUnified, rules: []rule{oneOf(StyleUnified, StyleProfileFirst)},
			Help: "In v1, `profile_first` asks for the profile and then for the credential, `unified` for both at once.",
		}),
		v26(at+"registration.enable_legacy_one_step", func(c *Config) any { return &c.Selfservice.Flows.Registration.LegacyOneStep }, Key{
			Default: "false", Example: "true", Help: "In v1, show the form of one step and ignore selfservice.flows.registration.style.",
		}),
		v26(at+"registration.login_hints", func(c *Config) any { return &c.Selfservice.Flows.Registration.LoginHints }, Key{
			NoEffect: "the server does not reveal how another person signs in",
			Default:  "false", Example: "true", Help: "In v1, tell people who register a taken identifier how its owner signs in.",
		}),
		v26(at+"recovery.use", func(c *Config) any { return &c.Selfservice.Flows.Recovery.Use }, Key{
			Default: UseLink, Example: UseCode, rules: sender, Help: "What a recovery sends. Files of v1 and later: code, if they do not say.",
		}),
		v26(at+"recovery.notify_unknown_recipients", func(c *Config) any { return &c.Selfservice.Flows.Recovery.NotifyUnknown }, Key{
			Default: "true", Example: "false", Help: unknown,
		}),
		v26(at+"verification.use", func(c *Config) any { return &c.Selfservice.Flows.Verification.Use }, Key{
			Default: UseLink, Example: UseCode, rules: sender, Help: "What a verification sends. Files of v1 and later: code, if they do not say.",
		}),
		v26(at+"verification.notify_unknown_recipients", func(c *Config) any { return &c.Selfservice.Flows.Verification.NotifyUnknown }, Key{
			Default: "true", Example: "false", Help: unknown,
		}),
	}
}

// linkKeys are the settings of links beside whether there are any.
func linkKeys() []Key {
	const at = "selfservice.methods.link.config."
	return []Key{
		v26(at+"lifespan", func(c *Config) any { return &c.Selfservice.Methods.Link.Lifespan }, Key{
			Default: "0s", Example: "30m", Help: "How long a link is valid. 0s is as long as its flow.",
		}),
		v26(at+"base_url", func(c *Config) any { return &c.Selfservice.Methods.Link.BaseURL }, Key{
			Example: "https://id.example.org/", rules: []rule{absolute()}, Help: "What links start with. When unset, serve.public.base_url.",
		}),
	}
}

// factorAfterKeys are the settings below after.METHOD of the methods that v0.5 lacks.
func factorAfterKeys() []Key {
	const sessions = loginHooksHelp
	login, registration, settings := func(c *Config) *AfterLogin { return &c.Selfservice.Flows.Login.After },
		func(c *Config) *AfterRegistration { return &c.Selfservice.Flows.Registration.After },
		func(c *Config) *AfterSettings { return &c.Selfservice.Flows.Settings.After }
	keys := []Key{
		allHooksKey("login", "revoke_active_sessions", func(c *Config) *Hooks { return &login(c).Hooks }),
		allHooksKey("registration", "session", func(c *Config) *Hooks { return &registration(c).Hooks }),
	}
	keys = append(keys, stepHooksKeys()...)
	for _, m := range []struct {
		flow, method, hook, help string
		f                        func(*Config) *After
	}{
		{"login", "code", "revoke_active_sessions", sessions, func(c *Config) *After { return &login(c).Code }},
		{"login", "webauthn", "revoke_active_sessions", sessions, func(c *Config) *After { return &login(c).WebAuthn }},
		{"login", "passkey", "revoke_active_sessions", sessions, func(c *Config) *After { return &login(c).Passkey }},
		{"login", "totp", "revoke_active_sessions", sessions, func(c *Config) *After { return &login(c).TOTP }},
		{"login", "lookup_secret", "revoke_active_sessions", sessions, func(c *Config) *After { return &login(c).LookupSecret }},
		{"registration", "code", "session", registrationHooksHelp, func(c *Config) *After { return &registration(c).Code }},
		{"registration", "webauthn", "session", registrationHooksHelp, func(c *Config) *After { return &registration(c).WebAuthn }},
		{"registration", "passkey", "session", registrationHooksHelp, func(c *Config) *After { return &registration(c).Passkey }},
		{"settings", "totp", "verify", settingsHooksHelp, func(c *Config) *After { return &settings(c).TOTP }},
		{"settings", "lookup_secret", "verify", settingsHooksHelp, func(c *Config) *After { return &settings(c).LookupSecret }},
		{"settings", "webauthn", "verify", settingsHooksHelp, func(c *Config) *After { return &settings(c).WebAuthn }},
		{"settings", "passkey", "verify", settingsHooksHelp, func(c *Config) *After { return &settings(c).Passkey }},
	} {
		more := afterKeys(m.flow, m.method, m.hook, m.help, m.f)
		for i := range more {
			more[i].Own, more[i].V26 = true, true
		}
		keys = append(keys, more...)
	}
	return keys
}

// messageKeys are ways for messages to go out beside SMTP.
func messageKeys() []Key {
	keys := []Key{
		v26("courier.delivery_strategy", func(c *Config) any { return &c.Courier.DeliveryStrategy }, Key{
			Default: "smtp", Example: "http", rules: []rule{oneOf("smtp", "http")},
			Help: "How mail goes out: by SMTP, or to the service of courier.http.request_config.",
		}),
		v26("courier.smtp.headers", func(c *Config) any { return &c.Courier.SMTP.Headers }, Key{
			Example: `{"X-Environment":"staging"}`, Help: "Further headers of every mail.",
		}),
		v26("courier.smtp.local_name", func(c *Config) any { return &c.Courier.SMTP.LocalName }, Key{
			Example: "id.example.org", Help: "How this client introduces itself to the mail server. When unset, the host of serve.public.base_url.",
		}),
		v26("courier.smtp.client_cert_path", func(c *Config) any { return &c.Courier.SMTP.ClientCert }, Key{
			Example: "/etc/symbolon/smtp.crt", Help: "A PEM file with the certificate that this client shows to the mail server.",
		}),
		v26("courier.smtp.client_key_path", func(c *Config) any { return &c.Courier.SMTP.ClientKey }, Key{
			Example: "/etc/symbolon/smtp.key", Help: "A PEM file with the key of that certificate.",
		}),
		v26("courier.channels", func(c *Config) any { return objectsOf[Channel]{&c.Courier.Channels} }, Key{
			Example: `[{"id":"sms","request_config":{"url":"https://sms.example.org/send"}}]`,
			Help:    "Ways for messages beside that of all mail. `sms` carries text messages, `email` mails of the templates that are named. The first that fits counts.",
		}),
		{
			Path: "courier.channels[].id", ref: in(func(c *Channel) any { return &c.ID }), Own: true, V26: true, Required: true, Example: "sms",
			rules: []rule{oneOf("sms", "email")}, Help: "What the channel carries.",
		},
		{
			Path: "courier.channels[].templates", ref: in(func(c *Channel) any { return &c.Templates }), Own: true, Example: `["login_code_valid"]`,
			Help: "The messages that the channel carries. When unset, all of its kind.",
		},
		{
			Path: "courier.channels[].type", ref: in(func(c *Channel) any { return &c.Type }), Own: true, V26: true, Default: "http", Example: "http",
			rules: []rule{oneOf("http")}, Help: "How it carries it: by an HTTP request.",
		},
	}
	keys = append(keys, requestKeys("courier.http.request_config.", func(c *Config) *HTTPRequest { return &c.Courier.HTTP })...)
	return append(keys, requestKeys("courier.channels[].request_config.", func(c *Channel) *HTTPRequest { return &c.Request })...)
}

func requestKeys[Root any](at string, f func(*Root) *HTTPRequest) []Key {
	key := func(name string, field func(*HTTPRequest) any, k Key) Key {
		k.Path, k.Own, k.V26, k.ref = at+name, true, true, in(func(r *Root) any { return field(f(r)) })
		return k
	}
	return []Key{
		key("url", func(r *HTTPRequest) any { return &r.URL }, Key{
			Example: "https://messages.example.org/send", rules: []rule{scheme("http://", "https://")}, Help: "Where messages are sent.",
		}),
		key("method", func(r *HTTPRequest) any { return &r.Method }, Key{
			Default: "POST", Example: "PUT", rules: []rule{oneOf("POST", "PUT", "PATCH")}, Help: "The method of the request.",
		}),
		key("body", func(r *HTTPRequest) any { return &r.Body }, Key{
			Example: "file:///etc/symbolon/message.jsonnet", rules: []rule{sourceRule()},
			Help: "A Jsonnet program that makes the body. When unset, the message as JSON.",
		}),
		key("headers", func(r *HTTPRequest) any { return &r.Headers }, Key{
			Example: `{"Content-Type":"application/json"}`, Help: "The headers of the request.",
		}),
		key("auth.type", func(r *HTTPRequest) any { return &r.Auth.Type }, Key{
			Example: "basic_auth", rules: []rule{oneOf("basic_auth", "api_key")}, Help: "How the request proves who sends it. When unset, not at all.",
		}),
		key("auth.config.user", func(r *HTTPRequest) any { return &r.Auth.User }, Key{
			Example: "symbolon", Help: "The user of basic_auth.",
		}),
		key("auth.config.password", func(r *HTTPRequest) any { return &r.Auth.Password }, Key{
			Example: "$PASSWORD", Help: "The password of basic_auth.",
		}),
		key("auth.config.name", func(r *HTTPRequest) any { return &r.Auth.Name }, Key{
			Example: "X-API-Key", Help: "The name of the header or cookie that carries an api_key.",
		}),
		key("auth.config.value", func(r *HTTPRequest) any { return &r.Auth.Value }, Key{
			Example: "$API_KEY", Help: "The value of an api_key.",
		}),
		key("auth.config.in", func(r *HTTPRequest) any { return &r.Auth.In }, Key{
			Default: "header", Example: "cookie", rules: []rule{oneOf("header", "cookie")}, Help: "Where an api_key stands.",
		}),
	}
}
