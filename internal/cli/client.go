package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/config"
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
SYMBOLON_ADMIN_URL or KRATOS_ADMIN_URL, else where the configuration has its
admin listener (-c FILE and the environment, as for serve; by default
http://127.0.0.1:4434). The serve.admin.token of the configuration is sent there;
elsewhere give it in SYMBOLON_ADMIN_TOKEN, or in the file that
SYMBOLON_ADMIN_TOKEN_FILE names.`

// clientFlags are the flags of commands that talk to a server.
type clientFlags struct {
	configFlags
	endpoint string
	timeout  time.Duration
	// any tells that the server may be any: the command changes nothing.
	any bool
}

func (f *clientFlags) add(c *cobra.Command) {
	f.configFlags.add(c)
	c.Flags().StringVarP(&f.endpoint, "endpoint", "e", "", "`URL` of the admin API (default SYMBOLON_ADMIN_URL, else that of the configuration)")
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
	address, token, err := f.server(e)
	if err != nil {
		return nil, err
	}
	given, err := adminToken(e)
	if err != nil {
		return nil, err
	}
	if given != "" {
		token = given
	}
	if f.timeout <= 0 {
		return nil, usageError{errors.New("--timeout must be longer than 0")}
	}
	if token != "" && address.Scheme == "http" && !onThisMachine(address.Hostname()) {
		fmt.Fprintf(e.Stderr, "warning: the token travels to %s without encryption; use https\n", visible(address.Host))
	}
	return adminclient.New(adminclient.Config{
		URL: address, Token: token, Timeout: f.timeout, Agent: "symbolon/" + buildVersion(), Verify: !f.any,
	}), nil
}

// server is where the admin API is, from the first source that names it, and the
// token of the configuration if that is the source.
func (f *clientFlags) server(e *env) (address *url.URL, token string, err error) {
	text, source := f.endpoint, "--endpoint"
	for _, name := range []string{variableURL, variableOldURL} {
		if text == "" {
			text, source = e.variable(name), name
		}
	}
	if text == "" {
		return f.configured(e)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" {
		return nil, "", usageError{fmt.Errorf("%s is %q and must be a URL like %s", source, text, defaultAdminURL)}
	}
	return u, "", nil
}

// configured is the admin listener of the configuration, with its token: where it
// listens, or with a certificate by the name that this is for.
func (f *clientFlags) configured(e *env) (*url.URL, string, error) {
	c, _, err := config.Load(f.source(e))
	if err != nil {
		if len(f.files) == 0 {
			err = fmt.Errorf("where is the server? Name it with --endpoint URL; the environment does not: %w", err)
		}
		return nil, "", err
	}
	admin := c.Serve.Admin
	if admin.TLS.Enabled() {
		return admin.BaseURL, admin.Token.Reveal(), nil
	}
	host := strings.Trim(admin.Host, "[]")
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "127.0.0.1"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(admin.Port))}, admin.Token.Reveal(), nil
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
	if foreign, ok := errors.AsType[*adminclient.ForeignError](err); ok && foreign.Other {
		return fmt.Errorf("%w\n%s Or give the configuration of your server with -c FILE", err, elsewhere)
	} else if ok {
		return fmt.Errorf("%w\nCommands need the admin listener, by default %s, not the public one. %s", err, defaultAdminURL, elsewhere)
	}
	if answered, ok := errors.AsType[*adminclient.Error](err); ok && answered.Code == http.StatusUnauthorized {
		return fmt.Errorf("the server asks for a token: set %s to its serve.admin.token, or %s to a file that holds it", variableToken, variableTokenFile)
	}
	return err
}
