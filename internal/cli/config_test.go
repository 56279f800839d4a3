package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// outcome is what a command line did.
type outcome struct {
	code     int
	out, err string
}

func execute(t *testing.T, environ []string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), args, environ, Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	return outcome{code, out.String(), errs.String()}
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigValidateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := execute(t, nil, "config", "validate")
	if good.code != exitOK || good.out != "The configuration is valid.\n" || good.err != "" {
		t.Errorf("without a file: %+v", good)
	}
	odd := execute(t, []string{"DISABLE_TELEMETRY=1"}, "config", "validate")
	if odd.code != exitOK || !strings.Contains(odd.err, "warning: environment DISABLE_TELEMETRY: has no effect") {
		t.Errorf("with a warning: %+v", odd)
	}
	path := configFile(t, "dsn: memory\nserve: {public: {prot: 1}}\n")
	bad := execute(t, nil, "config", "validate", "-c", path)
	if bad.code != exitFailed || bad.out != "" || !strings.Contains(bad.err, path+":2:18: serve.public.prot is not a setting; did you mean serve.public.port?") {
		t.Errorf("with a mistake: %+v", bad)
	}
	gone := execute(t, nil, "config", "validate", "-c", path+".yaml")
	if gone.code != exitFailed || !strings.Contains(gone.err, "cannot be read") {
		t.Errorf("without the file: %+v", gone)
	}
}

func TestConfigValidateSpeaksToPrograms(t *testing.T) {
	t.Parallel()
	path := configFile(t, "dsn: memory\nlog: {format: xml}\nprofiling: cpu\n")
	for format, decode := range map[string]func([]byte, any) error{"json": json.Unmarshal, "yaml": yaml.Unmarshal} {
		got := execute(t, nil, "config", "validate", "-c", path, "--format", format)
		var verdict struct {
			Valid    bool
			Problems []struct{ Key, Source, Text string }
			Warnings []struct{ Key string }
		}
		if err := decode([]byte(got.out), &verdict); err != nil {
			t.Fatalf("%s: %v in %s", format, err, got.out)
		}
		if got.code != exitFailed || verdict.Valid || len(verdict.Problems) != 1 || verdict.Problems[0].Key != "log.format" || verdict.Problems[0].Source != path+":2:15" {
			t.Errorf("%s: %d %+v", format, got.code, verdict)
		}
	}
}

func TestConfigPrintShowsValuesAndTheirSources(t *testing.T) {
	t.Parallel()
	path := configFile(t, "dsn: memory\nsecrets: {cookie: [a-long-and-random-text-0]}\nserve: {public: {base_url: 'https://id.example.org'}}\n")
	env := []string{"SESSION_LIFESPAN=2h", "PASSWORD_MIN_LENGTH=12"}
	table := execute(t, env, "config", "print", "-c", path, "--changed").out
	for _, line := range []string{
		"KEY VALUE SOURCE", "dsn memory " + path + ":1:6", "session.lifespan 2h environment SESSION_LIFESPAN",
		"password.min_length 12 environment PASSWORD_MIN_LENGTH", "secrets.cookie [redacted] " + path + ":2:19", "serve.admin.base_url http://127.0.0.1:4434/ guessed",
	} {
		if !strings.Contains(strings.Join(strings.Fields(table), " "), line) {
			t.Errorf("no %q in\n%s", line, table)
		}
	}
	if strings.Contains(table, "a-long-and-random") || strings.Contains(table, "log.level") {
		t.Errorf("too much is shown:\n%s", table)
	}

	var rows []struct {
		Key    string
		Value  any
		Source string
	}
	asJSON := execute(t, env, "config", "print", "-c", path, "--format", "json")
	if err := json.Unmarshal([]byte(asJSON.out), &rows); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range rows {
		found = found || r.Key == "password.min_length" && r.Value == 12.0 && r.Source == "environment PASSWORD_MIN_LENGTH"
	}
	if !found || len(rows) < 100 {
		t.Errorf("%d rows, and password.min_length is not as set", len(rows))
	}
}

func TestConfigPrintAsYAMLIsAConfiguration(t *testing.T) {
	t.Parallel()
	path := configFile(t, "dsn: memory\nsession: {cookie: {same_site: Strict}}\nselfservice: {flows: {registration: {after: {password: {hooks: [{hook: session}]}}}}}\n")
	printed := execute(t, nil, "config", "print", "-c", path, "--format", "yaml")
	if printed.code != exitOK || !strings.Contains(printed.out, "same_site: Strict # "+path+":2:31") {
		t.Fatalf("got %+v", printed)
	}
	again := execute(t, nil, "config", "print", "-c", configFile(t, printed.out), "--format", "json")
	first := execute(t, nil, "config", "print", "-c", path, "--format", "json")
	var a, b []struct {
		Key   string
		Value any
	}
	if json.Unmarshal([]byte(first.out), &a) != nil || json.Unmarshal([]byte(again.out), &b) != nil || len(a) != len(b) || again.code != exitOK {
		t.Fatalf("the output does not load: %+v", again)
	}
	for i := range a {
		left, right := mustJSON(t, a[i]), mustJSON(t, b[i])
		if left != right {
			t.Errorf("%s became %s", left, right)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestConfigExplainAnswersQuestions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a key":                 {[]string{"serve.public.port"}, exitOK, "environment:  SERVE_PUBLIC_PORT"},
		"a variable":            {[]string{"SECRETS_COOKIE"}, exitOK, "from a file:  SECRETS_COOKIE_FILE"},
		"a group":               {[]string{"session.cookie"}, exitOK, "session.cookie.same_site"},
		"everything":            {nil, exitOK, "log.format"},
		"a key as JSON":         {[]string{"dsn", "--format", "json"}, exitOK, `"needs_restart": true`},
		"a group as YAML":       {[]string{"log", "--format", "yaml"}, exitOK, "- key: log.level"},
		"a misspelt key":        {[]string{"serve.public.prot"}, exitUsage, "did you mean serve.public.port?"},
		"a misspelt variable":   {[]string{"SERVE_PUBLIC_PROT"}, exitUsage, "did you mean SERVE_PUBLIC_PORT?"},
		"two keys":              {[]string{"dsn", "log"}, exitUsage, "accepts at most 1 arg"},
		"an unknown format":     {[]string{"dsn", "--format", "xml"}, exitUsage, "must be table, json or yaml"},
		"an unknown flag":       {[]string{"--nonsense"}, exitUsage, "unknown flag"},
		"how the command works": {[]string{"--help"}, exitOK, "symbolon config explain SECRETS_COOKIE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, nil, append([]string{"config", "explain"}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.out+got.err, test.want) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestConfigSchemaIsJSON(t *testing.T) {
	t.Parallel()
	got := execute(t, nil, "config", "schema")
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal([]byte(got.out), &schema); err != nil || schema.Properties["serve"] == nil || got.code != exitOK {
		t.Errorf("%v in %.200s", err, got.out)
	}
}

func TestArguments_wrongNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"doctor"}, "accepts 1 arg(s), received 0; write: symbolon doctor URL"},
		{[]string{"jsonnet", "lint"}, "received 0; write: symbolon jsonnet lint FILE..."},
		{[]string{"migrate", "from-keycloak"}, "received 0; write: symbolon migrate from-keycloak FILE..."},
	} {
		if got := execute(t, nil, test.args...); got.code != exitUsage || !strings.Contains(got.err, test.want) {
			t.Errorf("%s: got %+v, want %q", test.args, got, test.want)
		}
	}
}
