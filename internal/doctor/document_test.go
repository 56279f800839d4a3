package doctor_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/doctor"
)

var update = flag.Bool("update", false, "write docs/troubleshooting.md")

const preface = `<!-- Written by ` + "`go test ./internal/doctor -run Document -update`" + ` from the table in internal/doctor. -->

# Troubleshooting

Something between browsers and the server is broken? Ask from where the browsers are:

` + "```sh\nsymbolon doctor https://auth.example.org\n```" + `

It walks through a login as a browser does and as an app does, and names the first broken link. Mend that one and ask again: what comes
after it may be its doing. It changes nothing: it starts some login flows and sends a wrong password for an address that does not exist.
With ` + "`--admin URL` it looks at the admin listener as well, with `--origin URL`" + ` it checks that an application's scripts may call the server.

A right proxy is short. For nginx, with ` + "`serve.public.base_url` set to `https://auth.example.org/`" + `:

` + "```nginx" + `
server {
  listen 443 ssl;
  server_name auth.example.org;
  ssl_certificate     /etc/letsencrypt/live/auth.example.org/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/auth.example.org/privkey.pem;
  location / {
    proxy_pass http://127.0.0.1:4433;
    proxy_set_header X-Forwarded-For $remote_addr;  # with serve.trusted_proxies
    proxy_set_header X-Forwarded-Proto $scheme;
  }
}
server {
  listen 80;
  server_name auth.example.org;
  return 301 https://$host$request_uri;
}
` + "```" + `

Below a path it is ` + "`location /auth/ { proxy_pass http://127.0.0.1:4433/; }`, with the slash at the end of both, and\n`serve.public.base_url` ends in `/auth/`." + `

What follows is everything that can be found. The name is in ` + "`code`" + ` of the output as JSON; ⚠ marks warnings, which leave the exit code at 0.
`

// document is docs/troubleshooting.md.
func document() string {
	var b strings.Builder
	b.WriteString(preface)
	fill := strings.NewReplacer("{asked}", "https://auth.example.org/", "{origin}", "https://app.example.org")
	for _, g := range doctor.Groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| | what is broken | usual cause | what to do |\n|---|---|---|---|\n", g.Title)
		for _, t := range g.Troubles {
			mark := ""
			if t.Status == doctor.Warning {
				mark = " ⚠"
			}
			fmt.Fprintf(&b, "| `%s`%s | %s. | %s | %s |\n", t.Code, mark, cell(t.Title), cell(fill.Replace(t.Cause)), cell(fill.Replace(t.Remedy)))
		}
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func TestTheDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	const path = "../../docs/troubleshooting.md"
	if *update {
		if err := os.WriteFile(path, []byte(document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), document()); diff != "" {
		t.Errorf("docs/troubleshooting.md (-kept +now), -update writes it again:\n%s", diff)
	}
}

func TestEveryTroubleIsFoundSomewhereAndExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, path := range files {
		if strings.HasPrefix(path, "troubles") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:found\(|return |code = )"([a-z_]+)"`).FindAllSubmatch(text, -1) {
			used[string(m[1])] = true
		}
	}
	known := map[string]bool{}
	for _, g := range doctor.Groups() {
		for _, tr := range g.Troubles {
			if known[tr.Code] {
				t.Errorf("%s is explained twice", tr.Code)
			}
			known[tr.Code] = true
			if !used[tr.Code] {
				t.Errorf("%s is explained and never found", tr.Code)
			}
			if tr.Title == "" || strings.HasSuffix(tr.Title, ".") || !strings.HasSuffix(tr.Cause, ".") || tr.Remedy == "" || (tr.Status != doctor.Fault && tr.Status != doctor.Warning) {
				t.Errorf("%s is not explained well: %+v", tr.Code, tr)
			}
		}
	}
	for code := range used {
		if !known[code] {
			t.Errorf("%s is found and not explained", code)
		}
	}
	if len(known) < 40 {
		t.Errorf("%d troubles are known, so this test sees too little", len(known))
	}
}

// The settings that are named exist, so no reader looks for one in vain.
func TestTheSettingsThatAreNamedExist(t *testing.T) {
	t.Parallel()
	settings, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, g := range doctor.Groups() {
		for _, tr := range g.Troubles {
			for _, key := range regexp.MustCompile(`\b(?:serve|selfservice|session|secrets|security)\.[a-z_]+(?:\.[a-z_]+)*`).FindAllString(tr.Cause+" "+tr.Remedy, -1) {
				seen++
				if !regexp.MustCompile("(?m)^### `" + regexp.QuoteMeta(key) + "[`.]").Match(settings) {
					t.Errorf("%s names %s, which docs/config.md does not have", tr.Code, key)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d settings are named, so this test sees too little", seen)
	}
}
