package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodProgram = `local claims = std.extVar('claims');

{ identity: { traits: { [if 'email' in claims then 'email']: claims.email } } }
`

func TestJsonnetProgramsAreJudged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		program, says string
		code          int
	}{
		"a good one":       {goodProgram, "", exitOK},
		"no Jsonnet":       {`{ identity: `, "identity.jsonnet:", exitFailed},
		"an import":        {`import 'secrets.libsonnet'`, "can't import", exitFailed},
		"an unused local":  {`local x = 1; { identity: { traits: {} } }`, "Unused variable: x", exitFailed},
		"an unknown local": {`{ identity: { traits: nothing } }`, "nothing", exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "identity.jsonnet")
			if err := os.WriteFile(file, []byte(test.program), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errors strings.Builder
			code := Run(t.Context(), []string{"jsonnet", "lint", filepath.Join(filepath.Dir(file), "*.jsonnet")}, nil, Streams{Out: &out, Err: &errors})
			if code != test.code || !strings.Contains(out.String(), test.says) {
				t.Errorf("exit code %d, printed %q and %q; want %d and %q", code, out.String(), errors.String(), test.code, test.says)
			}
		})
	}
}

func TestJsonnetProgramsAreFormatted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "identity.jsonnet")
	if err := os.WriteFile(file, []byte(`{identity:{traits:{email:"x"}}}`), 0o640); err != nil {
		t.Fatal(err)
	}
	const want = "{ identity: { traits: { email: 'x' } } }\n"
	var out strings.Builder
	if code := Run(t.Context(), []string{"jsonnet", "format", file}, nil, Streams{Out: &out, Err: &out}); code != exitOK || out.String() != want {
		t.Errorf("exit code %d, printed %q, want %q", code, out.String(), want)
	}
	out.Reset()
	if code := Run(t.Context(), []string{"jsonnet", "format", "--write", file}, nil, Streams{Out: &out, Err: &out}); code != exitOK || out.String() != "" {
		t.Errorf("exit code %d, printed %q, want nothing", code, out.String())
	}
	if text, _ := os.ReadFile(file); string(text) != want {
		t.Errorf("the file is %q, want %q", text, want)
	}
	out.Reset()
	piped := Streams{In: strings.NewReader(`{a:1}`), Out: &out, Err: &out}
	if code := Run(t.Context(), []string{"jsonnet", "format", "-"}, nil, piped); code != exitOK || out.String() != "{ a: 1 }\n" {
		t.Errorf("exit code %d, printed %q", code, out.String())
	}
	if code := Run(t.Context(), []string{"jsonnet", "lint", filepath.Join(t.TempDir(), "*.jsonnet")}, nil, Streams{Out: &out, Err: &out}); code != exitFailed {
		t.Errorf("no file at all: exit code %d, want %d", code, exitFailed)
	}
}
