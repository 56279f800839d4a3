package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// setupDir writes the files of a setup directory.
func setupDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSetup_filesSayItTogether(t *testing.T) {
	t.Parallel()
	dir := setupDir(t, map[string]string{
		"10-base.yaml":             "dsn: memory\nsecrets: {default: [a-secret-of-enough-length-17]}\nserve: {public: {port: 1111}}\n",
		"20-jane.yml":              "serve: {admin: {console: {operators: [{name: jane, role: write, password: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$dGVzdHRlc3R0ZXN0dGVzdA'}]}}}\n",
		"30-joe.yaml":              "serve: {admin: {console: {operators: [{name: joe, password: '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$dGVzdHRlc3R0ZXN0dGVzdA'}]}}}\n",
		"40-people.yaml":           "identities:\n  - external_id: crm-1\n    traits: {email: a@example.org, age: 7}\n",
		"50-more.yaml":             "identities:\n  - {external_id: crm-2, traits: {}, verified: [b@example.org], metadata_public: {plan: gold}, state: inactive}\n",
		"notes.txt":                "no settings: at all: {",
		".hidden.yaml":             "nor: here",
		"customer.schema.json":     "{}",
		"60-comments-alone.yaml":   "# nothing\n",
		"70-nothing-in-there.yaml": "",
	})
	c, report, err := Load(Source{Files: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Serve.Admin.Console.Operators) != 2 || c.Serve.Public.Port != 1111 || c.Embedded {
		t.Errorf("the files say %+v, port %d", c.Serve.Admin.Console.Operators, c.Serve.Public.Port)
	}
	if len(report.Identities) != 2 {
		t.Fatalf("%d identities are declared, want 2", len(report.Identities))
	}
	first, second := report.Identities[0], report.Identities[1]
	if first.ExternalID != "crm-1" || string(first.Traits) != `{"age":7,"email":"a@example.org"}` || first.Origin.String() != filepath.Join(dir, "40-people.yaml")+":2:5" {
		t.Errorf("the first is %+v", first)
	}
	if second.State != "inactive" || string(second.MetadataPublic) != `{"plan":"gold"}` || second.MetadataAdmin != nil || len(second.Verified) != 1 {
		t.Errorf("the second is %+v", second)
	}
	setup, err := ReadSetup(dir)
	if err != nil || len(setup.Identities) != 2 || len(setup.Settings) != 4 {
		t.Errorf("by itself the directory is %+v, %v", setup, err)
	}
	if _, _, err := Load(Source{Files: []string{dir, filepath.Join(dir, "50-more.yaml")}}); err == nil || !strings.Contains(err.Error(), "identities") {
		t.Errorf("identities in a file that is given by itself: %v", err)
	}
}

func TestSetup_mistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string // in the error
	}{
		"a setting in two files":   {map[string]string{"a.yaml": "log: {level: info}", "b.yaml": "log:\n  level: debug"}, `b.yaml:2:3: "level" is given twice in this directory, first at `},
		"a name that is none":      {map[string]string{"a.yaml": "log: {lvl: info}"}, "a.yaml:1:7: log.lvl"},
		"broken YAML":              {map[string]string{"a.yaml": "a: [", "b.yaml": "log: {level: info}"}, "a.yaml:1"},
		"no list of identities":    {map[string]string{"a.yaml": "identities: {}"}, "a.yaml:1:13: identities is a group"},
		"an identity without name": {map[string]string{"a.yaml": "identities:\n- traits: {}"}, "a.yaml:2:3: identities[0] has no external_id"},
		"one without traits":       {map[string]string{"a.yaml": "identities: [{external_id: x}]"}, "a.yaml:1:14: identities[0] has no traits"},
		"a misspelt member":        {map[string]string{"a.yaml": "identities:\n- external_id: x\n  trait: {}"}, "a.yaml:3:3: identities[0] trait is not known here"},
		"a state that is none":     {map[string]string{"a.yaml": "identities:\n- external_id: x\n  traits: {}\n  state: off2"}, `a.yaml:4:3: identities[0] state is "off2"`},
		"traits that are a list":   {map[string]string{"a.yaml": "identities:\n- external_id: x\n  traits: []"}, "a.yaml:3:3: identities[0] traits is a list"},
		"a number as a name":       {map[string]string{"a.yaml": "identities:\n- external_id: 7\n  traits: {}"}, "put it in quotes"},
		"the same name in two":     {map[string]string{"a.yaml": "identities: [{external_id: x, traits: {}}]", "b.yaml": "identities: [{external_id: x, traits: {}}]"}, `b.yaml:1:14: identities[1] external_id "x" is given twice, first at `},
		"a document that is text":  {map[string]string{"a.yaml": "hello"}, "a.yaml:1:1: is text"},
	} {
		_, err := ReadSetup(setupDir(t, test.files))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, test.want)
		}
		test.files["0.yaml"] = "dsn: memory"
		if _, _, err := Load(Source{Files: []string{setupDir(t, test.files)}}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: as configuration the error is %v, want one with %q", name, err, test.want)
		}
	}
	if _, err := ReadSetup("/nonexistent"); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a directory that is not there: %v", err)
	}
}
