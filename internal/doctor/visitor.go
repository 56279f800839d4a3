package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// What browsers and scripts say they like.
const (
	likesHTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	likesJSON = "application/json"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// visitor is one browser, or one app. Browsers keep cookies by the rules that
// browsers have.
type visitor struct {
	http  *http.Client
	agent string
	now   func() time.Time
}

// newVisitor returns a browser, or an app where cookies is false.
func newVisitor(c Config, transport http.RoundTripper, cookies bool) *visitor {
	v := &visitor{agent: c.Agent, now: c.Now, http: &http.Client{
		Transport:     transport,
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if cookies {
		v.http.Jar = newJar()
	}
	return v
}

// newJar returns an empty jar with the rules of browsers.
func newJar() *cookiejar.Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return jar
}

// csrf returns the cookie for forms that the browser would send to a URL, empty
// if it has none.
func (v *visitor) csrf(to *url.URL) string {
	for _, c := range v.http.Jar.Cookies(to) {
		if isCSRFCookie(c.Name) {
			return c.Value
		}
	}
	return ""
}

// answer is a response that was read.
type answer struct {
	url            *url.URL
	status         int
	header         http.Header
	cookies        []*http.Cookie
	body           []byte
	sent, received time.Time
}

// bodyError says that an answer began and could not be read to its end.
type bodyError struct {
	status   int
	encoding string
	err      error
}

func (e *bodyError) Error() string {
	return fmt.Sprintf("status %d, Content-Encoding %q: %v", e.status, e.encoding, e.err)
}
func (e *bodyError) Unwrap() error { return e.err }

// get asks for a URL; headers are name, value, name, value.
func (v *visitor) get(ctx context.Context, to *url.URL, headers ...string) (*answer, error) {
	return v.do(ctx, http.MethodGet, to, "", headers...)
}

func (v *visitor) do(ctx context.Context, method string, to *url.URL, body string, headers ...string) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", v.agent)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a := &answer{url: to, sent: v.now()}
	w, err := v.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	a.received, a.status, a.header, a.cookies = v.now(), w.StatusCode, w.Header, w.Cookies()
	a.body, err = io.ReadAll(io.LimitReader(w.Body, maxAnswer))
	if err == nil && w.Header.Get("Content-Encoding") != "" {
		err = errors.New("compressed in a way that was not asked for")
	}
	if err != nil {
		return nil, &bodyError{a.status, w.Header.Get("Content-Encoding"), err}
	}
	return a, nil
}

// media is the media type of the answer without its parameters.
func (a *answer) media() string {
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(media))
}

func (a *answer) json() bool { return a.media() == "application/json" }

// redirect is where the answer leads, nil if it does not.
func (a *answer) redirect() *url.URL {
	if a.status < 300 || a.status > 399 {
		return nil
	}
	to, err := a.url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return nil
	}
	return to
}

// csrf is the cookie for forms that the answer sets, nil if it sets none.
func (a *answer) csrf() *http.Cookie {
	for _, c := range a.cookies {
		if isCSRFCookie(c.Name) {
			return c
		}
	}
	return nil
}

// fromSymbolon reports whether an answer that says "not found" looks like the
// server's own: as net/http writes it, with the Vary of the public listener.
func (a *answer) fromSymbolon() bool {
	return slices.Contains(a.header.Values("Vary"), "Cookie") && bytes.Equal(bytes.TrimSpace(a.body), []byte("404 page not found")) || a.envelope()
}

// envelope reports whether the answer is an error object of the API.
func (a *answer) envelope() bool {
	return a.json() && bytes.HasPrefix(a.body, []byte(`{"error"`))
}

// String tells of the answer in one line.
func (a *answer) String() string {
	text := fmt.Sprintf("%s answered %d", a.url, a.status)
	if to := a.header.Get("Location"); to != "" {
		text += " and leads to " + to
	}
	if server := a.header.Get("Server"); server != "" {
		text += " (Server: " + server + ")"
	}
	return text
}
