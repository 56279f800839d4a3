package config

func sessionKeys() []Key {
	return []Key{
		key("session.lifespan", Key{Default: "24h", Example: "720h", must: positive()},
			"How long a session lasts from signing in. A change counts for new sessions."),
		key("session.cache_size", Key{Default: "50000", Example: "200000", since: ours, Restart: true, must: atLeast(1)},
			"How many checked sessions are kept in memory, some 2 KiB each."),
		key("session.cookie.name", Key{Default: "ory_kratos_session", Example: "__Host-session", since: ours, must: matches("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", "made of letters, digits and !#$%&'*+-.^_`|~ (RFC 6265)")},
			"The name of the session cookie. A change signs every browser out."),
		key("session.cookie.domain", Key{Example: "example.org"},
			"The domain of the session cookie, the host of serve.public.base_url or one above it. When unset the cookie goes to that host alone."),
		key("session.cookie.path", Key{Default: "/", Example: "/", must: matches(`^/[^;\x00-\x1f]*$`, "a path starting with /")},
			"The path of the session cookie."),
		key("session.cookie.persistent", Key{Default: "true"},
			"Keep the cookie when the browser closes, until the session ends."),
		key("session.cookie.same_site", Key{Default: "Lax", Example: "Strict", must: oneOf("Strict", "Lax", "None")},
			"The SameSite attribute of the session cookie. Browsers accept None only over HTTPS."),
		key("session.idle_timeout", Key{Default: "0s", Example: "12h", since: ours, must: idleTimeout()},
			"Ends sessions that were not checked for so long, to within a quarter of it. 0s never does; else at least 8m."),
		key("session.max_per_identity", Key{Default: "0", Example: "10", since: ours, must: atLeast(0)},
			"How many sessions one identity may have. Another sign-in ends the oldest of more. 0 allows any number."),
	}
}

func secretKeys() []Key {
	return []Key{
		key("secrets.default", Key{Example: "$(openssl rand -hex 24),$OLD_SECRET", must: rule{}.distinct()},
			"Secrets for everything that is signed or sealed, 16 characters or more each. The first is used, the others are still accepted: rotate by putting a new one in front. When unset, secrets.cookie is used for all; without that too, one is made up: the embedded profile keeps it beside its database, otherwise it is forgotten at the end of the process."),
		key("secrets.cookie", Key{Example: "$(openssl rand -hex 24)", must: rule{}.distinct()},
			"Secrets that sign cookies, instead of secrets.default and by the same rules."),
		key("secrets.cipher", Key{Example: "$(openssl rand -hex 16)", since: v26},
			"Secrets with which the original sealed tokens of providers. `symbolon migrate from-kratos` opens them; what is sealed here is sealed with secrets.default."),
	}
}

func hasherKeys() []Key {
	keys := []Key{
		key("hashers.argon2.memory", Key{size: true, Default: "19456", Example: "65536", must: between(16384, 1<<32-1)},
			"KiB of memory for each new hash, or a size with a unit such as 128MB. The default is that of the OWASP Password Storage Cheat Sheet; v0.5 takes 4 GiB."),
		key("hashers.argon2.iterations", Key{Default: "2", Example: "3", must: between(1, 1<<32-1)},
			"Passes over the memory for each new hash. v0.5 takes 4."),
		key("hashers.argon2.parallelism", Key{Default: "1", Example: "2", must: between(1, 255)},
			"Lanes of each new hash. v0.5 takes twice the number of processors."),
		key("hashers.argon2.salt_length", Key{Default: "16", Example: "16", must: between(16, 1024)},
			"Bytes of salt in new hashes."),
		key("hashers.argon2.key_length", Key{Default: "32", Example: "32", must: between(16, 1024)},
			"Bytes of new hashes."),
		key("hashers.argon2.implementation", Key{Default: "built-in", Example: "x/crypto", since: ours, must: oneOf("built-in", "x/crypto")},
			"The code that computes Argon2. The built-in code takes less than half of the processor time; `x/crypto` is the library of the Go project. Both make the same hashes."),
		key("hashers.budget.memory", Key{Default: "0", Example: "524288", since: ours, Restart: true, size: true, must: atLeast(0)},
			"KiB of memory for all hashing at one time, or a size with a unit. 0 takes a quarter of what the process may use (cgroup, GOMEMLIMIT or machine), at most 1 GiB. There is always room for one hash."),
		key("hashers.budget.wait", Key{Default: "5s", Example: "10s", since: ours, must: positive()},
			"How long a request waits for its share of that memory before it is answered 503 with Retry-After."),
	}
	return append(keys, hashLimitKeys()...)
}

func hashLimitKeys() []Key {
	limit := func(name, value, example, help string) Key {
		return Key{
			Path: "hashers.limits." + name, Default: value, Example: example, since: ours, must: atLeast(1),
			Help: help + " A hash above it counts as a wrong password, and the log names this key; imports refuse it.",
		}
	}
	return []Key{
		limit("argon2.memory", "1048576", "4194304", "The most KiB of memory of an Argon2 hash that is verified; memory times passes is 2 GiB at most. hashers.argon2.memory raises it if higher."),
		limit("argon2.iterations", "16", "32", "The most passes of an Argon2 hash that is verified. hashers.argon2.iterations raises it if higher."),
		limit("argon2.parallelism", "16", "64", "The most lanes of an Argon2 hash that is verified. hashers.argon2.parallelism raises it if higher."),
		limit("bcrypt.cost", "16", "18", "The highest cost of a bcrypt hash that is verified."),
		limit("scrypt.cost", "20", "21", "The highest cost, as the base-2 logarithm of N, of a scrypt hash that is verified."),
		limit("scrypt.block_size", "32", "64", "The largest block size r of a scrypt hash that is verified."),
		limit("scrypt.parallelism", "16", "32", "The highest parallelism p of a scrypt hash that is verified."),
		limit("pbkdf2.iterations", "4000000", "10000000", "The most iterations of a PBKDF2 hash that is verified."),
	}
}

func passwordKeys() []Key {
	return append(migrationKeys(), []Key{
		key("password.min_length", Key{Default: "6", Example: "12", since: ours, must: between(1, 1024)},
			"The fewest bytes of a new password. The embedded profile asks for 8."),
		key("password.common_list", Key{Default: "false", since: ours},
			"Refuse new passwords that are on the embedded list of common ones. It needs no network. The embedded profile does."),
		key("selfservice.methods.password.config.haveibeenpwned_enabled", Key{Default: "true", since: v26},
			"Look new passwords up in known breaches. Only the first five digits of a hash leave this server."),
		key("selfservice.methods.password.config.identifier_similarity_check_enabled", Key{Default: "true", since: v26},
			"Refuse new passwords that resemble the identifier."),
		key("password.max_breaches", Key{Default: "0", Example: "10", must: between(0, 100)},
			"In how many known breaches a new password may occur."),
		key("password.ignore_network_errors", Key{Default: "true"},
			"Accept a new password when the list of breaches cannot be reached. If false, it is refused until the list answers."),
		key("password.breach_api_url", Key{Default: "https://api.pwnedpasswords.com", Example: "https://breaches.internal.example.org", since: ours, must: absolute()},
			"Where the list of breaches is asked: /range/ with the first five hexadecimal digits of the password's SHA-1 is appended."),
	}...)
}
