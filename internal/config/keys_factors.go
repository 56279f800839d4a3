package config

// factorKeys returns the keys of the methods that are new in v26.
func factorKeys() []Key {
	const at = "selfservice.methods."
	keys := []Key{
		key(at+"code.enabled", Key{since: v26, Default: "false"},
			"One-time codes of six digits by mail or text message, for recovery and verification."),
		key(at+"code.passwordless_enabled", Key{since: v26, Default: "false"},
			"Let people sign in and register with a code instead of a password."),
		key(at+"code.mfa_enabled", Key{since: v26, Default: "false"},
			"Accept a code as second factor."),
		key(at+"code.config.lifespan", Key{since: v26, Default: "1h", Example: "15m", must: positive()},
			"How long a code is valid."),
		key(at+"code.config.max_submissions", Key{since: v26, Default: "5", Example: "3", must: between(1, 255)},
			"How many wrong codes a flow accepts before it must send another."),
		key(at+"code.config.missing_credential_fallback_enabled", Key{since: v26, Default: "false"},
			"Send codes also to addresses of accounts that were made before codes were enabled."),
		key(at+"totp.enabled", Key{since: v26, Default: "false"},
			"Codes from an authenticator app (RFC 6238) as second factor."),
		key(at+"totp.config.issuer", Key{since: v26, Example: "Example Inc."},
			"The name under which authenticator apps list the account. When unset, the host of serve.public.base_url."),
		key(at+"lookup_secret.enabled", Key{since: v26, Default: "false"},
			"Recovery codes on paper, each valid once, as second factor."),
		key(at+"webauthn.enabled", Key{since: v26, Default: "false"},
			"Security keys (WebAuthn), as second factor or, with config.passwordless, in place of a password."),
		key(at+"webauthn.config.passwordless", Key{since: v26, Default: "false"},
			"Make new security keys a first factor, in place of a password, instead of a second one, and offer them at sign-up and sign-in. Keys that were made before stay what they are."),
		key(at+"webauthn.config.two_factors", Key{since: ours, Default: "false"},
			"With passwordless, count a security key that verified its user, by fingerprint or PIN, as two factors."),
		key(at+"webauthn.config.require_user_verification", Key{since: ours, Default: "false"},
			"With passwordless, refuse security keys that did not verify their user. A key that did so when it was made must always do so."),
		key(at+"passkey.enabled", Key{since: v26, Default: "false"},
			"Passkeys: registering and signing in without a password."),
		key(at+"passkey.config.two_factors", Key{since: ours, Default: "false"},
			"Count a passkey whose authenticator verified its user, by fingerprint, face or PIN, as two factors."),
		key(at+"passkey.config.require_user_verification", Key{since: ours, Default: "false"},
			"Refuse passkeys whose authenticator did not verify its user. A key that did so when it was made must always do so."),
		key(at+"passkey.config.offer", Key{since: ours, Default: "true"},
			"Offer a passkey to people without one after they sign in with a password on the built-in pages, once in each browser."),
	}
	keys = append(keys, relyingPartyKeys(at+"webauthn.config.rp.")...)
	return append(keys, relyingPartyKeys(at+"passkey.config.rp.")...)
}

func relyingPartyKeys(at string) []Key {
	return []Key{
		key(at+"id", Key{since: v26, Example: "example.org"},
			"The domain that keys are bound to: the host of serve.public.base_url or one above it. Changing it makes existing keys useless. When unset, that host."),
		key(at+"display_name", Key{since: v26, Example: "Example Inc."},
			"The name that browsers show. When unset, ui.name."),
		key(at+"origins", Key{since: v26, Example: "https://app.example.org,https://id.example.org", must: matches(`^https?://[^/]+$`, "an origin such as https://app.example.org")},
			"The origins of the pages that may use the keys. When unset, those of serve.public.base_url and of the configured pages."),
	}
}

// whoamiKeys returns the keys of what the session check asks for and can answer with.
func whoamiKeys() []Key {
	const templates = "session.whoami.tokenizer.templates"
	level := oneOf(AAL1, AALHighest)
	return []Key{
		key("session.earliest_possible_extend", Key{since: v26, Default: "0s", Example: "24h"},
			"How long before its end a session may be extended. 0s is at any time."),
		key("session.whoami.required_aal", Key{since: v26, Default: AALHighest, Example: AAL1, must: level},
			"The assurance that the session check asks for. `highest_available` asks people who have a second factor for it; `aal1` never asks."),
		key("selfservice.flows.settings.required_aal", Key{since: v26, Default: AALHighest, Example: AAL1, must: level},
			"The assurance that settings ask for, as session.whoami.required_aal."),
		key(templates, Key{since: v26, Example: `{"api":{"ttl":"10m","jwks_url":"file:///etc/symbolon/keys.json"}}`, named: "name"},
			"Forms of signed tokens that `tokenize_as=NAME` of the session check answers with. In files written `NAME: {ttl: …}`."),
		key(templates+"[].name", Key{since: v26, Required: true, Example: "api"},
			"The name that callers ask for."),
		key(templates+"[].ttl", Key{since: v26, Default: "1m", Example: "10m", must: positive()},
			"How long a token is valid. More than 24h counts as 24h."),
		key(templates+"[].jwks_url", Key{since: v26, Example: "file:///etc/symbolon/keys.json", must: sourceRule()},
			"The JSON Web Key Set with the private keys. The first key signs, and the public parts of all are served at /sessions/jwks.json. When unset, Ed25519 keys made of secrets.default: a new secret in front is a new key."),
		key(templates+"[].claims_mapper_url", Key{since: v26, Example: "file:///etc/symbolon/claims.jsonnet", must: sourceRule()},
			"A Jsonnet program that turns the session into claims."),
		key(templates+"[].subject_source", Key{since: v26, Default: "id", Example: "external_id", must: oneOf("id", "external_id")},
			"What the claim `sub` is: the id of the identity or its external id."),
	}
}

// flagKeys returns the switches of v26 between behaviours of v1.
func flagKeys() []Key {
	const at = "feature_flags."
	return []Key{
		key(at+"use_continue_with_transitions", Key{since: v26, Default: "false"},
			"In v1, answer steps between flows with `continue_with` instead of a redirect."),
		key(at+"choose_recovery_address", Key{since: v26, Default: "false"},
			"In v1, let people choose among the masked addresses of their account in recovery by code, and recover by telephone number. A person who knows one address learns that the account has others. Takes effect only with selfservice.flows.recovery.ui_url: the built-in page always asks for an e-mail address."),
		key(at+"legacy_continue_with_verification_ui", Key{since: v26, Default: "false"},
			"In v1, always answer a registration with `show_verification_ui`."),
		key(at+"legacy_require_verified_login_error", Key{since: v26, Default: "false", NoEffect: "the answer is the error session_verified_address_required"},
			"In v1, answer the sign-in with an unverified address with message 4000010."),
		key(at+"password_profile_registration_node_group", Key{since: v26, Default: "default", Example: "password", must: oneOf("default", "password"), NoEffect: "the traits of registration forms are in the group `default`, as v26.2 answers with either value"},
			"In v1, the group of the traits in registration forms."),
		key(at+"legacy_oidc_registration_node_group", Key{since: v26, Default: "false"},
			"In v1, ask for the traits that a provider did not tell in the group `oidc`."),
		key(at+"cacheable_sessions", Key{since: v26, Default: "false"},
			"In v1, let callers of the session check cache the answer."),
		key(at+"cacheable_sessions_max_age", Key{since: v26, Default: "0s", Example: "1m"},
			"How long callers may cache the answer. 0s is until the session ends."),
		key(at+"faster_session_extend", Key{since: v26, Default: "false"},
			"In v1, answer the extension of a session without the session."),
	}
}

// formKeys returns the settings of forms that v26 has.
func formKeys() []Key {
	const at = "selfservice.flows."
	sender := oneOf(UseLink, UseCode)
	unknown := "Mail people who ask for an address that has no account, so that they know which one they used. In files of v1 and later the default is false."
	return []Key{
		key(at+"login.style", Key{since: v26, Default: StyleUnified, Example: StyleIdentifierFirst, must: oneOf(StyleUnified, StyleIdentifierFirst)},
			"`unified` asks for the identifier and the proof at once, `identifier_first` for the identifier alone and then for the proof."),
		key(at+"login.tell_methods", Key{Default: "false", since: ours},
			"With the style `identifier_first`, offer after the identifier only the methods that its account has, and say where there is no account. That tells strangers who has an account; otherwise all methods are offered to everyone."),
		key(at+"registration.enabled", Key{since: v26, Default: "true"},
			"Allow self-service registration."),
		key(at+"registration.style", Key{since: v26, Default: StyleProfileFirst, Example: StyleUnified, must: oneOf(StyleUnified, StyleProfileFirst)},
			"In v1, `profile_first` asks for the profile and then for the credential, `unified` for both at once."),
		key(at+"registration.enable_legacy_one_step", Key{since: v26, Default: "false"},
			"In v1, show the form of one step and ignore selfservice.flows.registration.style."),
		key(at+"registration.login_hints", Key{since: v26, NoEffect: "the server does not reveal how another person signs in", Default: "false"},
			"In v1, tell people who register a taken identifier how its owner signs in."),
		key(at+"recovery.use", Key{since: v26, Default: UseLink, Example: UseCode, must: sender},
			"What a recovery sends. In files of v1 and later the default is code."),
		key(at+"recovery.notify_unknown_recipients", Key{since: v26, Default: "true"},
			unknown),
		key(at+"verification.use", Key{since: v26, Default: UseLink, Example: UseCode, must: sender},
			"What a verification sends. In files of v1 and later the default is code."),
		key(at+"verification.notify_unknown_recipients", Key{since: v26, Default: "true"},
			unknown),
	}
}

// linkKeys returns the settings of links, except link.enabled.
func linkKeys() []Key {
	const at = "selfservice.methods.link.config."
	return []Key{
		key(at+"lifespan", Key{since: v26, Default: "0s", Example: "30m"},
			"How long a link is valid. 0s is as long as its flow."),
		key(at+"base_url", Key{since: v26, Example: "https://id.example.org/", must: absolute()},
			"What links start with. When unset, serve.public.base_url."),
	}
}

// messageKeys returns the delivery keys of v26: details of SMTP, HTTP, and channels.
func messageKeys() []Key {
	keys := []Key{
		key("courier.delivery_strategy", Key{since: v26, Default: "smtp", Example: "http", must: oneOf("smtp", "http")},
			"How mail goes out: by SMTP, or to the service of courier.http.request_config."),
		key("courier.smtp.headers", Key{since: v26, Example: `{"X-Environment":"staging"}`},
			"Further headers of every mail."),
		key("courier.smtp.local_name", Key{since: v26, Example: "id.example.org"},
			"How this client introduces itself to the mail server. When unset, the host of serve.public.base_url."),
		key("courier.smtp.client_cert_path", Key{since: v26, Example: "/etc/symbolon/smtp.crt"},
			"A PEM file with the certificate that this client shows to the mail server."),
		key("courier.smtp.client_key_path", Key{since: v26, Example: "/etc/symbolon/smtp.key"},
			"A PEM file with the key of that certificate."),
		key("courier.channels", Key{since: v26, Example: `[{"id":"sms","request_config":{"url":"https://sms.example.org/send"}}]`},
			"Ways for messages beside that of all mail. `sms` carries text messages, `email` mails of the templates that are named. The first match is used."),
		key("courier.channels[].id", Key{since: v26, Required: true, Example: "sms", must: oneOf("sms", "email")},
			"What the channel carries."),
		key("courier.channels[].templates", Key{since: ours, Example: `["login_code_valid"]`},
			"The messages that the channel carries. When unset, all of its kind."),
		key("courier.channels[].type", Key{since: v26, Default: "http", Example: "http", must: oneOf("http")},
			"How it carries it: by an HTTP request."),
	}
	keys = append(keys, requestKeys("courier.http.request_config.")...)
	return append(keys, requestKeys("courier.channels[].request_config.")...)
}

func requestKeys(at string) []Key {
	return []Key{
		key(at+"url", Key{since: v26, Example: "https://messages.example.org/send", must: scheme("http://", "https://")},
			"Where messages are sent."),
		key(at+"method", Key{since: v26, Default: "POST", Example: "PUT", must: oneOf("POST", "PUT", "PATCH")},
			"The method of the request."),
		key(at+"body", Key{since: v26, Example: "file:///etc/symbolon/message.jsonnet", must: sourceRule()},
			"A Jsonnet program that makes the body. When unset, the message as JSON."),
		key(at+"headers", Key{since: v26, Example: `{"Content-Type":"application/json"}`},
			"The headers of the request."),
		key(at+"auth.type", Key{since: v26, Example: "basic_auth", must: oneOf("basic_auth", "api_key")},
			"How the request authenticates. When unset, there is no authentication."),
		key(at+"auth.config.user", Key{since: v26, Example: "symbolon"},
			"The user of basic_auth."),
		key(at+"auth.config.password", Key{since: v26, Example: "$PASSWORD"},
			"The password of basic_auth."),
		key(at+"auth.config.name", Key{since: v26, Example: "X-API-Key"},
			"The name of the header or cookie that carries an api_key."),
		key(at+"auth.config.value", Key{since: v26, Example: "$API_KEY"},
			"The value of an api_key."),
		key(at+"auth.config.in", Key{since: v26, Default: "header", Example: "cookie", must: oneOf("header", "cookie")},
			"Where the api_key is sent."),
	}
}

// migrationKeys are those of the call that asks another system for passwords.
func migrationKeys() []Key {
	const at = "selfservice.methods.password.config.migrate_hook."
	keys := []Key{key(at+"enabled", Key{since: v26, Default: "false"},
		"Ask another system for the passwords of identities that were imported with use_password_migration_hook, and store the hash of a right one. See web-hooks.md.")}
	for _, k := range requestKeys(at + "config.") {
		switch k.Path {
		case at + "config.url":
			k.Example, k.Help = "https://old.example.org/password", "Where passwords are asked for. It gets them in clear: use https beyond this host."
		case at + "config.body":
			k.Help = "A Jsonnet program that makes the body of ctx.identifier and ctx.password. When unset, both as JSON."
		}
		keys = append(keys, k)
	}
	return keys
}
