package wire

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// hosts are the names the recording knows the listeners by.
var hosts = map[string]string{"public": "127.0.0.1:14433", "admin": "127.0.0.1:14434"}

// send makes a request of the recording and reads its answer.
func (p *player) send(t *testing.T, r request) (answer, error) {
	t.Helper()
	req, err := p.request(t, r)
	if err != nil {
		return answer{}, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	got := received(resp, p.disguise.Replace(string(body)))
	for i := range got.headers {
		got.headers[i][1] = p.disguise.Replace(got.headers[i][1])
	}
	return got, nil
}

func (p *player) request(t *testing.T, r request) (*http.Request, error) {
	t.Helper()
	target, err := p.expand(r.Path)
	if err != nil {
		return nil, err
	}
	body, err := p.body(r)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, p.listeners[r.API], body)
	if err != nil {
		return nil, err
	}
	req.URL.Path, req.URL.RawQuery, _ = strings.Cut(target, "?") // as they are, with double slashes and %00
	req.Host = hosts[r.API]
	for name, value := range r.Headers {
		if name == "Cookie" {
			p.holdCSRF(value)
		}
		if value, err = p.expand(value); err != nil {
			return nil, fmt.Errorf("header %s: %w", name, err)
		}
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

func (p *player) body(r request) (io.Reader, error) {
	if r.Form == nil && r.Body == "" {
		return nil, nil
	}
	if r.Form == nil {
		body, err := p.expand(r.Body)
		return strings.NewReader(body), err
	}
	pairs := make([]string, len(r.Form))
	for i, pair := range r.Form {
		value, err := p.expand(pair[1])
		if err != nil {
			return nil, fmt.Errorf("form field %s: %w", pair[0], err)
		}
		pairs[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(value)
	}
	return strings.NewReader(strings.Join(pairs, "&")), nil
}

var (
	csrfCookie = regexp.MustCompile(`csrf_token=\{\{(csrf\.\d+)\}\}`)
	maskedCSRF = regexp.MustCompile(`\{\{masked (csrf\.\d+)\}\}`)
)

// expand writes a text of the recording with the values of this run. All placeholders must have one.
func (p *player) expand(text string) (string, error) {
	text = maskedCSRF.ReplaceAllStringFunc(text, func(m string) string {
		return mask(p.csrf(maskedCSRF.FindStringSubmatch(m)[1]))
	})
	out, unbound := p.bound.expand(text)
	if unbound != nil {
		return "", fmt.Errorf("no answer has given a value to %v", unbound)
	}
	return out, nil
}

// holdCSRF gives a value to the csrf cookie in a Cookie header of the recording.
func (p *player) holdCSRF(cookies string) {
	if m := csrfCookie.FindStringSubmatch(cookies); m != nil {
		p.csrf(m[1])
	}
}

// csrf returns the value of a csrf cookie. Where the recording has one that this server had no reason to set (decision 5), the
// client holds one all the same, which the server gives it here: values that it did not issue count for nothing (decision 33).
func (p *player) csrf(name string) string {
	if _, ok := p.bound[name]; !ok {
		answer, err := p.client.Get(p.listeners["public"] + "/self-service/login/browser")
		if err != nil {
			return ""
		}
		_ = answer.Body.Close()
		for _, c := range answer.Cookies() {
			if c.Name == "csrf_token" {
				p.bound[name] = c.Value
			}
		}
	}
	return p.bound[name]
}

// mask is a form token of a csrf cookie: a random key, and the cookie's bytes under that key.
func mask(cookie string) string {
	value, _ := base64.StdEncoding.DecodeString(cookie)
	token := make([]byte, 2*len(value))
	_, _ = rand.Read(token[:len(value)])
	for i, b := range value {
		token[len(value)+i] = token[i] ^ b
	}
	return base64.StdEncoding.EncodeToString(token)
}

// unmask is the csrf cookie that a form token belongs to.
func unmask(token string) string {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(raw) != 64 {
		return ""
	}
	for i := range 32 {
		raw[32+i] ^= raw[i]
	}
	return base64.StdEncoding.EncodeToString(raw[32:])
}
