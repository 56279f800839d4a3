package webhook

import (
	"context"
	"net/http"

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
	for _, name := range h.config.Shown {
		if values := sent.Values(name); len(values) > 0 {
			headers[http.CanonicalHeaderKey(name)] = values
		}
	}
	for _, cookie := range (&http.Request{Header: sent}).Cookies() {
		if h.config.Hidden == nil || !h.config.Hidden(cookie.Name) {
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
