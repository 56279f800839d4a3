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
		{
			Path: "serve.admin.console.operators", ref: in(func(c *Config) any { return objectsOf[Operator]{&c.Serve.Admin.Console.Operators} }), Own: true,
			Example: `[{"name":"jane","role":"write","password":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"}]`,
			Help:    "Operators who sign in to the console by name, each with a password and a role. What each of them does is noted in the log under that name.",
		},
		{
			Path: atOperator + "name", ref: in(func(o *Operator) any { return &o.Name }), Required: true, Example: "jane", Own: true,
			rules: []rule{matches(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`, "a name of letters, digits and . _ @ -, such as jane")},
			Help:  "The name to sign in with, which also stands in the log.",
		},
		{
			Path: atOperator + "role", ref: in(func(o *Operator) any { return &o.Role }), Default: "read", Example: "write", Own: true,
			rules: []rule{oneOf("read", "write")},
			Help:  "`read` sees everything, `write` may change it too.",
		},
		{
			Path: atOperator + "password", ref: in(func(o *Operator) any { return &o.Password }), Required: true, Example: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", Own: true,
			Help: "The hash of the operator's password, as `symbolon hashers argon2 hash` prints it; any format that can be imported.",
		},
	}
}
