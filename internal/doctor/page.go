package doctor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"github.com/symbolon/symbolon/internal/secret"
)

// document is what the walk needs of a page.
type document struct {
	action string // of the form with the token
	token  string
	files  []string // stylesheets and scripts
}

// readDocument finds the form that has an anti-CSRF token, and the page's files.
func readDocument(body []byte) document {
	var d document
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return d
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "input":
			if attribute(n, "name") == "csrf_token" && d.token == "" {
				d.token, d.action = attribute(n, "value"), attribute(form(n), "action")
			}
		case "link":
			if attribute(n, "rel") == "stylesheet" {
				d.files = append(d.files, attribute(n, "href"))
			}
		case "script":
			if src := attribute(n, "src"); src != "" {
				d.files = append(d.files, src)
			}
		}
	}
	return d
}

// form is the form around an element, nil if there is none.
func form(n *html.Node) *html.Node {
	for ; n != nil; n = n.Parent {
		if n.Type == html.ElementNode && n.Data == "form" {
			return n
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// showPage opens the page that the browser was led to, and compares its form
// with the one that scripts are given.
func (w *walk) showPage(ctx context.Context) verdict {
	w.elsewhere = origin(w.flowPage) != origin(w.asked) || w.flowPage.Path != w.at("login").Path
	a, err := w.jane.get(ctx, w.flowPage, "Accept", likesHTML)
	if err != nil && w.elsewhere {
		return found("page_unreachable", "%s: %v", w.flowPage, cause(err))
	}
	if err != nil {
		return w.failed(err)
	}
	if w.elsewhere && a.status < http.StatusBadRequest {
		return fine("%s is a page of your own", origin(w.flowPage)+w.flowPage.Path)
	}
	if a.status != http.StatusOK {
		return w.noPage(a)
	}
	w.page = a
	d := readDocument(a.body)
	for _, file := range d.files {
		if u, err := w.flowPage.Parse(file); err == nil {
			w.assets = append(w.assets, u)
		}
	}
	if v := w.compareForms(d); v.code != "" {
		return v
	}
	return w.pageOfAnother(ctx)
}

// pageOfAnother makes sure that the other browser is shown its own form.
func (w *walk) pageOfAnother(ctx context.Context) verdict {
	if w.action == nil || w.othersPage == nil {
		return fine("is shown")
	}
	a, err := w.joe.get(ctx, w.othersPage, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	if shown, err := w.othersPage.Parse(readDocument(a.body).action); err == nil && shown.Query().Get("flow") == w.flowID {
		return found("answers_cached", "%s shows one browser the form of another", origin(w.flowPage)+w.flowPage.Path)
	}
	return fine("is shown, with its form")
}

// noPage judges an answer in place of the page.
func (w *walk) noPage(a *answer) verdict {
	if to := a.redirect(); to != nil && strings.HasSuffix(to.Path, "/self-service/login/browser") {
		if to.Query().Has("missed") {
			return found("token_foreign", "%s: the page misses the cookie that its form was made for", a)
		}
		return found("flow_lost", "%s for a flow that was made a moment ago", a)
	}
	code := w.unexpected(a)
	if code == "path_changed" || w.elsewhere {
		code = "page_unreachable"
	}
	return found(code, "%s", a)
}

// compareForms judges the form of a built-in page.
func (w *walk) compareForms(d document) verdict {
	if w.action == nil {
		return fine("is shown, without a password form")
	}
	if d.token == "" {
		return found("body_changed", "%s has no form with a csrf_token", w.flowPage)
	}
	shown, err := w.flowPage.Parse(d.action)
	switch {
	case err != nil:
		return found("body_changed", "the form leads to %q", d.action)
	case shown.Query().Get("flow") != w.flowID:
		return found("answers_cached", "%s shows the form of another flow", origin(w.flowPage)+w.flowPage.Path)
	case shown.String() != w.action.String():
		return found("body_changed", "the form of the page leads to %s, that of the API to %s", shown, w.action)
	}
	w.token = d.token
	return fine("is shown, with its form")
}

// pageFiles fetches what the page needs to look as it should.
func (w *walk) pageFiles(ctx context.Context) verdict {
	if w.elsewhere {
		return skip("the page is your own")
	}
	for _, file := range w.assets {
		a, err := w.jane.get(ctx, file)
		if err != nil {
			return w.failed(err)
		}
		want := "css"
		if strings.HasSuffix(file.Path, ".js") {
			want = "javascript"
		}
		if a.status != http.StatusOK || !strings.Contains(a.media(), want) {
			return found("files_missing", "%s as %q", a, a.media())
		}
	}
	return fine("%d styles and scripts are there", len(w.assets))
}

// pageHeaders looks for the headers that protect the page.
func (w *walk) pageHeaders(context.Context) verdict {
	if w.elsewhere {
		return skip("the page is your own")
	}
	var missing []string
	for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"} {
		if w.page.header.Get(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return found("headers_dropped", "%s comes without %s", w.flowPage.Path, strings.Join(missing, ", "))
	}
	if store := w.page.header.Get("Cache-Control"); !strings.Contains(store, "no-store") {
		return found("cache_control_changed", "%s comes with Cache-Control: %q", w.flowPage.Path, store)
	}
	return fine("are as the server sends them")
}

// submit sends the form with a password that is wrong, for an address that does
// not exist.
func (w *walk) submit(ctx context.Context) verdict {
	if w.action == nil {
		return skip("there is no password form")
	}
	values := url.Values{"csrf_token": {w.token}, "identifier": {unknownAddress()}, "password": {unknownAddress()}}
	a, err := w.jane.do(ctx, http.MethodPost, w.action, values.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Accept", likesHTML, "Origin", origin(w.flowPage))
	if err != nil {
		return w.failed(err)
	}
	to := a.redirect()
	switch {
	case to == nil:
		return w.formNotTaken(a)
	case to.Query().Get("error") != "":
		return w.formRefused(ctx, a, to.Query().Get("error"))
	case a.status != http.StatusFound && a.status != http.StatusSeeOther, strings.TrimSuffix(to.Path, "/") == strings.TrimSuffix(w.action.Path, "/"):
		return found("post_redirected", "POST to %s", a)
	case to.Query().Get("flow") == "":
		return found("redirect_rule", "POST to %s", a)
	}
	w.after = to
	return fine("is taken, and a wrong password is refused")
}

// formNotTaken judges an answer that leads nowhere.
func (w *walk) formNotTaken(a *answer) verdict {
	code := w.unexpected(a)
	if code == "route_blocked" {
		code = "post_blocked"
	}
	return found(code, "POST to %s", a)
}

// formRefused says why the form led to the error page.
func (w *walk) formRefused(ctx context.Context, a *answer, id string) verdict {
	to := w.at("self-service/errors")
	to.RawQuery = url.Values{"error": {id}}.Encode()
	why, err := w.jane.get(ctx, to, "Accept", likesJSON)
	if err != nil {
		return w.failed(err)
	}
	if bytes.Contains(why.body, []byte("csrf_token")) {
		return found("form_refused_csrf", "POST to %s: the token and the cookie did not arrive together", a.url)
	}
	return found("form_refused", "POST to %s: %s", a.url, excerpt(why.body))
}

// afterwards opens the page that the submission leads to.
func (w *walk) afterwards(ctx context.Context) verdict {
	if w.after == nil {
		return skip("nothing was sent")
	}
	if got, want := origin(w.after)+w.after.Path, origin(w.flowPage)+w.flowPage.Path; got != want {
		return found("redirect_rule", "the form was at %s, its answer leads to %s", want, got)
	}
	a, err := w.jane.get(ctx, w.after, "Accept", likesHTML)
	if err != nil {
		return w.failed(err)
	}
	if w.elsewhere && a.status < http.StatusBadRequest {
		return fine("leads back to your page")
	}
	if a.status != http.StatusOK {
		return w.noPage(a)
	}
	if d := readDocument(a.body); d.token == "" {
		return found("body_changed", "%s has no form with a csrf_token", w.after)
	}
	return fine("the page says what was wrong")
}

// unknownAddress is an address that no account has, and just as well a password.
func unknownAddress() string { return fmt.Sprintf("doctor-%s@example.invalid", secret.NewID()) }
