package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentitiesExport(t *testing.T) {
	t.Parallel()
	first, second := startServer(t, "SECRETS_DEFAULT=the-first-server-of-two-1"), startServer(t, "SECRETS_DEFAULT=another-one-with-others-2")
	input := filepath.Join(t.TempDir(), "users.ndjson")
	users := `{"traits": {"email": "jane@example.org"}, "credentials": {"password": {"config": {"password": "correct horse 1"}}}}
{"traits": {"email": "joe@example.org"}}`
	if err := os.WriteFile(input, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, first.environ, "identities", "import", input); got.code != exitOK {
		t.Fatal(got.err)
	}
	file := filepath.Join(t.TempDir(), "all.ndjson")
	got := execute(t, first.environ, "identities", "export", "--sessions", file)
	if got.code != exitOK || got.err != "2 identities exported.\n" {
		t.Fatalf("export ends with %d: %s", got.code, got.err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v: others can read it", info.Mode())
	}
	if got := execute(t, first.environ, "identities", "export", file); got.code != exitFailed || !strings.Contains(got.err, "exists") {
		t.Errorf("a file that is there: %d %s", got.code, got.err)
	}
	if got := execute(t, second.environ, "identities", "import", file); got.code != exitOK {
		t.Fatalf("import ends with %d: %s%s", got.code, got.out, got.err)
	}
	if got := execute(t, second.environ, "identities", "import", "--quiet", file); got.code != exitFailed || strings.Count(got.err, "all.ndjson:") != 2 {
		t.Errorf("the same again: %d %s", got.code, got.err)
	}
	out, again := execute(t, first.environ, "identities", "export"), execute(t, second.environ, "identities", "export")
	if out.out != again.out || !strings.Contains(out.out, `"hashed_password":"$argon2id$`) {
		t.Errorf("the servers differ:\n%s\n%s", out.out, again.out)
	}
	ids := strings.Fields(execute(t, second.environ, "identities", "list", "--quiet").out)
	if rest := execute(t, second.environ, "identities", "export", "--after", ids[0]); len(ids) != 2 || strings.Count(rest.out, "\n") != 1 || !strings.Contains(rest.out, ids[1]) {
		t.Errorf("after %s comes %s", ids[0], rest.out)
	}
}
