package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/secret"
)

// refusedKeys are the keys that Check refuses in the environment of a configuration.
func refusedKeys(t *testing.T, environ ...string) (keys []string) {
	t.Helper()
	c, _, err := config.Load(config.Source{Environ: append(environ, "SECRETS_DEFAULT="+secret.Token())})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Check(t.Context(), c)
	for _, p := range problemsOf(err) {
		keys = append(keys, p.Key)
	}
	return keys
}

// What keeps a server from starting on this machine is found before: where it listens, and where its file lies.
func TestCheck_thisMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inWay := filepath.Join(dir, "folder")
	if err := os.Mkdir(inWay, 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link.db": "folder/new.db", "proc.db": "/proc/x.db", "self.db": "self.db", "twice.db": "proc.db"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 5 {
			t.Errorf("the check left %v behind: %v", left, err)
		}
		if left, err := os.ReadDir(inWay); err != nil || len(left) != 0 {
			t.Errorf("the check left %v behind: %v", left, err)
		}
	})
	for name, test := range map[string]struct{ set, want string }{
		"all is well":                   {"DSN=sqlite://" + dir + "/new.db", ""},
		"an address of another machine": {"SERVE_PUBLIC_HOST=203.0.113.7", "serve.public.host"},
		"a folder that is missing":      {"DSN=sqlite://" + dir + "/nowhere/x.db", "dsn"},
		"a folder that takes no files":  {"DSN=sqlite:///proc/x.db", "dsn"}, // not even those of root
		"a folder in place of a file":   {"DSN=sqlite://" + inWay, "dsn"},
		"a file that is not to be made": {"DSN=sqlite://" + dir + "/gone.db?mode=rw", "dsn"},
		"a mode that is unknown":        {"DSN=sqlite://" + dir + "/new.db?mode=ro", "dsn"},
		"an option that is unknown":     {"DSN=sqlite://" + dir + "/new.db?journal=off", "dsn"},
		"a link to no file yet":         {"DSN=sqlite://" + dir + "/link.db", ""},
		"a link to where none is taken": {"DSN=sqlite://" + dir + "/proc.db", "dsn"},
		"a link to such a link":         {"DSN=sqlite://" + dir + "/twice.db", "dsn"},
		"a link to itself":              {"DSN=sqlite://" + dir + "/self.db", "dsn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := []string{test.set}
			if test.set[:3] != "DSN" {
				environ = append(environ, "DSN=memory")
			}
			got := refusedKeys(t, environ...)
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || got[0] != test.want) {
				t.Errorf("refused %v, want %q", got, test.want)
			}
		})
	}
}
