package config

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// rule restricts a value, or each item of a list of texts.
type rule struct {
	text      string         // completes "must be …"
	schema    map[string]any // the same for JSON Schema
	ok        func(value any) bool
	different bool // no two items of the list are equal
}

// of is a test of values of one type, which others fail.
func of[T any](ok func(T) bool) func(any) bool {
	return func(v any) bool {
		t, is := v.(T)
		return is && ok(t)
	}
}

// words completes "must be …" for the whole value; empty if any value is right.
func (r rule) words() string {
	switch {
	case !r.different:
		return r.text
	case r.text == "":
		return "all different"
	}
	return r.text + "; all different"
}

func atLeast(low int) rule {
	return rule{
		text: fmt.Sprintf("at least %d", low), schema: map[string]any{"minimum": low},
		ok: of(func(n int) bool { return n >= low }),
	}
}

func between(low, high int) rule {
	return rule{
		text: fmt.Sprintf("between %d and %d", low, high), schema: map[string]any{"minimum": low, "maximum": high},
		ok: of(func(n int) bool { return n >= low && n <= high }),
	}
}

// positive is for durations that mean nothing when they are zero.
func positive() rule {
	return rule{text: "more than 0s", ok: of(func(d time.Duration) bool { return d > 0 })}
}

// idleTimeout is never, or long enough that nodes learn in time what others saw.
func idleTimeout() rule {
	const least = 8 * time.Minute
	return rule{text: "0s or at least 8m", ok: of(func(d time.Duration) bool { return d == 0 || d >= least })}
}

func oneOf(values ...string) rule {
	return rule{
		text: "one of " + strings.Join(values, ", "), schema: map[string]any{"enum": values},
		ok: of(func(s string) bool { return slices.Contains(values, s) }),
	}
}

// oneOfFold is oneOf without regard to case.
func oneOfFold(values ...string) rule {
	r := oneOf(values...)
	r.ok = of(func(s string) bool { return slices.Contains(values, strings.ToLower(s)) })
	return r
}

func matches(pattern, words string) rule {
	compiled := regexp.MustCompile(pattern)
	return rule{
		text: words, schema: map[string]any{"pattern": pattern},
		ok: func(v any) bool { return compiled.MatchString(revealed(v)) },
	}
}

// scheme wants one of the given beginnings, each followed by something.
func scheme(beginnings ...string) rule {
	quoted := make([]string, len(beginnings))
	for i, b := range beginnings {
		quoted[i] = regexp.QuoteMeta(b)
	}
	return matches("^("+strings.Join(quoted, "|")+").+", "something that starts with "+strings.Join(beginnings, ", "))
}

// absolute wants a web address without user information, query and fragment.
func absolute() rule {
	return rule{
		text: "an absolute http:// or https:// address without user, query and fragment",
		ok: of(func(u *url.URL) bool {
			return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
				u.User == nil && u.RawQuery == "" && u.Fragment == "" && validPort(u.Port()) && !strings.ContainsAny(u.Hostname(), "* ")
		}),
	}
}

// bindable wants what a listener binds to: one address of this machine, or all.
func bindable() rule {
	name := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	return rule{
		text: "a host name or an IP address alone, without scheme and port",
		ok: of(func(s string) bool {
			_, err := netip.ParseAddr(unbracketed(s))
			return err == nil || s == "" || name.MatchString(s)
		}),
	}
}

// unbracketed is an address as listeners take it; people copy IPv6 addresses out of URLs.
func unbracketed(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

// visitable wants an address that a browser may be sent to: apps have schemes of their own, but those here
// run or show what stands in the address itself.
func visitable() rule {
	inert := []string{"javascript", "data", "vbscript", "blob", "about", "file", "view-source"}
	return rule{
		text: "an address to go to, and none of " + strings.Join(inert, ":, ") + ":",
		ok:   of(func(u *url.URL) bool { return u == nil || !slices.Contains(inert, strings.ToLower(u.Scheme)) }),
	}
}

func emailAddress() rule {
	return rule{
		text: "an e-mail address", schema: map[string]any{"format": "email"},
		ok: of(func(s string) bool {
			a, err := mail.ParseAddress(s)
			return err == nil && a.Address == s
		}),
	}
}

// network wants an address or a range of addresses.
func network() rule {
	return rule{
		text: "an IP address or a CIDR range such as 10.0.0.0/8",
		ok:   of(isNetwork),
	}
}

func isNetwork(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(s)
	return err == nil
}

// destination wants what security.outgoing.allow understands.
func destination() rule {
	name := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	return rule{
		text: "a host, host:port, IP address, [IPv6]:port or CIDR range",
		ok: of(func(s string) bool {
			_, err := netip.ParseAddrPort(s)
			return err == nil || isNetwork(s) || name.MatchString(s)
		}),
	}
}

// distinct adds that no two items are equal.
func (r rule) distinct() rule {
	r.different = true
	return r
}

// revealed is a value as text, also where its type hides it.
func revealed(v any) string {
	if hidden, ok := v.(interface{ Reveal() string }); ok {
		return hidden.Reveal()
	}
	return fmt.Sprint(v)
}
