package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"symbolon/internal/adminclient"
)

// The variables that say which server commands talk to.
const (
	variableURL       = "SYMBOLON_ADMIN_URL"
	variableOldURL    = "KRATOS_ADMIN_URL"
	variableToken     = "SYMBOLON_ADMIN_TOKEN"
	variableTokenFile = "SYMBOLON_ADMIN_TOKEN_FILE"

	defaultAdminURL = "http://127.0.0.1:4434"
)

// endpointHelp ends the help of command groups that talk to a server.
const endpointHelp = `

The server is asked through its admin API: at --endpoint, else at
SYMBOLON_ADMIN_URL or KRATOS_ADMIN_URL, else at http://127.0.0.1:4434. Where it
has a serve.admin.token, give it in SYMBOLON_ADMIN_TOKEN, or in the file that
SYMBOLON_ADMIN_TOKEN_FILE names.`

// clientFlags are the flags of commands that talk to a server.
type clientFlags struct {
	endpoint string
	timeout  time.Duration
}

func (f *clientFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.endpoint, "endpoint", "e", "", "`URL` of the admin API (default SYMBOLON_ADMIN_URL, else "+defaultAdminURL+")")
	c.Flags().DurationVar(&f.timeout, "timeout", adminclient.DefaultTimeout, "how long one answer may take")
}

// run gives a command its client, and its errors the advice what to do.
func (f *clientFlags) run(e *env, work func(ctx context.Context, client *adminclient.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		client, err := f.client(e)
		if err != nil {
			return err
		}
		defer client.Close()
		return advise(work(c.Context(), client, args))
	}
}

func (f *clientFlags) client(e *env) (*adminclient.Client, error) {
	address, err := f.address(e)
	if err != nil {
		return nil, err
	}
	token, err := adminToken(e)
	if err != nil {
		return nil, err
	}
	if f.timeout <= 0 {
		return nil, usageError{errors.New("--timeout must be longer than 0")}
	}
	if token != "" && address.Scheme == "http" && !onThisMachine(address.Hostname()) {
		fmt.Fprintf(e.Stderr, "warning: the token travels to %s without encryption; use https\n", visible(address.Host))
	}
	return adminclient.New(adminclient.Config{
		URL: address, Token: token, Timeout: f.timeout, Agent: "symbolon/" + buildVersion(),
	}), nil
}

// address is where the admin API is, from the first source that names it.
func (f *clientFlags) address(e *env) (*url.URL, error) {
	text, source := f.endpoint, "--endpoint"
	for _, name := range []string{variableURL, variableOldURL} {
		if text == "" {
			text, source = e.variable(name), name
		}
	}
	if text == "" {
		text, source = defaultAdminURL, "the default"
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" {
		return nil, usageError{fmt.Errorf("%s is %q and must be a URL like %s", source, text, defaultAdminURL)}
	}
	return u, nil
}

// maxTokenFile bounds what is read of a file with a token.
const maxTokenFile = 16 << 10

func adminToken(e *env) (string, error) {
	token, path := e.variable(variableToken), e.variable(variableTokenFile)
	switch {
	case token != "" && path != "":
		return "", usageError{fmt.Errorf("%s and %s are both set; unset one", variableToken, variableTokenFile)}
	case path == "":
		return token, nil
	}
	raw, err := readBounded(path, maxTokenFile)
	if err != nil {
		return "", fmt.Errorf("%s: %w", variableTokenFile, err)
	}
	token = strings.TrimSpace(string(raw))
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return "", fmt.Errorf("%s: %s must hold the token in one line", variableTokenFile, path)
	}
	return token, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0 || info.Size() > limit {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", path, limit)
	}
	return os.ReadFile(path)
}

// variable returns a variable of the environment, empty if it is not set. The
// last of several wins, as for os/exec.
func (e *env) variable(name string) string {
	value := ""
	for _, pair := range e.Environ {
		if text, ok := strings.CutPrefix(pair, name+"="); ok {
			value = text
		}
	}
	return value
}

func onThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// advise adds to an error of the client what to do about it.
func advise(err error) error {
	const elsewhere = "Another address is set with --endpoint URL or " + variableURL + "."
	if _, ok := errors.AsType[*adminclient.UnreachableError](err); ok {
		return fmt.Errorf("%w\nIs the server running ('symbolon serve')? %s", err, elsewhere)
	}
	if _, ok := errors.AsType[*adminclient.ForeignError](err); ok {
		return fmt.Errorf("%w\nCommands need the admin listener, by default %s, not the public one. %s", err, defaultAdminURL, elsewhere)
	}
	if answered, ok := errors.AsType[*adminclient.Error](err); ok && answered.Code == http.StatusUnauthorized {
		return fmt.Errorf("the server asks for a token: set %s to its serve.admin.token, or %s to a file that holds it", variableToken, variableTokenFile)
	}
	return err
}
