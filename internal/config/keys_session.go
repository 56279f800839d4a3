package config

func sessionKeys() []Key {
	return []Key{
		{
			Path: "session.lifespan", ref: in(func(c *Config) any { return &c.Session.Lifespan }), Default: "24h", Example: "720h",
			rules: []rule{positive()},
			Help:  "How long a session lasts from signing in. A change counts for new sessions.",
		},
		{
			Path: "session.cache_size", ref: in(func(c *Config) any { return &c.Session.CacheSize }), Default: "50000", Example: "200000", Own: true, Restart: true,
			rules: []rule{atLeast(1)},
			Help:  "How many checked sessions are kept in memory, some 2 KiB each.",
		},
		{
			Path: "session.cookie.name", ref: in(func(c *Config) any { return &c.Session.Cookie.Name }), Default: "ory_kratos_session", Example: "__Host-session", Own: true,
			rules: []rule{matches("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", "made of letters, digits and !#$%&'*+-.^_`|~ (RFC 6265)")},
			Help:  "The name of the session cookie. A change signs every browser out.",
		},
		{
			Path: "session.cookie.domain", ref: in(func(c *Config) any { return &c.Session.Cookie.Domain }), Example: "example.org",
			Help: "The domain of the session cookie, the host of serve.public.base_url or one above it. When unset the cookie goes to that host alone.",
		},
		{
			Path: "session.cookie.path", ref: in(func(c *Config) any { return &c.Session.Cookie.Path }), Default: "/", Example: "/",
			rules: []rule{matches(`^/[^;\x00-\x1f]*$`, "a path starting with /")},
			Help:  "The path of the session cookie.",
		},
		{
			Path: "session.cookie.persistent", ref: in(func(c *Config) any { return &c.Session.Cookie.Persistent }), Default: "true", Example: "false",
			Help: "Keep the cookie when the browser closes, until the session ends.",
		},
		{
			Path: "session.cookie.same_site", ref: in(func(c *Config) any { return &c.Session.Cookie.SameSite }), Default: "Lax", Example: "Strict",
			rules: []rule{oneOf("Strict", "Lax", "None")},
			Help:  "The SameSite attribute of the session cookie. Browsers accept None only over HTTPS.",
		},
		{
			Path: "session.idle_timeout", ref: in(func(c *Config) any { return &c.Session.IdleTimeout }), Default: "0s", Example: "12h", Own: true,
			rules: []rule{idleTimeout()},
			Help:  "Ends sessions that were not checked for so long, to within a quarter of it. 0s never does; else at least 8m.",
		},
		{
			Path: "session.max_per_identity", ref: in(func(c *Config) any { return &c.Session.MaxPerIdentity }), Default: "0", Example: "10", Own: true,
			rules: []rule{atLeast(0)},
			Help:  "How many sessions one identity may have. Another sign-in ends the oldest of more. 0 allows any number.",
		},
	}
}

func secretKeys() []Key {
	return []Key{
		{
			Path: "secrets.default", ref: in(func(c *Config) any { return &c.Secrets.Default }), Example: "$(openssl rand -hex 24),$OLD_SECRET",
			rules: []rule{different()},
			Help:  "Secrets for everything that is signed or sealed, 16 characters or more each. The first is used, the others are still accepted: rotate by putting a new one in front. When unset, one is made up: the embedded profile keeps it beside its database, otherwise it is forgotten at the end of the process.",
		},
		{
			Path: "secrets.cookie", ref: in(func(c *Config) any { return &c.Secrets.Cookie }), Example: "$(openssl rand -hex 24)",
			rules: []rule{different()},
			Help:  "Secrets that sign cookies, instead of secrets.default and by the same rules.",
		},
		{
			Path: "secrets.cipher", ref: in(func(c *Config) any { return &c.Secrets.Cipher }), Example: "$(openssl rand -hex 16)", V26: true,
			Help: "Secrets with which the original sealed tokens of providers. `symbolon migrate from-kratos` opens them; what is sealed here is sealed with secrets.default.",
		},
	}
}

func hasherKeys() []Key {
	keys := []Key{
		{
			Path: "hashers.argon2.memory", ref: in(func(c *Config) any { return &c.Hashers.Argon2.Memory }), size: true, Default: "19456", Example: "65536",
			rules: []rule{between(16384, 1<<32-1)},
			Help:  "KiB of memory for each new hash, or a size with a unit such as 128MB. The default is that of the OWASP Password Storage Cheat Sheet; v0.5 takes 4 GiB.",
		},
		{
			Path: "hashers.argon2.iterations", ref: in(func(c *Config) any { return &c.Hashers.Argon2.Iterations }), Default: "2", Example: "3",
			rules: []rule{between(1, 1<<32-1)},
			Help:  "Passes over the memory for each new hash. v0.5 takes 4.",
		},
		{
			Path: "hashers.argon2.parallelism", ref: in(func(c *Config) any { return &c.Hashers.Argon2.Parallelism }), Default: "1", Example: "2",
			rules: []rule{between(1, 255)},
			Help:  "Lanes of each new hash. v0.5 takes twice the number of processors.",
		},
		{
			Path: "hashers.argon2.salt_length", ref: in(func(c *Config) any { return &c.Hashers.Argon2.SaltLength }), Default: "16", Example: "16",
			rules: []rule{between(16, 1024)},
			Help:  "Bytes of salt in new hashes.",
		},
		{
			Path: "hashers.argon2.key_length", ref: in(func(c *Config) any { return &c.Hashers.Argon2.KeyLength }), Default: "32", Example: "32",
			rules: []rule{between(16, 1024)},
			Help:  "Bytes of new hashes.",
		},
		{
			Path: "hashers.argon2.implementation", ref: in(func(c *Config) any { return &c.Hashers.Argon2.Implementation }), Default: "built-in", Example: "x/crypto", Own: true,
			rules: []rule{oneOf("built-in", "x/crypto")},
			Help:  "The code that computes Argon2. The built-in code takes less than half of the processor time; `x/crypto` is the library of the Go project. Both make the same hashes.",
		},
		{
			Path: "hashers.budget.memory", ref: in(func(c *Config) any { return &c.Hashers.Budget.Memory }), Default: "0", Example: "524288", Own: true, Restart: true, size: true,
			rules: []rule{atLeast(0)},
			Help:  "KiB of memory for all hashing at one time, or a size with a unit. 0 takes a quarter of what the process may use (cgroup, GOMEMLIMIT or machine), at most 1 GiB. There is always room for one hash.",
		},
		{
			Path: "hashers.budget.wait", ref: in(func(c *Config) any { return &c.Hashers.Budget.Wait }), Default: "5s", Example: "10s", Own: true,
			rules: []rule{positive()},
			Help:  "How long a request waits for its share of that memory before it is answered 503 with Retry-After.",
		},
	}
	return append(keys, hashLimitKeys()...)
}

func hashLimitKeys() []Key {
	limit := func(name, value, example, help string, f func(*HashLimits) *int) Key {
		return Key{
			Path: "hashers.limits." + name, ref: in(func(c *Config) any { return f(&c.Hashers.Limits) }), Default: value, Example: example, Own: true,
			rules: []rule{atLeast(1)},
			Help:  help + " A hash above it counts as a wrong password, and the log names this key; imports refuse it.",
		}
	}
	return []Key{
		limit("argon2.memory", "1048576", "4194304", "The most KiB of memory of an Argon2 hash that is verified; memory times passes is 2 GiB at most. hashers.argon2.memory raises it if higher.", func(l *HashLimits) *int { return &l.Argon2.Memory }),
		limit("argon2.iterations", "16", "32", "The most passes of an Argon2 hash that is verified. hashers.argon2.iterations raises it if higher.", func(l *HashLimits) *int { return &l.Argon2.Iterations }),
		limit("argon2.parallelism", "16", "64", "The most lanes of an Argon2 hash that is verified. hashers.argon2.parallelism raises it if higher.", func(l *HashLimits) *int { return &l.Argon2.Parallelism }),
		limit("bcrypt.cost", "16", "18", "The highest cost of a bcrypt hash that is verified.", func(l *HashLimits) *int { return &l.Bcrypt.Cost }),
		limit("scrypt.cost", "20", "21", "The highest cost, as the base-2 logarithm of N, of a scrypt hash that is verified.", func(l *HashLimits) *int { return &l.Scrypt.Cost }),
		limit("scrypt.block_size", "32", "64", "The largest block size r of a scrypt hash that is verified.", func(l *HashLimits) *int { return &l.Scrypt.BlockSize }),
		limit("scrypt.parallelism", "16", "32", "The highest parallelism p of a scrypt hash that is verified.", func(l *HashLimits) *int { return &l.Scrypt.Parallelism }),
		limit("pbkdf2.iterations", "4000000", "10000000", "The most iterations of a PBKDF2 hash that is verified.", func(l *HashLimits) *int { return &l.PBKDF2.Iterations }),
	}
}

func passwordKeys() []Key {
	return []Key{
		{
			Path: "password.min_length", ref: in(func(c *Config) any { return &c.Password.MinLength }), Default: "6", Example: "12", Own: true,
			rules: []rule{between(1, 1024)},
			Help:  "The fewest bytes of a new password. The embedded profile asks for 8.",
		},
		{
			Path: "password.common_list", ref: in(func(c *Config) any { return &c.Password.CommonList }), Default: "false", Example: "true", Own: true,
			Help: "Refuse new passwords that are on the embedded list of common ones. It needs no network. The embedded profile does.",
		},
		{
			Path: "selfservice.methods.password.config.haveibeenpwned_enabled", ref: in(func(c *Config) any { return &c.Password.CheckBreaches }), Default: "true", Example: "false", Own: true, V26: true,
			Help: "Look new passwords up in known breaches. Only the first five digits of a hash leave this server.",
		},
		{
			Path: "selfservice.methods.password.config.identifier_similarity_check_enabled", ref: in(func(c *Config) any { return &c.Password.CheckSimilarity }), Default: "true", Example: "false", Own: true, V26: true,
			Help: "Refuse new passwords that resemble the identifier.",
		},
		{
			Path: "password.max_breaches", ref: in(func(c *Config) any { return &c.Password.MaxBreaches }), Default: "0", Example: "10",
			rules: []rule{between(0, 100)},
			Help:  "In how many known breaches a new password may occur.",
		},
		{
			Path: "password.ignore_network_errors", ref: in(func(c *Config) any { return &c.Password.IgnoreNetworkErrors }), Default: "true", Example: "false",
			Help: "Accept a new password when the list of breaches cannot be reached. If false, it is refused until the list answers.",
		},
		{
			Path: "password.breach_api_url", ref: in(func(c *Config) any { return &c.Password.BreachAPIURL }), Default: "https://api.pwnedpasswords.com", Example: "https://breaches.internal.example.org", Own: true,
			rules: []rule{absolute()},
			Help:  "Where the list of breaches is asked: /range/ with the first five hexadecimal digits of the password's SHA-1 is appended.",
		},
	}
}
