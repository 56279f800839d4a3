package webhook

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// shown is ctx: what the program that makes the body is given, as v26 has it.
func (h *Hook) shown(ctx context.Context, c flow.HookCall) (map[string]any, error) {
	out, err := h.shapes.Context(c)
	if err != nil {
		return nil, err
	}
	r := reqctx.From(ctx)
	sent := http.Header(r.Header)
	headers, cookies := map[string][]string{}, map[string]string{}
	left := maxShown
	fits := func(texts ...string) bool { // leaves out what is too long
		size := len(strings.Join(texts, ""))
		if size > left {
			return false
		}
		left -= size
		return true
	}
	for _, name := range h.config.Shown {
		values := sent.Values(name)
		if http.CanonicalHeaderKey(name) == "Referer" {
			values = slices.Clone(values)
			for i := range values {
				values[i] = flow.WithoutSecrets(values[i])
			}
		}
		if len(values) > 0 && fits(values...) {
			headers[http.CanonicalHeaderKey(name)] = values
		}
	}
	left = maxShown
	for _, cookie := range (&http.Request{Header: sent}).Cookies() {
		if (h.config.Hidden == nil || !h.config.Hidden(cookie.Name)) && fits(cookie.Name, cookie.Value) {
			cookies[cookie.Name] = cookie.Value
		}
	}
	out["request_headers"], out["request_cookies"] = headers, cookies
	out["request_method"], out["request_url"] = r.Method, c.URL
	if shown, ok := out["flow"].(map[string]any); ok && c.Transient != nil {
		shown["transient_payload"] = c.Transient
	}
	return out, nil
}
