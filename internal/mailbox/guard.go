package mailbox

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/secret"
)

// refusal is an answer to a visitor who may not look.
type refusal struct {
	status          int
	heading, advice string
}

func (e *refusal) Error() string { return e.heading }

// guard admits requests for a name of this machine that carry the token.
func (b *Mailbox) guard(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := b.admit(w, r)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			b.fail(w, r, err)
		}
	})
}

func (b *Mailbox) admit(w http.ResponseWriter, r *http.Request) error {
	if !Named(r.Host, b.config.URL) {
		return &refusal{
			http.StatusMisdirectedRequest, "This name is not known here",
			"The mailbox answers to addresses, to localhost and to the host of serve.admin.base_url. Set that if this name is right.",
		}
	}
	if b.config.Token == "" {
		return nil
	}
	if _, password, _ := r.BasicAuth(); secret.Equal(password, b.config.Token) {
		return nil
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="symbolon mailbox", charset="UTF-8"`)
	return &refusal{http.StatusUnauthorized, "The mailbox asks for a password", "It is the value of serve.admin.token, with any user name."}
}

// Named reports whether a Host header names this machine, which is reached at
// the URL. A name that a stranger points here would let their pages read the
// mails; an address can't be pointed anywhere.
func Named(host string, at *url.URL) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return IsLoopback(host) || strings.EqualFold(host, at.Hostname())
}

// IsLoopback reports whether a host name or address never leaves this machine
// (RFC 6761 section 6.3).
func IsLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
