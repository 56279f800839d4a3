package outgoing

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
)

// Auth is how a request proves who sends it.
type Auth struct {
	Type           string // "basic_auth", "api_key", or empty for none
	User, Password string // basic_auth
	Name, Value    string // api_key
	In             string // api_key: "header" or "cookie"
}

// Apply adds the proof to a request.
func (a Auth) Apply(r *http.Request) {
	switch {
	case a.Type == "basic_auth":
		r.SetBasicAuth(a.User, a.Password)
	case a.Type == "api_key" && a.In == "cookie":
		r.AddCookie(&http.Cookie{Name: a.Name, Value: a.Value})
	case a.Type == "api_key":
		r.Header.Set(a.Name, a.Value)
	}
}

// WantsForm reports whether the headers of a request say that its body is a form.
func WantsForm(headers map[string]string) bool {
	for name, value := range headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			media, _, _ := mime.ParseMediaType(value)
			return media == "application/x-www-form-urlencoded"
		}
	}
	return false
}

// Form writes the members of a JSON object as a form. The error completes "the body …".
func Form(object string) (string, error) {
	var members map[string]any
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		return "", errors.New("is not an object, which a form needs")
	}
	values := url.Values{}
	for name, value := range members {
		if text, ok := value.(string); ok {
			values.Set(name, text)
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return "", errors.New("has a value that a form can't hold")
		}
		values.Set(name, string(raw))
	}
	return values.Encode(), nil
}

// Redact returns an error of an HTTP client with the scheme and the host of its URL alone:
// path, query and user may hold keys.
func Redact(err error) error {
	failed, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	u, parseErr := url.Parse(failed.URL)
	if parseErr != nil {
		return failed.Err
	}
	return fmt.Errorf("%s://%s: %w", u.Scheme, u.Host, failed.Err)
}
