package config

func courierKeys() []Key {
	return []Key{
		key("courier.smtp.connection_uri", Key{Example: "smtps://user:password@mail.example.org:465/", must: matches(`^smtps?://.+$`, "smtp://host:port/ or smtps://host:port/, with user:password@ if need be")},
			"The mail server. smtp:// uses STARTTLS when offered, smtps:// is TLS from the start; ?skip_ssl_verify=true accepts any certificate. When unset, mail stays in the mailbox of the admin listener."),
		key("courier.smtp.from_address", Key{Example: "accounts@example.org", must: emailAddress()},
			"The sender's address. When unset, no-reply at the host of serve.public.base_url."),
		key("courier.smtp.from_name", Key{Example: "Example accounts", since: ours, must: matches(`^[^\x00-\x1f\x7f]*$`, "one line")},
			"The sender's name, shown beside the address."),
		key("courier.smtp.timeout", Key{Default: "10s", Example: "30s", since: ours, must: positive()},
			"How long one delivery may take."),
		key("courier.template_override_path", Key{Example: "/etc/symbolon/templates"},
			"A directory with templates of your own. Files that are missing in it come from the embedded ones."),
		key("courier.templates", Key{since: v26, Example: `{"recovery_code":{"valid":{"email":{"subject":"file:///etc/symbolon/subject.gotmpl"}}}}`},
			"Texts of single messages: `email: {subject, body: {html, plaintext}}` and `sms: {body: {plaintext}}`, each file://, http(s):// or base64://, below `valid` and `invalid` of recovery, recovery_code, verification, verification_code, login_code and registration_code. They count before those of courier.template_override_path, and are read at the start and when the configuration is read again. See [mail.md](mail.md)."),
		key("courier.workers", Key{Default: "8", Example: "16", since: ours, Restart: true, must: between(1, 100)},
			"How many messages are delivered at one time by this process. A server that hangs holds one until courier.smtp.timeout."),
		key("courier.max_tries", Key{Default: "12", Example: "20", since: ours, must: between(1, 1000)},
			"How often a delivery is tried before the message is given up as a dead letter, which is kept and can be retried by hand."),
		key("courier.backoff.min", Key{Default: "5s", Example: "1s", since: ours, must: positive()},
			"The wait after the first try that failed. It doubles each time, give or take some chance."),
		key("courier.backoff.max", Key{Default: "1h", Example: "15m", since: ours, must: positive()},
			"The longest wait between two tries."),
		key("link.confirm", Key{Default: "false", since: ours},
			"On the built-in pages, show a button before a link from a mail takes effect, so that mail scanners that open links do not use it up."),
	}
}

func securityKeys() []Key {
	return []Key{
		key("security.limits.enabled", Key{Default: "true", since: ours},
			"Turn people away for a while who fail too often. Only load tests have a reason to switch it off."),
		key("security.limits.window", Key{Default: "10m", Example: "30m", since: ours, must: positive()},
			"The time in which failures add up."),
		key("security.limits.per_identity", Key{Default: "10", Example: "20", since: ours, must: atLeast(1)},
			"The failures per account, and per identifier typed, in that time."),
		key("security.limits.per_address", Key{Default: "100", Example: "500", since: ours, must: atLeast(1)},
			"The failures per client address in that time. Behind a proxy set serve.trusted_proxies."),
		key("security.outgoing.allow", Key{Example: "schemas.internal.example.org:8443,10.1.0.0/16", since: ours, must: destination()},
			"Destinations off the public internet that the server may call when a redirect, a schema reference or a discovery document leads there. The host and port of a URL in this configuration are always allowed."),
		key("security.notices", Key{Default: "true", since: ours},
			"Tell people by mail, at the address they had before, that their password or address has changed."),
	}
}

func processKeys() []Key {
	keep := func(what, since, value string) Key {
		return Key{
			Path: "cleanup.keep_" + what, Default: value, Example: "720h", since: ours,
			Help: "How long " + what + " are kept " + since + ".",
		}
	}
	return []Key{
		key("cleanup.interval", Key{Default: "10m", Example: "1h", since: ours},
			"How often the server removes what has ended. 0s is never."),
		keep("flows", "after they expired", "24h"),
		keep("sessions", "after they expired or were ended", "168h"),
		keep("errors", "after they were made", "24h"),
		key("cleanup.keep_events", Key{Default: "2160h", Example: "8760h", since: ours},
			"How long the audit log is kept (`symbolon audit`). 0s keeps it for ever. Less than the longest `ttl` of a session token and a minute is refused: verifiers learn from the events which sessions have ended."),
		keep("messages", "after they were delivered or given up", "168h"),
		key("log.level", Key{Default: "info", Example: "debug", must: oneOfFold("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic")},
			"The least important entries that are written."),
		key("log.format", Key{Default: "text", Example: "json", Restart: true, must: oneOf("text", "json")},
			"How entries are written."),
		key("log.leak_sensitive_values", Key{Default: "false", Example: "false", NoEffect: "sensitive values are never logged"},
			"In v0.5, write passwords, tokens and addresses to the log."),
		key("profiling", Key{Example: "cpu", NoEffect: "profiles are taken with the tools of Go"},
			"In v0.5, write a CPU or memory profile."),
	}
}
