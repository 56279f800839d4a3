package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// migrated runs a dry run of a command on files, each with its text, and returns its exit code and what it printed.
func migrated(t *testing.T, system string, files []string, args ...string) (code int, out string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args = append([]string{"migrate", "from-" + system, "--dry-run", "-c", write("c.yml", fine)}, args...)
	for i, text := range files {
		args = append(args, write(fmt.Sprintf("file-%d", i), text))
	}
	var printed bytes.Buffer
	code = Run(t.Context(), args, nil, Streams{In: strings.NewReader(""), Out: &printed, Err: &printed})
	return code, strings.ReplaceAll(printed.String(), dir+string(filepath.Separator), "")
}

// Exports are written into one file or several, and one of those may have no users.
func TestMigrateFiles(t *testing.T) {
	t.Parallel()
	const (
		settings = `{"id":"1","realm":"shop","clients":[]}`
		vera     = `{"realm":"shop","users":[{"id":"1","email":"vera@example.org"}]}`
	)
	for name, test := range map[string]struct {
		system string
		files  []string
		code   int
		want   string
	}{
		"Keycloak: a realm and its users":    {"keycloak", []string{settings, vera}, 0, "^1 accounts read: 1 would be taken"},
		"Keycloak: users before their realm": {"keycloak", []string{vera, settings}, 0, "^1 accounts read: 1 would be taken"},
		"Keycloak: a realm alone":            {"keycloak", []string{settings}, 1, "file-0: after 0 users: the file has the settings of a realm and no users"},
		"Keycloak: realms alone":             {"keycloak", []string{settings, settings}, 1, "file-1: after 0 users: the file has the settings of a realm and no users"},
		"Supabase: tables": {
			"supabase",
			[]string{"id,user_id,provider,provider_id\n1,u1,github,42\n2,u2,github,43\n", "id,email\nu1,v@example.org\n"},
			1,
			"refused  u2    has identities or factors, and no row among the users",
		},
		"authentik: a blueprint": {"authentik", []string{`version: 1
entries:
- model: authentik_core.user
  identifiers: {pk: 5}
  attrs: {username: ada, email: a@example.org, groups: [!Find [authentik_core.group, [name, x]]]}
`}, 0, "^1 accounts read: 1 would be taken"},
		"authentik: two documents":             {"authentik", []string{"entries:\n- model: authentik_core.user\n  attrs: {username: ada}\n---\nentries: []\n"}, 1, "the file goes on after its first document"},
		"authentik: no blueprint":              {"authentik", []string{"users"}, 1, "the file is no dump of objects: the file has no users"},
		"authentik: neither":                   {"authentik", []string{"a: b: c"}, 1, "the file is neither JSON nor YAML"},
		"Keycloak: something else beside them": {"keycloak", []string{`{"id":"1"}`, vera}, 1, "file-0: the file has no users where this kind of export has them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := migrated(t, test.system, test.files)
			if code != test.code || !slices.ContainsFunc(strings.Split(out, "\n"), regexp.MustCompile(test.want).MatchString) {
				t.Errorf("%d\n%s", code, out)
			}
		})
	}
}
