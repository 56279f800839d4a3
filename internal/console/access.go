package console

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/event"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// handler is an http.Handler that may fail; what it returns is shown as a page.
type handler func(http.ResponseWriter, *http.Request) error

// signedInFor is how long an operator stays signed in, from signing in.
const signedInFor = 8 * time.Hour

// cookieName names the cookie of an operator. Ports share cookies, so it differs
// from those of people.
const cookieName = "symbolon_console"

// maxForm bounds a form, in bytes. Traits are the largest thing in one.
const maxForm = 1 << 20

// guard serves a page to operators alone; post is nil where nothing is changed.
func (o *Console) guard(get, post handler) http.Handler {
	return o.open(o.operators(get), o.operators(post))
}

// operators sends everyone else to the sign-in page, and lets those who only read change
// nothing.
func (o *Console) operators(h handler) handler {
	if h == nil {
		return nil
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := o.operator(r)
		if err != nil {
			return err
		}
		if who == nil {
			return o.askToSignIn(w, r)
		}
		if r.Method == http.MethodPost && who.Role != Write {
			return errReadOnly
		}
		// What follows is recorded under this name, in the transaction of the effect.
		event.From(r.Context()).Operator = "console:" + who.Name
		return h(w, r.WithContext(context.WithValue(r.Context(), operatorKey{}, *who)))
	}
}

var errReadOnly = &refusal{http.StatusForbidden, "You may look, but not change anything", "Your role is read. Ask for the role write in serve.admin.console.operators if you need it."}

// open serves a page to every client that reaches the listener.
func (o *Console) open(get, post handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := get
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			h = post
		default:
			h = nil
		}
		err := o.admit(r)
		if err == nil && h == nil {
			err = errMethod
		}
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			err = h(w, r)
		}
		if err != nil {
			o.fail(w, r, err)
		}
	})
}

// admit turns away host names that another site points at this machine (DNS rebinding),
// and requests that change something and come from pages of other sites.
func (o *Console) admit(r *http.Request) error {
	if !o.config.Named(r.Host) {
		return &refusal{
			http.StatusMisdirectedRequest, "This name is not known here",
			"The console answers to addresses, to localhost and to the host of serve.admin.base_url. Set that if this name is right.",
		}
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return &refusal{
			http.StatusForbidden, "This did not come from the console",
			"A page of another site has sent this request, so nothing was changed. If a proxy stands in front of the console, it has to pass the Host header on.",
		}
	}
	return nil
}

// setCookie keeps an operator signed in; no value signs out.
func (o *Console) setCookie(w http.ResponseWriter, value string) {
	age := int(signedInFor.Seconds())
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: o.base, MaxAge: age,
		HttpOnly: true, Secure: o.config.URL.Scheme == "https", SameSite: http.SameSiteStrictMode,
	})
}

// askToSignIn leads to the sign-in page and from there back to a page. What was
// to be changed is lost: it has to be asked for again.
func (o *Console) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	to := o.at("sign-in")
	if r.Method == http.MethodGet && r.URL.Path != "/console" {
		to += "?" + url.Values{"to": {strings.TrimPrefix(r.URL.RequestURI(), "/console")}}.Encode()
	}
	return o.redirect(w, to)
}

// signInBody is the sign-in page.
type signInBody struct {
	To                     string
	Named, Token, Password bool // what is asked for
	Name                   string
	Wrong                  string
}

func (o *Console) signInForm(w http.ResponseWriter, r *http.Request) error {
	who, err := o.operator(r)
	if err != nil {
		return err
	}
	if who != nil {
		return o.redirect(w, o.base)
	}
	return o.showSignIn(w, http.StatusOK, r.URL.Query().Get("to"), "", "")
}

func (o *Console) showSignIn(w http.ResponseWriter, status int, to, name, wrong string) error {
	p := o.page(pageSignIn, "Sign in to the console")
	p.SignOut, p.Nav = false, nil
	p.Body = signInBody{
		To: to, Named: len(o.config.Operators) > 0, Token: o.config.Token != "", Password: o.config.Password != "", Name: name, Wrong: wrong,
	}
	return o.write(w, status, p)
}

// signIn checks what was typed. Each address has a few attempts.
func (o *Console) signIn(w http.ResponseWriter, r *http.Request) error {
	if !o.locked() {
		return o.redirect(w, o.base)
	}
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	if o.config.URL.Scheme == "https" && overPlainHTTP(r) {
		return errPlainHTTP
	}
	to, name := r.PostForm.Get("to"), strings.TrimSpace(r.PostForm.Get("name"))
	refund, wait, ok := o.Limiter.ChargeOperator(reqctx.From(r.Context()).Address)
	if !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return o.showSignIn(w, http.StatusTooManyRequests, to, name, fmt.Sprintf("Too many attempts. Try again in %s.", roundedUp(wait)))
	}
	who, err := o.authenticate(r.Context(), name, r.PostForm.Get("secret"))
	if err != nil {
		return err
	}
	if who == nil {
		reqctx.Note(r.Context(), slog.String("action", "operator.sign_in_failed"))
		return o.showSignIn(w, http.StatusUnauthorized, to, name, "That is wrong. Check for missing characters and for spaces.")
	}
	refund()
	r = r.WithContext(context.WithValue(r.Context(), operatorKey{}, *who))
	if err := o.record(r, "operator.signed_in", ""); err != nil {
		return err
	}
	o.setCookie(w, o.cookieValue(who, o.Now().Add(signedInFor)))
	return o.redirect(w, o.pagePath(to))
}

// errPlainHTTP explains why the browser would not keep the cookie, in place of a sign-in page
// that comes back without a word.
var errPlainHTTP = &refusal{
	http.StatusBadRequest, "Your browser would not keep you signed in",
	"You have come by an address that starts with http://, but serve.admin.base_url says https:// or was guessed to, so the cookie is one that browsers keep for https:// alone. Come by https://, or set serve.admin.base_url to the address you use.",
}

// overPlainHTTP reports whether a form came over http from another machine. Browsers keep
// Secure cookies of their own machine over http, too.
func overPlainHTTP(r *http.Request) bool {
	from, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || from.Scheme != "http" {
		return false
	}
	address, err := netip.ParseAddr(from.Hostname())
	return from.Hostname() != "localhost" && (err != nil || !address.IsLoopback())
}

// pagePath returns the page of the console that a path below it names, the overview
// if it names none.
func (o *Console) pagePath(page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(page, "\\\r\n") {
		return o.base
	}
	return (&url.URL{Path: strings.TrimSuffix(o.base+path.Clean(u.Path), "/"), RawQuery: u.RawQuery}).RequestURI()
}

// signOut ends what a cookie stands for, here and in the browser.
func (o *Console) signOut(w http.ResponseWriter, r *http.Request) error {
	if id, until, who := o.cookie(r); who != nil {
		if err := o.SignOuts.SignOut(r.Context(), id, until); err != nil {
			return err
		}
	}
	o.setCookie(w, "")
	return o.redirect(w, o.at("sign-in"))
}

func (o *Console) toOverview(w http.ResponseWriter, _ *http.Request) error {
	return o.redirect(w, o.base)
}
