package deploy

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var field = regexp.MustCompile(`(action|name="csrf_token" value)="([^"]+)"`)

// The page that a person sees explains what the doctor tells the operator.
func TestThePageExplainsCookieTrouble(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		location, says string
	}{
		"Cookie is stripped":     {right + ` proxy_set_header Cookie "";`, "sent no cookie at all"},
		"Set-Cookie is stripped": {right + " proxy_hide_header Set-Cookie;", "sent no cookie at all"},
		"a wrong cookie domain":  {right + " proxy_cookie_domain 127.0.0.1 auth.example.org;", "sent no cookie at all"},
		"forms without cookies":  {right + ` set $cookies $http_cookie; if ($request_method = POST) { set $cookies ""; } proxy_set_header Cookie $cookies;`, "a proxy removes them"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, config := deploy(t, plan{location: c.location})
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			browser := &http.Client{Jar: jar} // goes where redirects lead
			page := read(t, browser.Get, config.URL.JoinPath("self-service/login/browser").String())
			if found := field.FindAllStringSubmatch(page, 2); len(found) == 2 {
				values := url.Values{"csrf_token": {html.UnescapeString(found[1][2])}, "identifier": {"unknown@example.invalid"}, "password": {"x"}}
				page = read(t, func(to string) (*http.Response, error) { return browser.PostForm(to, values) }, html.UnescapeString(found[0][2]))
			}
			if !strings.Contains(page, "This page was open too long") || !strings.Contains(page, c.says) {
				t.Errorf("the page does not say %q:\n%s", c.says, page)
			}
			if strings.Contains(page, "You came by") {
				t.Errorf("the page blames the address:\n%s", page)
			}
		})
	}
}

func read(t *testing.T, ask func(string) (*http.Response, error), target string) string {
	t.Helper()
	w, err := ask(target)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
