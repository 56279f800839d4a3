package config

import "time"

func courierKeys() []Key {
	return []Key{
		{
			Path: "courier.smtp.connection_uri", ref: in(func(c *Config) any { return &c.Courier.SMTP.ConnectionURI }), Example: "smtps://user:password@mail.example.org:465/",
			rules: []rule{matches(`^smtps?://.+$`, "smtp://host:port/ or smtps://host:port/, with user:password@ if need be")},
			Help:  "The mail server. smtp:// uses STARTTLS when offered, smtps:// is TLS from the start; ?skip_ssl_verify=true accepts any certificate. When unset, mail stays in the mailbox of the admin listener.",
		},
		{
			Path: "courier.smtp.from_address", ref: in(func(c *Config) any { return &c.Courier.SMTP.FromAddress }), Example: "accounts@example.org",
			rules: []rule{emailAddress()},
			Help:  "The sender's address. When unset, no-reply at the host of serve.public.base_url.",
		},
		{
			Path: "courier.smtp.from_name", ref: in(func(c *Config) any { return &c.Courier.SMTP.FromName }), Example: "Example accounts", Own: true,
			Help: "The sender's name, shown beside the address.",
		},
		{
			Path: "courier.smtp.timeout", ref: in(func(c *Config) any { return &c.Courier.SMTP.Timeout }), Default: "10s", Example: "30s", Own: true,
			rules: []rule{positive()},
			Help:  "How long one delivery may take.",
		},
		{
			Path: "courier.template_override_path", ref: in(func(c *Config) any { return &c.Courier.TemplateOverridePath }), Example: "/etc/symbolon/templates",
			Help: "A directory with templates of your own. Files that are missing in it come from the embedded ones.",
		},
		{
			Path: "courier.workers", ref: in(func(c *Config) any { return &c.Courier.Workers }), Default: "8", Example: "16", Own: true, Restart: true,
			rules: []rule{between(1, 100)},
			Help:  "How many messages are delivered at one time by this process. A server that hangs holds one until courier.smtp.timeout.",
		},
		{
			Path: "courier.max_tries", ref: in(func(c *Config) any { return &c.Courier.MaxTries }), Default: "12", Example: "20", Own: true,
			rules: []rule{between(1, 1000)},
			Help:  "How often a delivery is tried before the message is given up as a dead letter, which is kept and can be retried by hand.",
		},
		{
			Path: "courier.backoff.min", ref: in(func(c *Config) any { return &c.Courier.Backoff.Min }), Default: "5s", Example: "1s", Own: true,
			rules: []rule{positive()},
			Help:  "The wait after the first try that failed. It doubles each time, give or take some chance.",
		},
		{
			Path: "courier.backoff.max", ref: in(func(c *Config) any { return &c.Courier.Backoff.Max }), Default: "1h", Example: "15m", Own: true,
			rules: []rule{positive()},
			Help:  "The longest wait between two tries.",
		},
		{
			Path: "link.confirm", ref: in(func(c *Config) any { return &c.Link.Confirm }), Default: "false", Example: "true", Own: true,
			Help: "On the built-in pages, show a button before a link from a mail takes effect, so that mail scanners that open links do not use it up.",
		},
	}
}

func securityKeys() []Key {
	return []Key{
		{
			Path: "security.limits.enabled", ref: in(func(c *Config) any { return &c.Security.Limits.Enabled }), Default: "true", Example: "false", Own: true,
			Help: "Turn people away for a while who fail too often. Only load tests have a reason to switch it off.",
		},
		{
			Path: "security.limits.window", ref: in(func(c *Config) any { return &c.Security.Limits.Window }), Default: "10m", Example: "30m", Own: true,
			rules: []rule{positive()},
			Help:  "The time in which failures add up.",
		},
		{
			Path: "security.limits.per_identity", ref: in(func(c *Config) any { return &c.Security.Limits.PerIdentity }), Default: "10", Example: "20", Own: true,
			rules: []rule{atLeast(1)},
			Help:  "The failures per account, and per identifier typed, in that time.",
		},
		{
			Path: "security.limits.per_address", ref: in(func(c *Config) any { return &c.Security.Limits.PerAddress }), Default: "100", Example: "500", Own: true,
			rules: []rule{atLeast(1)},
			Help:  "The failures per client address in that time. Behind a proxy set serve.trusted_proxies.",
		},
		{
			Path: "security.outgoing.allow", ref: in(func(c *Config) any { return &c.Security.Outgoing.Allow }), Example: "schemas.internal.example.org:8443,10.1.0.0/16", Own: true,
			rules: []rule{destination()},
			Help:  "Destinations off the public internet that the server may call when a redirect, a schema reference or a discovery document leads there. The host and port of a URL in this configuration are always allowed.",
		},
		{
			Path: "security.notices", ref: in(func(c *Config) any { return &c.Security.Notices }), Default: "true", Example: "false", Own: true,
			Help: "Tell people by mail, at the address they had before, that their password or address has changed.",
		},
	}
}

func processKeys() []Key {
	keep := func(what, since, value string, f func(*Cleanup) *time.Duration) Key {
		return Key{
			Path: "cleanup.keep_" + what, ref: in(func(c *Config) any { return f(&c.Cleanup) }), Default: value, Example: "720h", Own: true,
			Help: "How long " + what + " are kept " + since + ".",
		}
	}
	return []Key{
		{
			Path: "cleanup.interval", ref: in(func(c *Config) any { return &c.Cleanup.Interval }), Default: "10m", Example: "1h", Own: true,
			Help: "How often the server removes what has ended. 0s is never.",
		},
		keep("flows", "after they expired", "24h", func(c *Cleanup) *time.Duration { return &c.KeepFlows }),
		keep("sessions", "after they expired or were ended", "168h", func(c *Cleanup) *time.Duration { return &c.KeepSessions }),
		keep("errors", "after they were made", "24h", func(c *Cleanup) *time.Duration { return &c.KeepErrors }),
		{
			Path: "cleanup.keep_events", ref: in(func(c *Config) any { return &c.Cleanup.KeepEvents }), Default: "2160h", Example: "8760h", Own: true,
			Help: "How long the audit log is kept (`symbolon audit`). 0s keeps it for ever. Less than the longest `ttl` of a session token and a minute is refused: verifiers learn from the events which sessions have ended.",
		},
		keep("messages", "after they were delivered or given up", "168h", func(c *Cleanup) *time.Duration { return &c.KeepMessages }),
		{
			Path: "log.level", ref: in(func(c *Config) any { return &c.Log.Level }), Default: "info", Example: "debug",
			rules: []rule{oneOfFold("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic")},
			Help:  "The least important entries that are written.",
		},
		{
			Path: "log.format", ref: in(func(c *Config) any { return &c.Log.Format }), Default: "text", Example: "json", Restart: true,
			rules: []rule{oneOf("text", "json")},
			Help:  "How entries are written.",
		},
		{
			Path: "log.leak_sensitive_values", ref: in(func(c *Config) any { return &c.Log.LeakSensitiveValues }), Default: "false", Example: "false",
			NoEffect: "sensitive values are never logged",
			Help:     "In v0.5, write passwords, tokens and addresses to the log.",
		},
		{
			Path: "profiling", ref: dropped[string](), Example: "cpu",
			NoEffect: "profiles are taken with the tools of Go",
			Help:     "In v0.5, write a CPU or memory profile.",
		},
	}
}
