package flow

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/address"
	"github.com/symbolon/symbolon/internal/errs"
)

// maxReturn bounds a return_to, which is kept with its flow or with the error that
// refuses it.
const maxReturn = 2048

// validateReturnTo decides where return_to leads: an absolute URL below an allowed
// one, or empty for the default. Relative values resolve against the default.
func (e *Engine) validateReturnTo(k Kind, raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	refused := errs.New(errs.Invalid, "return_to_not_allowed", fmt.Sprintf("Requested return_to URL %q is not whitelisted.", raw[:min(len(raw), 256)]))
	target, err := url.Parse(raw)
	if err != nil || len(raw) > maxReturn || strings.ContainsAny(raw, "\\\t\r\n") || target.User != nil {
		return "", refused
	}
	target = e.defaultReturn(k, "").ResolveReference(target)
	allowed := e.config.Allowed
	if ui := e.config.Kinds[Settings].UI; ui != nil { // a second factor may come before it
		allowed = append(slices.Clip(allowed), ui)
	}
	if e.returnsTo(target) || slices.ContainsFunc(allowed, func(one *url.URL) bool { return isSubpath(target, one) }) {
		return target.String(), nil
	}
	return "", refused
}

// returnsTo reports whether the configuration itself leads people there.
func (e *Engine) returnsTo(target *url.URL) bool {
	is := func(u *url.URL) bool { return u != nil && u.String() == target.String() }
	if is(e.config.DefaultReturn) {
		return true
	}
	for _, k := range e.config.Kinds {
		if is(k.Return) {
			return true
		}
		for _, after := range k.After {
			if is(after.Return) {
				return true
			}
		}
	}
	return false
}

// Onward is where a browser goes from a flow that has been passed.
func (e *Engine) Onward(f *Flow) string {
	if f.ReturnTo == "" && e.configuredReturn(f.Kind, f.Active) == nil {
		return e.config.DefaultReturn.String()
	}
	return e.returnURL(f, f.Active)
}

// ValidateReturnTo is validateReturnTo for redirects that belong to no flow, such as
// logout. fallback is used for an empty raw.
func (e *Engine) ValidateReturnTo(raw string, fallback *url.URL) (string, error) {
	if raw == "" {
		if fallback == nil {
			fallback = e.config.DefaultReturn
		}
		return fallback.String(), nil
	}
	return e.validateReturnTo("", raw)
}

// isSubpath reports whether target is the allowed URL or lies below its path,
// counted in whole segments: /app allows /app/x but not /application.
func isSubpath(target, allowed *url.URL) bool {
	if !strings.EqualFold(target.Scheme, allowed.Scheme) || !isHost(target, allowed) {
		return false
	}
	// Compare what a server would: dots and repeated slashes resolved, escapes
	// decoded once.
	dir := strings.TrimSuffix(path.Clean("/"+allowed.Path), "/")
	file := path.Clean("/" + target.Path)
	return file == dir || strings.HasPrefix(file, dir+"/")
}

// isHost reports whether target is of the allowed host and port. A host that begins with "*." stands for those with one
// or more labels before the rest.
func isHost(target, allowed *url.URL) bool {
	rest, wild := strings.CutPrefix(allowed.Hostname(), "*.")
	host, ok := hostName(target.Hostname())
	want, known := hostName(rest)
	if !ok || !known || target.Port() != allowed.Port() {
		return false
	}
	if !wild {
		return host == want
	}
	labels, below := strings.CutSuffix(host, "."+want)
	return below && want != "" && isLabels(labels)
}

// hostName returns a host in the form in which browsers compare it: labels in lower case, those with letters beyond ASCII
// as A-labels (URL Standard, 3.5). ok is false for a host that has none, and for a label that only becomes ASCII by being
// mapped, such as one with U+212A for k: not every client maps.
func hostName(host string) (name string, ok bool) {
	labels := strings.Split(strings.ToLower(host), ".")
	for i, label := range strings.Split(host, ".") {
		if !strings.ContainsFunc(label, func(r rune) bool { return r >= utf8.RuneSelf }) {
			continue
		}
		if labels[i] = address.ASCIIDomain(label); !strings.HasPrefix(labels[i], "xn--") {
			return "", false
		}
	}
	return strings.Join(labels, "."), true
}

// isLabels reports whether a text is labels of a host name and nothing that a browser could read otherwise (RFC 1123, 2.1).
func isLabels(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// returnURL is where a browser goes after a success of the method.
func (e *Engine) returnURL(f *Flow, method string) string {
	if f.ReturnTo != "" {
		if kept, err := e.validateReturnTo(f.Kind, f.ReturnTo); err == nil {
			return kept
		}
	}
	if u := e.configuredReturn(f.Kind, method); u != nil {
		return u.String()
	}
	if f.Kind == Settings || f.Kind == Verification {
		return e.Page(f)
	}
	return e.config.DefaultReturn.String()
}

func (e *Engine) configuredReturn(k Kind, method string) *url.URL {
	c := e.config.Kinds[k]
	if u := c.After[method].Return; u != nil {
		return u
	}
	return c.Return
}

func (e *Engine) defaultReturn(k Kind, method string) *url.URL {
	if u := e.configuredReturn(k, method); u != nil {
		return u
	}
	return e.config.DefaultReturn
}

// withQuery sets a parameter of a URL.
func withQuery(link, name, value string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("add %s to URL: %w", name, err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
