package config

func baseKeys() []Key {
	return []Key{
		key("dsn", Key{Required: true, Restart: true, Example: "sqlite:///var/lib/symbolon/db.sqlite?_fk=true&mode=rwc", must: matches(`^(memory|(sqlite|sqlite3|postgres|postgresql|mysql)://.+)$`, "memory, or an address that starts with sqlite://, postgres:// or mysql://")},
			"The database. `memory` keeps everything in memory and forgets it at the end; `sqlite://FILE` is one file on this machine; `postgres://` and `mysql://` (MariaDB too) name a server, and [databases.md](databases.md) tells how. The pool is bounded by the query parameters `max_conns`, `max_idle_conns` and `max_conn_lifetime`, as in v0.5."),
		key("dsn_listen", Key{Restart: true, since: ours, Example: "postgres://symbolon:password@db.example.org:5432/symbolon", must: matches(`^(postgres|postgresql)://.+$`, "an address that starts with postgres://")},
			"The same PostgreSQL as dsn, past a pooler that shares connections (`pooler=transaction`), so that this node hears at once what others change. Without it a node behind a pooler looks four times a second; either way a session that was revoked elsewhere is refused within a second. See [databases.md](databases.md)."),
		key("dsn_replica", Key{Restart: true, since: ours, Example: "postgres://symbolon:password@db2.example.org:5432,db3.example.org:5432/symbolon", must: matches(`^(postgres|postgresql|mysql)://.+$`, "an address that starts with postgres:// or mysql://")},
			"A server that follows that of dsn, for the long lists of the admin API and the console (identities, messages) and for counting tables, which may then be as old as it is behind. Sessions, flows and single identities are never read there. While it does not answer, dsn is asked. See [databases.md](databases.md)."),
		key("version", Key{Example: "v0.5.5-alpha.1"},
			"The release that the file was written for. Files for v0.5 and older keep its defaults; all others have the safer ones of the embedded profile. Files for newer releases also speak the API v1, see serve.public.wire."),
	}
}

func serveKeys() []Key {
	keys := []Key{
		key("serve.public.base_url", Key{Example: "https://id.example.org/", must: absolute()},
			"Where browsers and apps reach the public listener. It stands in every link, form action and redirect, and gives the anti-CSRF cookie its domain and path. When unset it is guessed: https:// where this listener has a certificate, else http://, with the address by which this machine is called."),
		key("serve.public.wire", Key{Example: WireV1, since: ours, must: oneOf(WireV05, WireV1)},
			"The API that the root of the public listener speaks: that of Kratos v0.5 or today's, v1. Both are always served below /v0.5 and /v1. When unset, version decides: v0.5 and older, or no version: v0.5; newer: v1."),
		key("serve.public.host", Key{Default: "0.0.0.0", Example: "127.0.0.1", Restart: true, must: bindable()},
			"The address that the public listener binds to. 0.0.0.0 is every address of the machine."),
		key("serve.public.port", Key{Default: "4433", Example: "8080", Restart: true, must: between(0, 65535)},
			"The port of the public listener. 0 takes any free one."),
		key("serve.public.metrics", Key{Default: "false", since: ours},
			"Also serve /metrics/prometheus on the public listener. It is always on the admin listener."),
	}
	keys = append(keys, tlsKeys("serve.public")...)
	keys = append(keys, corsKeys()...)
	return append(keys, adminKeys()...)
}

func adminKeys() []Key {
	keys := []Key{
		key("serve.admin.base_url", Key{Example: "https://id-admin.internal.example.org/", must: absolute()},
			"Where operators reach the admin listener. It stands in Location and Link headers. When unset it is guessed as serve.public.base_url is."),
		key("serve.admin.host", Key{Default: "127.0.0.1", Example: "10.0.0.5", Restart: true, must: bindable()},
			"The address that the admin listener binds to. v0.5 listens on every address; here it must be said, and needs serve.admin.token or serve.admin.insecure."),
		key("serve.admin.port", Key{Default: "4434", Example: "8081", Restart: true, must: between(0, 65535)},
			"The port of the admin listener. 0 takes any free one."),
		key("serve.admin.token", Key{Example: "$(openssl rand -hex 24)", since: ours},
			"A token that every request to the admin listener must carry as `Authorization: Bearer TOKEN`, health checks excepted. The command line takes it from SYMBOLON_ADMIN_TOKEN."),
		key("serve.admin.insecure", Key{Default: "false", since: ours},
			"Let the admin listener bind off loopback without a token. Everyone who reaches it can then change every account: set it only in networks that are closed to others, such as a pod."),
	}
	keys = append(append(keys, consoleKeys()...), operatorKeys()...)
	keys = append(keys, tlsKeys("serve.admin")...)
	return append(keys, Key{
		Path: "serve.trusted_proxies", Example: "10.0.0.0/8,192.168.1.7", since: ours, must: network(),
		Help: "Proxies whose X-Forwarded-For header tells the client's address, which counts for rate limits and logs. From anybody else the header is ignored.",
	})
}

func consoleKeys() []Key {
	return []Key{
		key(consoleEnabled, Key{Example: "true", since: ours},
			"Serve the console, pages for operators, at /console of the admin listener. When unset it is served where that listener binds to a loopback address."),
		key("serve.admin.console.password", Key{Example: "$(openssl rand -base64 18)", since: ours},
			"A password that the console asks for. Where serve.admin.token is set, that opens it too. With neither, and without serve.admin.console.operators, everyone who reaches the listener is let in."),
	}
}

func tlsKeys(listener string) []Key {
	return []Key{
		key(listener+".tls.cert_file", Key{Example: "/etc/symbolon/tls.crt", since: ours, Restart: true},
			"A PEM file with the certificate and its chain. With it and the key the listener speaks HTTPS. A renewed file is in use within two seconds, for new connections and without a restart."),
		key(listener+".tls.key_file", Key{Example: "/etc/symbolon/tls.key", since: ours, Restart: true},
			"A PEM file with the private key of the certificate."),
	}
}

func corsKeys() []Key {
	const at = "serve.public.cors."
	return []Key{
		key(at+"enabled", Key{Default: "false"},
			"Let pages of other origins call the public listener from scripts."),
		key(at+"allowed_origins", Key{Default: "*", Example: "https://app.example.org,https://*.example.com"},
			"The origins that may call. `*` is any, and one `*` may stand inside an origin. Browsers refuse cookies together with `*` alone."),
		key(at+"allowed_methods", Key{Default: "POST,GET,PUT,PATCH,DELETE", Example: "GET,POST"},
			"The methods that other origins may use."),
		key(at+"allowed_headers", Key{Default: "Authorization,Content-Type,X-Session-Token", Example: "Content-Type,X-Session-Token"},
			"The request headers that other origins may set."),
		key(at+"exposed_headers", Key{Default: "Content-Type", Example: "Content-Type"},
			"The response headers that scripts of other origins may read."),
		key(at+"allow_credentials", Key{Default: "true"},
			"Let other origins send cookies."),
		key(at+"max_age", Key{Default: "0", Example: "600", must: atLeast(0)},
			"How many seconds browsers may remember what is allowed. 0 leaves it to them."),
		key(at+"options_passthrough", Key{Default: "false", Example: "false", NoEffect: "preflight requests are always answered here"},
			"In v0.5, hand preflight requests on to the routes."),
		key(at+"debug", Key{Default: "false", Example: "false", NoEffect: "every request is logged with its status"},
			"In v0.5, log what the CORS check decides."),
	}
}
