package deploy

import (
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The nginx configuration of docs/your-app.md leads a stranger to sign in and back.
func TestYourApp_nginx(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/your-app.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```nginx\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/your-app.md has no nginx configuration")
	}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "user %s", r.Header.Get("X-User-Id")) }))
	t.Cleanup(behind.Close)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	self := free.Addr().String()
	_ = free.Close()
	block = strings.NewReplacer("127.0.0.1:3000", self, "127.0.0.1:4433", "127.0.0.1:{port}", "127.0.0.1:8000", behind.Listener.Addr().String()).Replace(block)
	_, c := deploy(t, plan{outside: block, settings: []string{"SELFSERVICE_WHITELISTED_RETURN_URLS=http://" + self + "/"}})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	read(t, browser.Get, c.URL.String()) // waits until nginx serves
	login := read(t, browser.Get, "http://"+self+"/cart")
	up := regexp.MustCompile(`href="([^"]*registration/browser[^"]*)"`).FindStringSubmatch(login)
	if up == nil {
		t.Fatalf("a stranger is not led to sign in: %s", login)
	}
	form := field.FindAllStringSubmatch(read(t, browser.Get, html.UnescapeString(up[1])), 2)
	sent := url.Values{"csrf_token": {html.UnescapeString(form[1][2])}, "traits.email": {"jane@example.org"}, "password": {"correct horse 1 battery"}}
	shown := read(t, func(to string) (*http.Response, error) { return browser.PostForm(to, sent) }, html.UnescapeString(form[0][2]))
	if !regexp.MustCompile(`^user [0-9a-f-]{36}$`).MatchString(shown) {
		t.Errorf("the application behind %s shows %s", c.URL, shown)
	}
}
