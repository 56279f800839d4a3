package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// setupMistake is a configuration as people write it by mistake, and what they are told.
type setupMistake struct {
	file    string // of the configuration, named c.yml
	name    string // another name of that file
	environ []string
	wrong   string // part of the error; empty for none
	warned  string // part of the warnings; empty for none
}

const fine = "dsn: memory\nsecrets: {default: [a-long-and-random-text-0]}\n"

// setupMistakes are those that operators made (use.md O4), and some of the same kinds.
// FOLDER is where the files of writeNamed are.
func setupMistakes() map[string]setupMistake {
	provider := func(members string) string {
		return fine + "selfservice: {methods: {oidc: {enabled: true, config: {providers: [{id: a, client_id: b, client_secret: c, " + members + "}]}}}}"
	}
	return map[string]setupMistake{
		"a typing error":                {file: fine + "serv: {public: {port: 1}}", wrong: "c.yml:3:1: serv is not a setting; did you mean serve?"},
		"a port as text":                {file: fine + "serve: {public: {port: '80'}}", wrong: `serve.public.port is "80"; write a whole number without quotes`},
		"a port out of range":           {file: fine + "serve: {public: {port: 99999}}", wrong: "it must be between 0 and 65535"},
		"a base URL without scheme":     {file: fine + "serve: {public: {base_url: id.example.org}}", wrong: "must be an absolute http:// or https:// address"},
		"no dsn":                        {file: "log: {level: info}", wrong: "dsn is not set; write for example sqlite://"},
		"an unknown dsn":                {file: "dsn: mongodb://a/b", wrong: "dsn is not accepted; it must be memory, or an address that starts with sqlite://"},
		"a path as dsn":                 {file: "dsn: /var/lib/db.sqlite", wrong: "dsn is not accepted; it must be memory"},
		"a schema without file://":      {file: fine + "identity: {default_schema_url: /etc/person.json}", wrong: "must be something that starts with file://"},
		"a duration without unit":       {file: fine + "session: {lifespan: 24}", wrong: "write a duration such as 30s"},
		"a duration in days":            {file: fine + "session: {lifespan: 7d}", wrong: "write a duration such as 30s"},
		"a short secret":                {file: "dsn: memory\nserve: {public: {host: 0.0.0.0}}\nsecrets: {default: [short]}", wrong: "secrets.default item 1 has fewer than 16 characters"},
		"a missing secret file":         {file: "dsn: memory\nsecrets: {default_file: gone}", wrong: "which cannot be read: no such file or directory"},
		"a misspelt hook":               {file: fine + "selfservice: {flows: {registration: {after: {password: {hooks: [{hook: sesion}]}}}}}", wrong: "item 1 must be one of session"},
		"a provider without mapper":     {file: provider("provider: google"), wrong: "providers[0].mapper_url is needed here"},
		"an unknown provider":           {file: provider("provider: gogle, mapper_url: 'file:///m'"), wrong: "must be one of generic, google"},
		"SMTP without scheme":           {file: fine + "courier: {smtp: {connection_uri: 'mail:25'}}", wrong: "must be smtp://host:port/"},
		"a bad sender":                  {file: fine + "courier: {smtp: {from_address: operator}}", wrong: "must be an e-mail address"},
		"a certificate without key":     {file: fine + "serve: {public: {tls: {cert_file: /c}}}", wrong: "is set without serve.public.tls.key_file"},
		"the same port twice":           {file: fine + "serve: {admin: {port: 4433}}", wrong: "as is serve.public.port"},
		"yes as boolean":                {file: fine + "log: {leak_sensitive_values: yes}", wrong: "write true or false"},
		"a foreign cookie domain":       {file: fine + "session: {cookie: {domain: example.com}}", warned: "browsers will drop the cookie"},
		"SameSite None over http":       {file: fine + "session: {cookie: {same_site: None}}", warned: "browsers accept only in Secure cookies"},
		"a bad accent":                  {file: fine + "ui: {accent: blue}", wrong: "must be a colour such as #17626a"},
		"a proxy that is no address":    {file: fine + "serve: {trusted_proxies: [proxy]}", wrong: "must be an IP address or a CIDR range"},
		"an unknown language":           {file: fine + "ui: {languages: [xx]}", wrong: "must be one of en, de"},
		"an empty file":                 {file: "", wrong: "dsn is not set"},
		"a missing file":                {name: "gone.yml", wrong: "gone.yml: cannot be read: no such file or directory"},
		"a key twice":                   {file: fine + "log: {level: info}\nlog: {level: debug}", wrong: `"log" is given twice`},
		"two documents":                 {file: fine + "---\ndsn: memory", wrong: "holds more than one document"},
		"three at once":                 {file: "dsn: x\nserve: {public: {port: -1}}\nsession: {lifespan: x}", wrong: "the configuration has 3 mistakes"},
		"a typing error in a variable":  {file: fine, environ: []string{"SERVE_PUBLIC_PROT=1"}, warned: "did you mean SERVE_PUBLIC_PORT?"},
		"a tab":                         {file: "dsn: memory\nserve:\n\tpublic: {}", wrong: "tabs are not allowed"},
		"a placeholder":                 {file: "dsn: ${DSN}", wrong: "dsn is a placeholder, and placeholders are not expanded in files; set the environment variable DSN, or dsn_file"},
		"a secret that is no list":      {file: "dsn: memory\nsecrets: {default: a-long-and-random-text-0}", wrong: "secrets.default is text; write a list of secrets"},
		"a hook that is not here":       {file: fine + "selfservice: {flows: {login: {after: {password: {hooks: [{hook: b2b_sso, config: {}}]}}}}}", warned: "b2b_sso"},
		"a web hook without a method":   {file: fine + "selfservice: {flows: {login: {after: {password: {hooks: [{hook: web_hook, config: {url: 'https://a'}}]}}}}}", wrong: "config.method is none of GET"},
		"a migration without a URL":     {file: fine + "selfservice: {methods: {password: {config: {migrate_hook: {enabled: true}}}}}", wrong: "migrate_hook.config.url"},
		"a migration's unnamed key":     {file: fine + "selfservice: {methods: {password: {config: {migrate_hook: {enabled: true, config: {url: 'https://a', auth: {type: api_key, config: {value: k}}}}}}}}", wrong: "auth.config.name"},
		"a web hook's typing error":     {file: fine + "selfservice: {flows: {login: {after: {password: {hooks: [{hook: web_hook, config: {url: 'https://a', metod: POST}}]}}}}}", wrong: `unknown setting "metod"`},
		"postgresql://":                 {file: "dsn: postgresql://a:b@c/d\nsecrets: {default: [a-long-and-random-text-0]}"},
		"MySQL without tcp()":           {file: "dsn: mysql://a:b@localhost:3306/d\nsecrets: {default: [a-long-and-random-text-0]}", wrong: "mysql://user:password@tcp(host:3306)/database"},
		"a schema that is gone":         {file: fine + "identity: {default_schema_url: 'file://FOLDER/gone.json'}", wrong: "c.yml:3:"},
		"a schema that is a folder":     {file: fine + "identity: {default_schema_url: 'file://FOLDER'}", wrong: "identity.default_schema_url"},
		"a further schema that is gone": {file: fine + "identity: {schemas: [{id: a, url: 'file://FOLDER/gone.json'}]}", wrong: "identity.schemas[0].url"},
		"a schema of an invalid type":   {file: fine + "identity: {default_schema_url: 'file://FOLDER/type.json'}", wrong: "is not a JSON Schema: /"},
		"a schema without traits":       {file: fine + "identity: {default_schema_url: 'file://FOLDER/bare.json'}", warned: "has no properties.traits"},
		"a schema of broken JSON":       {file: fine + "identity: {default_schema_url: 'file://FOLDER/broken.json'}", wrong: "is not valid JSON in line 3"},
		"a schema without identifier":   {file: fine + "identity: {default_schema_url: 'file://FOLDER/anonymous.json'}", warned: "has no login identifier"},
		"a required enum without type":  {file: fine + "identity: {default_schema_url: 'file://FOLDER/untyped.json'}", warned: "requires traits.kind, for which no form has an input"},
		"a recovery by pigeon":          {file: fine + "identity: {default_schema_url: 'file://FOLDER/pigeon.json'}", warned: `recovery via "pigeon"`},
		"no recovery beside addresses":  {file: fine + "selfservice: {flows: {recovery: {enabled: false}}}", warned: "has recovery addresses"},
		"a sibling without the cookie":  {file: fine + "serve: {public: {base_url: 'https://id.example.org/'}}\nselfservice: {whitelisted_return_urls: ['https://app.example.org']}", warned: "does not cover app.example.org"},
		"a proxy that is not trusted":   {file: fine + "serve: {public: {base_url: 'https://id.example.org/'}}", warned: "serve.trusted_proxies is empty"},
		"scripts of another site":       {file: fine + "serve: {public: {base_url: 'https://id.example.org/', cors: {enabled: true, allowed_origins: ['https://app.example.com']}}}", warned: "keep the session cookie back"},
		"a password with a slash":       {file: fine + "courier: {smtp: {connection_uri: 'smtp://user:p@ss/word@mail:25/'}}", wrong: "percent-encode it"},
		"a logo that is gone":           {file: fine + "ui: {logo: 'file://FOLDER/gone.svg'}", wrong: "gone.svg"},
		"a style sheet that is gone":    {file: fine + "ui: {css: FOLDER/gone.css}", wrong: "gone.css"},
		"return URLs that match none":   {file: fine + "selfservice: {whitelisted_return_urls: [app.example.org, '*']}", warned: "without scheme"},
		"a page that is a path":         {file: fine + "selfservice: {flows: {login: {ui_url: /auth/login}}}", warned: "write the whole address of your page"},
		"a mapper that is gone":         {file: provider("provider: google, mapper_url: 'file://FOLDER/gone.jsonnet'"), wrong: "gone.jsonnet"},
		"a mapper that is none":         {file: provider("provider: google, mapper_url: 'file://FOLDER/broken.json'"), wrong: "providers[0]"},
		"certificates that are gone":    {file: fine + "serve: {public: {tls: {cert_file: FOLDER/c.pem, key_file: FOLDER/k.pem}}}", wrong: "serve.public.tls.cert_file and key_file can't be used"},
		"a folder as database":          {file: "dsn: sqlite://FOLDER\nsecrets: {default: [a-long-and-random-text-0]}", wrong: "which is a folder; name a file in it"},
		"a password that ends the host": {file: "dsn: 'postgres://u:p@ss#w/rd@127.0.0.1:1/x'\nsecrets: {default: [a-long-and-random-text-0]}", wrong: "dsn the password has a character that ends the host; percent-encode it"},
		"a folder that is gone":         {file: "dsn: sqlite://FOLDER/gone/db.sqlite\nsecrets: {default: [a-long-and-random-text-0]}", wrong: "dsn names a file in"},
		"an origin with a path":         {file: fine + "serve: {public: {cors: {enabled: true, allowed_origins: ['http://localhost:3000/app']}}}", warned: "path has no meaning"},
		"an origin with a slash":        {file: fine + "serve: {public: {cors: {enabled: true, allowed_origins: ['http://localhost:3000/']}}}"},
		"memory in megabytes":           {file: fine + "hashers: {argon2: {memory: 128MB}}"},
		"bcrypt of v0.6":                {file: fine + "hashers: {bcrypt: {cost: 8}}", warned: "hashers.limits.bcrypt.cost bounds what is verified"},
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"type.json":      `{"type": 5, "properties": {"traits": {"type": "object"}}}`,
		"bare.json":      `{"type": "object", "properties": {"email": {"type": "string"}}}`,
		"broken.json":    "{\n  \"type\": \"object\",\n  oops\n}\n",
		"anonymous.json": `{"type": "object", "properties": {"traits": {"type": "object", "properties": {"email": {"type": "string"}}}}}`,
		"untyped.json":   `{"type": "object", "properties": {"traits": {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}}}`,
		"pigeon.json":    `{"type": "object", "properties": {"traits": {"type": "object", "properties": {"email": {"type": "string", "ory.sh/kratos": {"credentials": {"password": {"identifier": true}}, "recovery": {"via": "pigeon"}}}}}}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, m := range setupMistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "c.yml")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(m.file, "FOLDER", folder)), 0o600); err != nil {
				t.Fatal(err)
			}
			if m.name != "" {
				path = m.name
			}
			got := execute(t, m.environ, "config", "validate", "-c", path)
			if (got.code == exitOK) != (m.wrong == "") || !strings.Contains(got.err, m.wrong) || !strings.Contains(got.err, m.warned) {
				t.Errorf("code %d, want %q and %q in:\n%s", got.code, m.wrong, m.warned, got.err)
			}
			if i, j := strings.Index(got.err, "symbolon: "), strings.Index(got.err, "warning: "); i > j && j >= 0 {
				t.Errorf("a warning comes before the error:\n%s", got.err)
			}
		})
	}
}
