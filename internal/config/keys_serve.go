package config

func baseKeys() []Key {
	return []Key{
		{
			Path: "dsn", ref: in(func(c *Config) any { return &c.DSN }), Required: true, Restart: true,
			Example: "sqlite:///var/lib/symbolon/db.sqlite?_fk=true&mode=rwc",
			rules:   []rule{matches(`^(memory|(sqlite|sqlite3|postgres|postgresql|mysql)://.+)$`, "memory, or an address that starts with sqlite://, postgres:// or mysql://")},
			Help:    "The database. `memory` keeps everything in memory and forgets it at the end; `sqlite://FILE` is one file on this machine; `postgres://` and `mysql://` (MariaDB too) name a server, and [databases.md](databases.md) tells how. The pool is bounded by the query parameters `max_conns`, `max_idle_conns` and `max_conn_lifetime`, as in v0.5.",
		},
		{
			Path: "dsn_listen", ref: in(func(c *Config) any { return &c.DSNListen }), Restart: true, Own: true,
			Example: "postgres://symbolon:password@db.example.org:5432/symbolon",
			rules:   []rule{matches(`^(postgres|postgresql)://.+$`, "an address that starts with postgres://")},
			Help:    "The same PostgreSQL as dsn, past a pooler that shares connections (`pooler=transaction`), so that this node hears at once what others change. Without it a node behind a pooler looks four times a second; either way a session that was revoked elsewhere is refused within a second. See [databases.md](databases.md).",
		},
		{
			Path: "dsn_replica", ref: in(func(c *Config) any { return &c.DSNReplica }), Restart: true, Own: true,
			Example: "postgres://symbolon:password@db2.example.org:5432,db3.example.org:5432/symbolon",
			rules:   []rule{matches(`^(postgres|postgresql|mysql)://.+$`, "an address that starts with postgres:// or mysql://")},
			Help:    "A server that follows that of dsn, for the long lists of the admin API and the console (identities, messages) and for counting tables, which may then be as old as it is behind. Sessions, flows and single identities are never read there. While it does not answer, dsn is asked. See [databases.md](databases.md).",
		},
		{
			Path: "version", ref: in(func(c *Config) any { return &c.Version }), Example: "v0.5.5-alpha.1",
			Help: "The release that the file was written for. Files for v0.5 and older keep its defaults; all others have the safer ones of the embedded profile. Files for newer releases also speak the API v1, see serve.public.wire.",
		},
	}
}

func serveKeys() []Key {
	keys := []Key{
		{
			Path: "serve.public.base_url", ref: in(func(c *Config) any { return &c.Serve.Public.BaseURL }), Example: "https://id.example.org/",
			rules: []rule{absolute()},
			Help:  "Where browsers and apps reach the public listener. It stands in every link, form action and redirect, and gives the anti-CSRF cookie its domain and path. When unset it is guessed: https:// where this listener has a certificate, else http://, with the address by which this machine is called.",
		},
		{
			Path: "serve.public.wire", ref: in(func(c *Config) any { return &c.Serve.Public.Wire }), Example: WireV1, Own: true,
			rules: []rule{oneOf(WireV05, WireV1)},
			Help:  "The API that the root of the public listener speaks: that of Kratos v0.5 or today's, v1. Both are always served below /v0.5 and /v1. When unset, version decides: v0.5 and older, or no version: v0.5; newer: v1.",
		},
		{
			Path: "serve.public.host", ref: in(func(c *Config) any { return &c.Serve.Public.Host }), Default: "0.0.0.0", Example: "127.0.0.1", Restart: true,
			Help: "The address that the public listener binds to. 0.0.0.0 is every address of the machine.",
		},
		{
			Path: "serve.public.port", ref: in(func(c *Config) any { return &c.Serve.Public.Port }), Default: "4433", Example: "8080", Restart: true,
			rules: []rule{between(0, 65535)},
			Help:  "The port of the public listener. 0 takes any free one.",
		},
		{
			Path: "serve.public.metrics", ref: in(func(c *Config) any { return &c.Serve.Public.Metrics }), Default: "false", Example: "true", Own: true,
			Help: "Also serve /metrics/prometheus on the public listener. It is always on the admin listener.",
		},
	}
	keys = append(keys, tlsKeys("serve.public", func(c *Config) *TLS { return &c.Serve.Public.TLS })...)
	keys = append(keys, corsKeys()...)
	return append(keys, adminKeys()...)
}

func adminKeys() []Key {
	keys := []Key{
		{
			Path: "serve.admin.base_url", ref: in(func(c *Config) any { return &c.Serve.Admin.BaseURL }), Example: "https://id-admin.internal.example.org/",
			rules: []rule{absolute()},
			Help:  "Where operators reach the admin listener. It stands in Location and Link headers. When unset it is guessed as serve.public.base_url is.",
		},
		{
			Path: "serve.admin.host", ref: in(func(c *Config) any { return &c.Serve.Admin.Host }), Default: "127.0.0.1", Example: "10.0.0.5", Restart: true,
			Help: "The address that the admin listener binds to. v0.5 listens on every address; here it must be said, and needs serve.admin.token or serve.admin.insecure.",
		},
		{
			Path: "serve.admin.port", ref: in(func(c *Config) any { return &c.Serve.Admin.Port }), Default: "4434", Example: "8081", Restart: true,
			rules: []rule{between(0, 65535)},
			Help:  "The port of the admin listener. 0 takes any free one.",
		},
		{
			Path: "serve.admin.token", ref: in(func(c *Config) any { return &c.Serve.Admin.Token }), Example: "$(openssl rand -hex 24)", Own: true,
			Help: "A token that every request to the admin listener must carry as `Authorization: Bearer TOKEN`, health checks excepted. The command line takes it from SYMBOLON_ADMIN_TOKEN.",
		},
		{
			Path: "serve.admin.insecure", ref: in(func(c *Config) any { return &c.Serve.Admin.Insecure }), Default: "false", Example: "true", Own: true,
			Help: "Let the admin listener bind off loopback without a token. Anyone who reaches it then owns every account: only for networks that are closed to others, such as a pod.",
		},
	}
	keys = append(append(keys, consoleKeys()...), operatorKeys()...)
	keys = append(keys, tlsKeys("serve.admin", func(c *Config) *TLS { return &c.Serve.Admin.TLS })...)
	return append(keys, Key{
		Path: "serve.trusted_proxies", ref: in(func(c *Config) any { return &c.Serve.TrustedProxies }), Example: "10.0.0.0/8,192.168.1.7", Own: true,
		rules: []rule{network()},
		Help:  "Proxies whose X-Forwarded-For header tells the client's address, which counts for rate limits and logs. From anybody else the header is ignored.",
	})
}

func consoleKeys() []Key {
	return []Key{
		{
			Path: consoleEnabled, ref: in(func(c *Config) any { return &c.Serve.Admin.Console.Enabled }), Example: "true", Own: true,
			Help: "Serve the console, pages for operators, at /console of the admin listener. When unset it is served where that listener binds to a loopback address.",
		},
		{
			Path: "serve.admin.console.password", ref: in(func(c *Config) any { return &c.Serve.Admin.Console.Password }), Example: "$(openssl rand -base64 18)", Own: true,
			Help: "A password that the console asks for. Where serve.admin.token is set, that opens it too. With neither, and without serve.admin.console.operators, everyone who reaches the listener is let in.",
		},
	}
}

func tlsKeys(listener string, f func(*Config) *TLS) []Key {
	return []Key{
		{
			Path: listener + ".tls.cert_file", ref: in(func(c *Config) any { return &f(c).CertFile }), Example: "/etc/symbolon/tls.crt", Own: true, Restart: true,
			Help: "A PEM file with the certificate and its chain. With it and the key the listener speaks HTTPS. A renewed file is in use within two seconds, for new connections and without a restart.",
		},
		{
			Path: listener + ".tls.key_file", ref: in(func(c *Config) any { return &f(c).KeyFile }), Example: "/etc/symbolon/tls.key", Own: true, Restart: true,
			Help: "A PEM file with the private key of the certificate.",
		},
	}
}

func corsKeys() []Key {
	const at = "serve.public.cors."
	return []Key{
		{
			Path: at + "enabled", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.Enabled }), Default: "false", Example: "true",
			Help: "Let pages of other origins call the public listener from scripts.",
		},
		{
			Path: at + "allowed_origins", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.AllowedOrigins }), Default: "*", Example: "https://app.example.org,https://*.example.com",
			Help: "The origins that may call. `*` is any, and one `*` may stand inside an origin. Browsers refuse cookies together with `*` alone.",
		},
		{
			Path: at + "allowed_methods", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.AllowedMethods }), Default: "POST,GET,PUT,PATCH,DELETE", Example: "GET,POST",
			Help: "The methods that other origins may use.",
		},
		{
			Path: at + "allowed_headers", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.AllowedHeaders }), Default: "Authorization,Content-Type,X-Session-Token", Example: "Content-Type,X-Session-Token",
			Help: "The request headers that other origins may set.",
		},
		{
			Path: at + "exposed_headers", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.ExposedHeaders }), Default: "Content-Type", Example: "Content-Type",
			Help: "The response headers that scripts of other origins may read.",
		},
		{
			Path: at + "allow_credentials", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.AllowCredentials }), Default: "true", Example: "false",
			Help: "Let other origins send cookies.",
		},
		{
			Path: at + "max_age", ref: in(func(c *Config) any { return &c.Serve.Public.CORS.MaxAge }), Default: "0", Example: "600",
			rules: []rule{atLeast(0)},
			Help:  "How many seconds browsers may remember what is allowed. 0 leaves it to them.",
		},
		{
			Path: at + "options_passthrough", ref: dropped[bool](), Default: "false", Example: "false",
			NoEffect: "preflight requests are always answered here",
			Help:     "In v0.5, hand preflight requests on to the routes.",
		},
		{
			Path: at + "debug", ref: dropped[bool](), Default: "false", Example: "false",
			NoEffect: "every request is logged with its status",
			Help:     "In v0.5, log what the CORS check decides.",
		},
	}
}
