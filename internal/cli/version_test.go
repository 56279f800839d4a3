package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	lines := strings.Split(execute(t, nil, "version").out, "\n")
	if len(lines) != 3 || lines[0] != buildVersion() || !strings.HasPrefix(lines[1], "commit ") || !strings.Contains(lines[1], ", go1.") {
		t.Errorf("version prints %q", lines)
	}
	if got := execute(t, nil, "version", "--quiet").out; got != buildVersion()+"\n" {
		t.Errorf("version --quiet prints %q", got)
	}
}

func TestConfigFiles_ofTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.yaml"), filepath.Join(dir, "second.yaml")
	for path, text := range map[string]string{first: "serve: {public: {port: 1111}}", second: "serve: {public: {port: 2222}}"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := []string{"DSN=memory", "SYMBOLON_CONFIG=" + first + string(os.PathListSeparator) + second}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"the last file of the list wins": {nil, "2222"},
		"-c wins over the list":          {[]string{"-c", first}, "1111"},
	} {
		got := execute(t, environ, append([]string{"config", "print"}, test.args...)...)
		if got.code != exitOK || !strings.Contains(got.out, test.want) {
			t.Errorf("%s: code %d, want port %s\n%s", name, got.code, test.want, got.err)
		}
	}
}
