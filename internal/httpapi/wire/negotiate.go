package wire

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// AcceptsJSON reports whether the client asks for JSON by name and does not
// like HTML better. A wildcard names nothing.
func AcceptsJSON(r *http.Request) bool {
	var asJSON, asHTML float64
	for entry := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(entry))
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		switch media {
		case "application/json":
			asJSON = max(asJSON, q)
		case "text/html":
			asHTML = max(asHTML, q)
		}
	}
	return asJSON > 0 && asJSON >= asHTML
}

// SpeaksJSON reports whether an answer without a flow is to be JSON: the client
// asks for it, or its own body is JSON and nothing else is said.
func SpeaksJSON(r *http.Request) bool {
	return AcceptsJSON(r) || r.Header.Get("Content-Type") == "application/json"
}

// WithQuery returns the URL with one query parameter set and the others kept.
func WithQuery(u *url.URL, key, value string) string {
	c := *u
	q := c.Query()
	q.Set(key, value)
	c.RawQuery = q.Encode()
	return c.String()
}
