package internal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// domain are the packages that every method may know.
var domain = []string{"courier", "errs", "flow", "identity", "message", "secret", "session", "traits", "ui"}

// mayImport is the direction of imports: cmd → cli → app → transports, methods
// and store → flow → identity, session → leaves. A package that is missing here
// fails the test: place it, with what it needs and no more.
var mayImport = map[string][]string{
	// The edge.
	"cmd/symbolon": {"cli"},
	"cli":          {"adminapi", "adminclient", "app", "claims", "config", "doctor", "passhash", "secret", "shadow", "store/scratch", "takeover", "takeover/auth0", "takeover/authentik", "takeover/csvfile", "takeover/firebase", "takeover/keycloak", "takeover/ldif", "takeover/supabase", "traits"},
	"config/gen":   {"config"},
	// app alone may import both a method and the store; nil means anything but cli.
	"app": nil,

	// Transports render what the engine returns. They never see the store.
	"httpapi":        {"adminapi", "archive", "courier", "errs", "flow", "httpapi/wire", "httpapi/wire05", "httpapi/wire1", "identity", "kratoskeys", "locale", "message", "reqctx", "revocation", "secret", "session", "token", "traits", "ui"},
	"httpapi/wire05": {"adminapi", "errs", "flow", "httpapi/wire", "identity", "message", "session", "traits", "ui"},
	"httpapi/wire1":  {"adminapi", "ceremony", "courier", "errs", "flow", "httpapi/wire", "identity", "message", "reqctx", "revocation", "secret", "session", "token", "traits", "ui"},
	"httpapi/wire":   {"adminapi", "errs", "flow", "identity", "message", "session"},
	"webui":          {"errs", "flow", "identity", "locale", "message", "pagekit", "reqctx", "secret", "session", "traits", "ui"},
	"pagekit":        {},
	"mailbox":        {"pagekit", "courier", "errs", "reqctx", "secret"},
	"console":        {"pagekit", "courier", "errs", "event", "flow", "identity", "message", "metrics", "reqctx", "secret", "session", "traits"},
	"metrics":        {"flow"},

	// A method turns a submission into a fact; it knows no other method, no store and no transport.
	"method/password":   append([]string{"passhash", "passpolicy"}, domain...),
	"method/link":       domain,
	"method/profile":    domain,
	"method/deletion":   domain,
	"method/oidc":       append([]string{"claims", "oidc"}, domain...),
	"method/totp":       domain,
	"method/lookup":     append([]string{"passhash"}, domain...),
	"method/webauthn":   append([]string{"ceremony", "keyform"}, domain...),
	"method/passkey":    append([]string{"ceremony", "keyform"}, domain...),
	"method/identifier": domain,
	"method/code":       domain,
	// What the two methods of keys have in common; it decides no facts of its own.
	"keyform": append([]string{"ceremony"}, domain...),

	// The domain. What flow needs from methods, storage and the clock it declares as interfaces.
	"flow":     {"address", "courier", "errs", "identity", "message", "reqctx", "secret", "session", "traits", "ui"},
	"identity": {"errs", "secret", "traits"},
	"session":  {"errs", "identity", "reqctx", "secret"},
	"courier":  {"errs", "locale", "secret"},
	"ui":       {"message"},

	"event":      {"reqctx"},
	"revocation": {"event"},

	// The store keeps what the domain declares, and judges nothing.
	"store":       {"courier", "errs", "event", "flow", "identity", "revocation", "secret", "session", "store/kratos", "store/sqldb"},
	"store/sqldb": {"errs", "secret"},
	// What a reader of other systems' data keeps for as long as it reads; it knows nothing of the store.
	"store/scratch": {},

	// The form of an identity that leaves one server for another.
	"archive": {"errs", "identity", "secret", "session", "traits"},

	// Other systems' data, and what becomes of it here.
	"store/kratos":       {"identity", "kratoskeys", "secret", "session", "takeover", "traits"},
	"takeover":           {"errs", "flow", "identity", "secret", "session", "traits"},
	"takeover/auth0":     {"takeover"},
	"takeover/authentik": {"takeover"},
	"takeover/csvfile":   {"takeover"},
	"takeover/firebase":  {"takeover"},
	"takeover/keycloak":  {"takeover"},
	"takeover/ldif":      {"takeover"},
	"takeover/supabase":  {"takeover"},

	// The protocols of providers, and what their answers mean.
	"oidc": {"claims", "secret"},

	// The doctor sees a deployment from outside; tokens it can check itself.
	"doctor": {"secret"},

	// Channels carry one rendered message.
	"courier/smtp":    {"address", "courier"},
	"courier/webhook": {"courier", "outgoing", "program"},
	"webhook":         {"errs", "flow", "netguard", "outgoing", "program", "reqctx", "secret", "traits"},

	// Policies of passwords.
	"passpolicy": {"message", "passhash"},
	"passhash":   {"argon2"},

	// Leaves: the standard library and one library each.
	"adminapi":    {},
	"adminclient": {"adminapi"},
	"shadow":      {},
	"kratoskeys":  {},
	"argon2":      {},
	"ceremony":    {},
	"claims":      {"program"},
	"token":       {"errs", "program", "secret"},
	"program":     {},
	"config":      {},
	"errs":        {},
	"locale":      {},
	"message":     {},
	"netguard":    {},
	"outgoing":    {},
	"ratelimit":   {},
	"reqctx":      {},
	"secret":      {},
	"traits":      {"address"},
	"address":     {},
}

func TestImportsPointInOneDirection(t *testing.T) {
	t.Parallel()
	placed := map[string]bool{}
	for _, p := range mustPackages(t) {
		if p.support() || (!p.internal() && !p.of("cmd")) {
			continue
		}
		allowed, known := mayImport[p.name()]
		placed[p.name()] = true
		if !known {
			t.Errorf("%s has no place in mayImport: add it, with what it needs", p.ImportPath)
			continue
		}
		if allowed == nil {
			continue
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module+"internal/")
			if ours && !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s: not in its row of mayImport, and perhaps the wrong way round", p.ImportPath, name)
			}
		}
	}
	for name := range mayImport {
		if !placed[name] {
			t.Errorf("mayImport has a row for %s, which does not exist", name)
		}
	}
}

func TestWhoMayImportWhat(t *testing.T) {
	t.Parallel()
	rules := []struct {
		packages []string // import paths, or "internal/…" ones of ours
		allowed  []string // ours, and what lies below them
		why      string
	}{
		{
			[]string{"github.com/symbolon/symbolon/internal/cli"},
			[]string{"cmd/symbolon"},
			"commands are the outermost layer",
		},
		{
			[]string{"github.com/symbolon/symbolon/internal/app"},
			[]string{"cli"},
			"a package that needs the composition root wants one part of it: take that",
		},
		{
			[]string{"github.com/symbolon/symbolon/internal/config"},
			[]string{"app", "cli", "config/gen"},
			"a package declares its own Config and is given values, so it can be used and tested without the tree",
		},
		{
			[]string{"github.com/symbolon/symbolon/internal/store"},
			[]string{"app", "cli"},
			"consumers declare the interface they need, so the domain can be read without SQL",
		},
		{
			[]string{"database/sql", "database/sql/driver", "github.com/ncruces/go-sqlite3", "github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "github.com/pressly/goose/v3"},
			[]string{"store"},
			"only the store knows that there is SQL",
		},
		{
			[]string{"net/http"},
			[]string{"httpapi", "webui", "pagekit", "mailbox", "console", "courier/webhook", "netguard", "oidc", "outgoing", "webhook", "app", "cli", "client", "adminclient", "doctor", "shadow", "metrics", "passpolicy"},
			"flows never see HTTP; what fetches (passpolicy its list of breaches, oidc what providers say) does so with a client of netguard's; adminclient, doctor and shadow, for commands alone, ask the servers that the operator names",
		},
		{
			[]string{"crypto/rand", "math/rand", "math/rand/v2"},
			[]string{"secret", "passhash", "courier"},
			"tokens and ids come from secret; passhash, a leaf, makes its salts, and courier spreads its retries",
		},
		{
			[]string{"log", "testing", "net/http/httptest", "expvar", "unsafe", "plugin"},
			nil,
			"not in a server: logs are slog's, the rest is for tests or has no use here",
		},
	}
	for _, p := range mustPackages(t) {
		if p.support() {
			continue
		}
		for _, rule := range rules {
			for _, banned := range rule.packages {
				if slices.Contains(p.Imports, banned) && !p.of(rule.allowed...) && p.ImportPath != banned {
					t.Errorf("%s imports %s: %s", p.ImportPath, banned, rule.why)
				}
			}
		}
	}
}

func TestTheServerCarriesNoTestSupport(t *testing.T) {
	t.Parallel()
	for _, p := range mustPackages(t) {
		if p.name() != "cmd/symbolon" {
			continue
		}
		for _, linked := range p.Deps {
			for _, banned := range []string{"net/http/httptest", "github.com/google/go-cmp", "pgregory.net/rapid", "github.com/emersion/go-smtp"} {
				if linked == banned || strings.HasPrefix(linked, banned+"/") {
					t.Errorf("the server links %s, which is for tests", linked)
				}
			}
		}
		return
	}
	t.Error("cmd/symbolon is not among the packages")
}

// The budget keeps the question "do we need it?" alive.
func TestEveryDependencyIsExplained(t *testing.T) {
	t.Parallel()
	const most = 60
	out, err := exec.Command("go", "mod", "edit", "-json", "../go.mod").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		direct = append(direct, r.Path)
		if !strings.Contains(string(document), "`"+r.Path+"`") {
			t.Errorf("docs/dependencies.md has no row for %s: say who uses it and what it saves", r.Path)
		}
	}
	if len(direct) == 0 || len(direct) > most {
		t.Errorf("go.mod requires %d modules directly, of at most %d", len(direct), most)
	}
	for _, named := range regexp.MustCompile("`((?:github\\.com|golang\\.org|[a-z.]+\\.(?:in|org))/[^`]+)`").FindAllStringSubmatch(string(document), -1) {
		if !slices.Contains(direct, named[1]) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require directly", named[1])
		}
	}
}
