package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"unicode"
)

// foreign is a server that answers everything alike.
func foreign(t *testing.T, status int, header, body string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		name, value, _ := strings.Cut(header, ": ")
		w.Header().Set(name, value)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	page := foreign(t, http.StatusOK, "Content-Type: text/html", "<h1>Welcome</h1>")
	moved := foreign(t, http.StatusFound, "Location: https://sso.example.org/", "")
	broken := foreign(t, http.StatusOK, "Content-Type: application/json", "{")
	failing := foreign(t, http.StatusInternalServerError, "Content-Type: application/json", `{"error":{"code":500,"message":"An internal server error occurred"}}`)
	guarded := startServer(t, "SERVE_ADMIN_TOKEN=a-very-long-and-random-token")
	twoLines := guarded.file(t, "two", "a\nb\n")
	for name, test := range map[string]struct {
		environ []string
		args    string
		code    int
		want    string
	}{
		"nothing listens":              {nil, "identities list -e http://127.0.0.1:1", exitFailed, "Is the server running ('symbolon serve')? Another address is set with --endpoint URL or SYMBOLON_ADMIN_URL."},
		"the variable of v0.5":         {[]string{"KRATOS_ADMIN_URL=http://127.0.0.1:1/admin"}, "remote version", exitFailed, "no answer from http://127.0.0.1:1/admin"},
		"our variable wins":            {[]string{"KRATOS_ADMIN_URL=http://127.0.0.1:2", "SYMBOLON_ADMIN_URL=http://127.0.0.1:1"}, "remote version", exitFailed, "no answer from http://127.0.0.1:1:"},
		"the flag wins":                {[]string{"SYMBOLON_ADMIN_URL=http://127.0.0.1:2"}, "remote version -e http://127.0.0.1:1", exitFailed, "no answer from http://127.0.0.1:1:"},
		"a page instead of the API":    {nil, "remote version -e " + page.URL, exitFailed, "Commands need the admin listener"},
		"a sign-in page on the way":    {nil, "identities list -e " + moved.URL, exitFailed, "it redirects to https://sso.example.org/"},
		"JSON that is none":            {nil, "identities list -e " + broken.URL, exitFailed, "not as the admin API does"},
		"a server that fails":          {nil, "identities list -e " + failing.URL, exitFailed, "An internal server error occurred"},
		"an import into a page":        {nil, "identities import -e " + page.URL, exitFailed, "Commands need the admin listener"},
		"an address without a scheme":  {nil, "remote version -e 127.0.0.1:4434", exitUsage, `--endpoint is "127.0.0.1:4434" and must be a URL like http://127.0.0.1:4434`},
		"a variable without a host":    {[]string{"SYMBOLON_ADMIN_URL=http://"}, "remote version", exitUsage, "SYMBOLON_ADMIN_URL is"},
		"no token":                     {nil, "identities list -e " + guarded.url, exitFailed, "the server asks for a token: set SYMBOLON_ADMIN_TOKEN"},
		"a wrong token":                {[]string{"SYMBOLON_ADMIN_TOKEN=x"}, "courier list -e " + guarded.url, exitFailed, "the server asks for a token"},
		"a token and a file":           {[]string{"SYMBOLON_ADMIN_TOKEN=x", "SYMBOLON_ADMIN_TOKEN_FILE=x"}, "remote version", exitUsage, "are both set; unset one"},
		"a file that is not there":     {[]string{"SYMBOLON_ADMIN_TOKEN_FILE=/nonexistent"}, "remote version", exitFailed, "SYMBOLON_ADMIN_TOKEN_FILE: stat /nonexistent"},
		"a file of two lines":          {[]string{"SYMBOLON_ADMIN_TOKEN_FILE=" + twoLines}, "remote version", exitFailed, "must hold the token in one line"},
		"a token that travels plainly": {[]string{"SYMBOLON_ADMIN_TOKEN=x"}, "remote version --timeout 1ms -e http://admin.invalid", exitFailed, "warning: the token travels to admin.invalid without encryption"},
		"an id that is none":           {nil, "identities get ../schemas/default", exitUsage, `"../schemas/default" is not an id`},
		"no id":                        {nil, "identities delete", exitUsage, "name at least one id: symbolon identities delete ID"},
		"a page without its size":      {nil, "identities list 1", exitUsage, "give both PAGE and PER-PAGE"},
		"a page that is no number":     {nil, "identities list one 2", exitUsage, `"one" is not a number from 0`},
		"a page that is too large":     {nil, "identities list 0 1001", exitUsage, "from 1 to 1000"},
		"two files to put":             {nil, "identities put 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 a b", exitUsage, "at most one file"},
		"no time at all":               {nil, "remote version --timeout 0s", exitUsage, "--timeout must be longer than 0"},
		"an unknown format":            {nil, "identities list --format xml", exitUsage, "must be table, json or yaml"},
		"an unknown command":           {nil, "identities lst", exitUsage, "did you mean get or list"},
		"a page of messages too large": {nil, "courier list --page-size 0", exitUsage, "--page-size must be from 1 to 1000"},
		"watching without a pause":     {nil, "courier watch --interval 0s", exitUsage, "--interval must be at least"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, test.environ, strings.Fields(test.args)...)
			if all := got.out + got.err; got.code != test.code || !strings.Contains(all, test.want) {
				t.Errorf("exit code %d, want %d, and want %q in\n%s", got.code, test.code, test.want, all)
			}
			if strings.Contains(got.err, "a-very-long") {
				t.Errorf("the token is shown: %s", got.err)
			}
		})
	}
}

func TestTheTokenComesFromTheEnvironmentOrAFile(t *testing.T) {
	t.Parallel()
	s := startServer(t, "SERVE_ADMIN_TOKEN=a-very-long-and-random-token")
	path := s.file(t, "token", "a-very-long-and-random-token\n")
	for _, variable := range []string{"SYMBOLON_ADMIN_TOKEN=a-very-long-and-random-token", "SYMBOLON_ADMIN_TOKEN_FILE=" + path} {
		got := execute(t, append(s.environ, variable), "identities", "list")
		if got.code != exitOK || got.err != "" {
			t.Errorf("with %s: %+v", variable, got)
		}
	}
	// Probes need no token, and the status leaves out what does.
	if got := execute(t, s.environ, "remote", "status", "--format", "json"); got.code != exitOK || strings.Contains(got.out, "detail") {
		t.Errorf("status without a token: %+v", got)
	}
}

func TestAServerThatIsNotReadyIsAFailure(t *testing.T) {
	t.Parallel()
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/health/alive":
			fmt.Fprint(w, `{"status":"ok"}`)
		case "/health/ready":
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"errors":{"database":"2 migrations are missing"}}`)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"status":"error","database":{"status":"error","error":"2 migrations are missing"},"hashing":{}}`)
		}
	}))
	t.Cleanup(sick.Close)
	got := execute(t, nil, "remote", "status", "-e", sick.URL)
	if got.code != exitFailed || !strings.Contains(got.out, "database: 2 migrations are missing") || !strings.Contains(got.err, "is not ready") {
		t.Errorf("got %+v", got)
	}
}

// What users and servers write must not steer the terminal of an operator.
func TestOutputsAreInert(t *testing.T) {
	t.Parallel()
	const nasty = `\u001b]0;owned\u0007\u001b[2J\u202egro.live\r\n\t\u0000\u009b31m`
	hostile := foreign(t, http.StatusOK, "Content-Type: application/json", `[{"id":"`+nasty+`","schema_id":"`+nasty+`","traits":{},
 "verifiable_addresses":[{"value":"`+nasty+`","verified":true}],"recipient":"`+nasty+`","subject":"`+nasty+`","status":"`+nasty+`","last_error":"`+nasty+`"}]`)
	refusing := foreign(t, http.StatusBadRequest, "Content-Type: application/json", `{"error":{"code":400,"reason":"`+nasty+`"}}`)
	for _, args := range []string{
		"identities list -e " + hostile.URL, "identities list -q -e " + hostile.URL, "courier list -e " + hostile.URL, "courier list -q -e " + hostile.URL,
		"identities list -e " + refusing.URL, "identities get 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 -e " + refusing.URL,
		"identities import -e " + refusing.URL, "courier test a@example.org -e " + refusing.URL, "remote version -e " + refusing.URL,
	} {
		got := execute(t, nil, strings.Fields(args)...)
		for _, r := range got.out + got.err {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("symbolon %s printed %q in %q", args, r, got.out+got.err)
				break
			}
		}
		if lines := strings.Count(got.out, "\n"); lines > 2 {
			t.Errorf("symbolon %s printed %d lines about one row: %q", args, lines, got.out)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	t.Parallel()
	for _, c := range commands(t) {
		if !c.Runnable() || c.Name() == "help" || c.Parent() == nil || c.Parent().Name() == "completion" || c.Name() == "completion" {
			continue
		}
		if c.Example == "" && !c.HasAvailableSubCommands() {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for example := range strings.Lines(c.Example) {
			if !strings.Contains(example, "symbolon ") || !strings.HasPrefix(example, "  ") {
				t.Errorf("%s: the example %q is none", c.CommandPath(), example)
			}
		}
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if len([]rune(strings.TrimSpace(line))) > 132 || len([]rune(line)) > 84 && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: the line %q is too wide for a terminal", c.CommandPath(), line)
			}
		}
	}
}

func TestTheStandardInputEndsWithTheCommand(t *testing.T) {
	t.Parallel()
	silent, writer, err := os.Pipe() // as a terminal at which no key is pressed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close(); _ = writer.Close() })
	s := startServer(t)
	for _, args := range [][]string{
		{"identities", "import"},
		{"identities", "validate"},
		{"identities", "put", "019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11"},
		{"hashers", "argon2", "hash"},
	} {
		if code := runInterrupted(t, s, silent, args); code != exitFailed {
			t.Errorf("symbolon %s ended with %d", strings.Join(args, " "), code)
		}
	}
}
