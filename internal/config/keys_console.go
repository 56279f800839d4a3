package config

// Operator is a person who signs in to the console by name.
type Operator struct {
	Name     string
	Role     string // read, write
	Password Secret // a hash
}

// atOperator is where the settings of an operator stand.
const atOperator = "serve.admin.console.operators[]."

func operatorKeys() []Key {
	return []Key{
		key("serve.admin.console.operators", Key{since: ours, Example: `[{"name":"jane","role":"write","password":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"}]`},
			"Operators who sign in to the console by name, each with a password and a role. What each of them does is noted in the log under that name."),
		key(atOperator+"name", Key{Required: true, Example: "jane", since: ours, must: matches(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`, "a name of letters, digits and . _ @ -, such as jane")},
			"The name to sign in with, which also stands in the log."),
		key(atOperator+"role", Key{Default: "read", Example: "write", since: ours, must: oneOf("read", "write")},
			"`read` sees everything, `write` may change it too."),
		key(atOperator+"password", Key{Required: true, Example: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", since: ours},
			"The hash of the operator's password, as `symbolon hashers argon2 hash` prints it; any format that can be imported."),
	}
}
