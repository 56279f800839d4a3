package wire

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// launch is what a server is started with.
type launch struct {
	file    string            // path of the configuration file
	dev     bool              // --dev
	environ map[string]string // by name
}

// headline is the first line of a configuration: how the server of that variant was started.
var headline = regexp.MustCompile(`^# Variant \S+ of captures\.jsonl\. Flags: (none|--dev)\. Environment: (none|[A-Z_]+=\S+)\. Breach lookup: (stand-in|unreachable)`)

// prepare writes the configuration of a variant for this run: with a database of its own, and with the addresses of stand-ins
// where the recording has fixed ports.
func prepare(t *testing.T, variant string, mail *postOffice, idp *provider) launch {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordingDir, variant+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(recordingDir)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	text := strings.NewReplacer(
		"@DIR@", dir, "@DATA@", data, "127.0.0.1:12525", mail.addr, "http://127.0.0.1:14444/", idp.url,
	).Replace(string(raw))
	m := headline.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s.yaml does not begin with how it is started", variant)
	}
	l := launch{file: filepath.Join(data, variant+".yaml"), dev: m[1] == "--dev", environ: map[string]string{}}
	if name, value, ok := strings.Cut(m[2], "="); ok {
		l.environ[name] = value
	}
	l.environ["PASSWORD_BREACH_API_URL"] = unreachable(t)
	if m[3] == "stand-in" {
		l.environ["PASSWORD_BREACH_API_URL"] = newBreachLookup(t)
	}
	if err := os.WriteFile(l.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestConfigurationsAreStartedAsTheirFirstLineSays(t *testing.T) {
	t.Parallel()
	mail, idp := newPostOffice(t), newProvider(t, newClock().now)
	tests := map[string]struct {
		dev     bool
		environ string
	}{
		"main":       {true, "map[]"},
		"prod":       {false, "map[]"},
		"devdisable": {true, "map[DEV_DISABLE_API_FLOW_ENFORCEMENT:true]"},
	}
	for variant, want := range tests {
		l := prepare(t, variant, mail, idp)
		delete(l.environ, "PASSWORD_BREACH_API_URL")
		if l.dev != want.dev || fmt.Sprint(l.environ) != want.environ {
			t.Errorf("%s: --dev is %v, want %v; environment %v, want %s", variant, l.dev, want.dev, l.environ, want.environ)
		}
		text, err := os.ReadFile(l.file)
		if err != nil {
			t.Fatal(err)
		}
		if left := regexp.MustCompile(`@[A-Z]+@|:12525|:14444`).FindString(string(text)); left != "" {
			t.Errorf("%s: %s is left in the configuration", variant, left)
		}
	}
}
