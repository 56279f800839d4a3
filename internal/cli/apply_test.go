package cli

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
)

const declaredJane = `identities:
  - external_id: crm-1
    traits: {email: jane@example.org}
    metadata_public: {plan: gold}
    metadata_admin: {note: vip}
    hashed_password: $argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$dGVzdHRlc3R0ZXN0dGVzdA
    verified: [jane@example.org]
`

// applied writes a setup directory and applies it.
func (s *server) applied(t *testing.T, text string, args ...string) outcome {
	t.Helper()
	dir := filepath.Join(s.folder, "setup")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return execute(t, s.environ, append([]string{"apply", dir}, args...)...)
}

func TestApply(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	joe := strings.NewReplacer("crm-1", "crm-2", "jane", "joe", "gold", "free").Replace(declaredJane)
	disabled := strings.Replace(declaredJane, "    traits", "    state: inactive\n    traits", 1)
	for _, step := range []struct {
		name, text string
		plan       bool
		code       int
		rows       []string // action and external id, of the output
		detail     string
	}{
		{"a plan changes nothing", declaredJane, true, exitFailed, []string{"create identity crm-1"}, ""},
		{"a plan judges traits", "identities:\n  - {external_id: bad, traits: {email: 7}}", true, exitFailed, []string{"failed identity bad"}, "traits.email"},
		{"a plan judges hashes", strings.Replace(declaredJane, "$argon2id$", "$argon3$", 1), true, exitFailed, []string{"failed identity crm-1"}, "password hash: unknown algorithm"},
		{"a plan knows the schemas", strings.Replace(declaredJane, "    traits", "    schema_id: gone\n    traits", 1), true, exitFailed, []string{"failed identity crm-1"}, `no schema "gone"`},
		{"a plan compares what is planned", declaredJane + "  - {external_id: crm-2, traits: {email: jane@example.org}}", true, exitFailed, []string{"create identity crm-1", "failed identity crm-2"}, "is the identifier of identity crm-1 already"},
		{"creates what is missing", declaredJane, false, exitOK, []string{"create identity crm-1"}, ""},
		{"does nothing twice", declaredJane, false, exitOK, []string{"unchanged identity crm-1"}, ""},
		{"nothing is left to plan", declaredJane, true, exitOK, []string{"unchanged identity crm-1"}, ""},
		{"plans a change", strings.Replace(declaredJane, "gold", "silver", 1), true, exitFailed, []string{"change identity crm-1"}, "metadata_public"},
		{"a plan judges changes", strings.Replace(declaredJane, "{email: jane@example.org}", "{email: 7}", 1), true, exitFailed, []string{"failed identity crm-1"}, "traits.email"},
		{"the plan was a plan", declaredJane, true, exitOK, []string{"unchanged identity crm-1"}, ""},
		{"changes what differs", disabled, false, exitOK, []string{"change identity crm-1"}, "state"},
		{"what is not declared stays", declaredJane, false, exitOK, []string{"unchanged identity crm-1"}, ""},
		{
			"goes on behind a mistake", "identities:\n  - {external_id: bad, traits: {email: 7}}" + strings.TrimPrefix(joe, "identities:"), false, exitFailed,
			[]string{"failed identity bad", "create identity crm-2"},
			"a.yaml:2:5",
		},
		{"an address of another person", strings.Replace(declaredJane, "crm-1", "crm-3", 1), false, exitFailed, []string{"failed identity crm-3"}, "name it with identifier"},
		{"nor by the identifier of another person", strings.Replace(declaredJane, "crm-1", "crm-3\n    identifier: jane@example.org", 1), false, exitFailed, []string{"failed identity crm-3"}, "external_id crm-1"},
		{"settings are named", "log: {level: info}\n" + declaredJane, false, exitOK, []string{"setting log.level", "unchanged identity crm-1"}, "a.yaml:1:14"},
	} {
		args := []string{}
		if step.plan {
			args = append(args, "--plan")
		}
		got := s.applied(t, step.text, args...)
		var rows []string
		for line := range strings.Lines(got.out) {
			if f := strings.Fields(line); f[0] != "ACTION" && f[0] == actionServer {
				rows = append(rows, f[0]+" "+f[1])
			} else if f[0] != "ACTION" {
				rows = append(rows, strings.Join(f[:3], " "))
			}
		}
		if got.code != step.code || strings.Join(rows, ";") != strings.Join(step.rows, ";") || !strings.Contains(got.out, step.detail) {
			t.Errorf("%s: code %d, want %d\n%s%s", step.name, got.code, step.code, got.out, got.err)
		}
	}
	exported := execute(t, s.environ, "identities", "export").out
	for _, want := range []string{`"state":"inactive"`, `"metadata_admin":{"note":"vip"}`, `"metadata_public":{"plan":"gold"}`, `"verified":true`, `"hashed_password":"$argon2id$v=19$m=8`} {
		if !strings.Contains(exported, want) {
			t.Errorf("the server does not have %s:\n%s", want, exported)
		}
	}
}

func TestApply_anIdentityThatWasThere(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	file := filepath.Join(s.folder, "jane.json")
	if err := os.WriteFile(file, []byte(`{"traits": {"email": "jane@example.org"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, s.environ, "identities", "import", file); got.code != exitOK {
		t.Fatal(got.err)
	}
	text := strings.Replace(declaredJane, "crm-1", "crm-1\n    identifier: Jane@Example.org", 1)
	if got := s.applied(t, text); got.code != exitOK || !strings.Contains(got.out, "change") || !strings.Contains(got.out, "external_id, metadata_public, metadata_admin") {
		t.Errorf("%d\n%s%s", got.code, got.out, got.err)
	}
	if got := s.applied(t, declaredJane); got.code != exitOK || !strings.Contains(got.out, "unchanged") {
		t.Errorf("afterwards %d\n%s%s", got.code, got.out, got.err)
	}
}

// A server applies what its own configuration declares, by its own rules for requests.
func TestApply_atTheStart(t *testing.T) {
	t.Parallel()
	s := startServer(t, "SERVE_ADMIN_TOKEN=a-token-of-enough-length-17")
	dir := filepath.Join(s.folder, "setup")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "dsn: memory\nserve: {admin: {token: a-token-of-enough-length-17}}\n" + declaredJane + "  - {external_id: bad, traits: {email: 7}}\n"
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, report, err := config.Load(config.Source{Files: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	for _, want := range []string{"created=1 changed=0 unchanged=0 failed=1", "created=0 changed=0 unchanged=1 failed=1"} {
		out.Reset()
		applyDeclared(t.Context(), s.app, c, report.Identities, log)
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "a.yaml:10:5") {
			t.Errorf("the log has no %q:\n%s", want, out.String())
		}
	}
}

func TestConfigFlags_aChangeInADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := configFlags{files: []string{dir}}
	before := f.state()
	path := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(path, []byte("log: {level: info}"), 0o600); err != nil {
		t.Fatal(err)
	}
	added := f.state()
	if err := os.WriteFile(path, []byte("log: {level: debug}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed := f.state(); before == added || added == changed {
		t.Error("a file that is added or changed in a directory is not seen")
	}
}
