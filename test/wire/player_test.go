package wire

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// player sends the exchanges of one run to a server and compares the answers.
type player struct {
	clock    *clock
	contract contract
	rules    []*rule
	got      answer // the last one

	listeners map[string]string // base URL by name of the API
	client    *http.Client
	bound     bindings
	starts    map[string]request // the request that started a flow, by the flow's placeholder
	ended     map[string]bool    // placeholders of flows that have ended
	// identities are the last whole ones that an answer was expected to have, by placeholder; proved are addresses that recovery has
	// proved; invented counts placeholders that the recording lacks.
	identities map[string]map[string]any
	flows      map[string]map[string]any // the same of flows
	proved     map[string]bool
	traits     map[string]map[string]any // what profile submissions have made of an identity, by placeholder
	invented   int
	mailRules  []*mailRule
	letters    []letter          // that have come and that nothing has asked for
	links      map[string]string // the latest link by address and subject, in lower case

	server   program
	post     *postOffice
	provider *provider
	// disguise writes the addresses of stand-ins as the recording has them.
	disguise *strings.Replacer
}

// outcome is what came of one exchange.
type outcome struct {
	differences []string
	rules       []*rule // that say how the answer differs from the recorded one
	restarted   bool    // the flow had ended and was started again
}

// newPlayer starts a server of a variant, with its stand-ins, for one run.
func newPlayer(t *testing.T, variant string, rules []*rule, mail []*mailRule) *player {
	t.Helper()
	c, post := newClock(), newPostOffice(t)
	idp := newProvider(t, c.now)
	p := newPlayerOf(t, start(t, prepare(t, variant, post, idp), c), c, rules)
	p.post, p.provider, p.mailRules = post, idp, mail
	p.disguise = strings.NewReplacer(idp.url, recordedProvider, url.QueryEscape(idp.url), url.QueryEscape(recordedProvider))
	return p
}

// newPlayerOf serves the handlers on free ports of the loopback and speaks to them over the network, so that what is compared is
// what net/http really sends.
func newPlayerOf(t *testing.T, server program, c *clock, rules []*rule) *player {
	t.Helper()
	p := &player{
		clock: c, server: server, contract: newContract(t), rules: rules, listeners: map[string]string{},
		bound: bindings{}, starts: map[string]request{}, ended: map[string]bool{}, disguise: strings.NewReplacer(),
		identities: map[string]map[string]any{}, flows: map[string]map[string]any{}, links: map[string]string{}, proved: map[string]bool{}, traits: map[string]map[string]any{},
		client: &http.Client{
			Transport:     &http.Transport{DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	for api, handler := range map[string]http.Handler{"public": server.public, "admin": server.admin} {
		listener := httptest.NewServer(handler)
		t.Cleanup(listener.Close)
		p.listeners[api] = listener.URL
	}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// recordedProvider is where the recording has its provider.
const recordedProvider = "http://127.0.0.1:14444/"

// exchange plays one entry.
func (p *player) exchange(t *testing.T, e entry) outcome {
	t.Helper()
	p.clock.advance(time.Duration(e.WaitMS) * time.Millisecond)
	flow := submitted(e.Request)
	restarted := flow != "" && (e.ReusesUsedFlow || p.ended[flow])
	if restarted {
		if err := p.restart(t, flow, e.Request); err != nil {
			return outcome{differences: []string{"start the flow again: " + err.Error()}}
		}
	}
	p.returnFromProvider(e.Request)
	got, err := p.send(t, e.Request)
	if err != nil {
		return outcome{differences: []string{"send: " + err.Error()}}
	}
	if p.provider != nil {
		p.provider.visit(got.header("Location"))
	}
	want := recorded(e.Response)
	p.got = got
	applied := p.rewrite(e, &want)
	p.learn(want)
	d := p.bound.compare(want, got)
	if e.Unstable { // what could be bound is bound, but the body differs from run to run
		d = slices.DeleteFunc(d, func(line string) bool { return strings.HasPrefix(line, "body") })
	}
	d = slices.Concat(d, p.contract.judge(e.Request.Method, e.Request.Path, got), p.judgeTokens(e, got))
	p.remember(e, got)
	d = append(d, p.startWithoutReturn(t, e, got)...)
	p.collect(t)
	d = append(d, p.mailsAfter(e)...)
	return outcome{differences: d, rules: applied, restarted: restarted}
}

var callbackState = regexp.MustCompile(`/methods/oidc/callback/.*[?&]state=([^&]+)`)

// returnFromProvider tells the provider which browser is about to return.
func (p *player) returnFromProvider(r request) {
	m := callbackState.FindStringSubmatch(r.Path)
	if state, err := p.expand(r.Path); m != nil && err == nil && p.provider != nil {
		p.provider.callback(callbackState.FindStringSubmatch(state)[1])
	}
}

// rewrite lets the rules change the answer to expect, and tells which did.
func (p *player) rewrite(e entry, want *answer) []*rule {
	var applied []*rule
	for _, r := range p.rules {
		if r.rewrite(p, e, want) {
			r.applied.Store(true)
			applied = append(applied, r)
		}
	}
	return applied
}

var (
	flowStart  = regexp.MustCompile(`^/self-service/(?:login|registration|recovery|verification)/(?:api|browser)(?:\?|$)`)
	flowSubmit = regexp.MustCompile(`^/self-service/(?:login|registration)/methods/[a-z]+\?flow=(\{\{id\.\d+\}\})$`)
	flowInURL  = regexp.MustCompile(`[?&]flow=(\{\{id\.\d+\}\})`)
)

// submitted is the placeholder of the login or registration flow that a request submits, or "".
func submitted(r request) string {
	if m := flowSubmit.FindStringSubmatch(r.Path); m != nil && r.Method == http.MethodPost {
		return m[1]
	}
	return ""
}

// remember keeps what later exchanges need to know: how a flow was started, and that it has ended. A login or registration flow
// ends at success (decision 2), which may be earlier than in the recording.
func (p *player) remember(e entry, got answer) {
	if flow := submitted(e.Request); flow != "" {
		location := got.header("Location")
		p.ended[flow] = got.status == http.StatusOK ||
			got.status == http.StatusFound && !strings.Contains(location, "flow=") && !strings.Contains(location, "error=")
	}
	if !flowStart.MatchString(e.Request.Path) {
		return
	}
	want := recorded(e.Response)
	if o, ok := want.value.(map[string]any); ok && want.status == http.StatusOK {
		p.starts[fmt.Sprint(o["id"])] = e.Request
	} else if m := flowInURL.FindStringSubmatch(want.header("Location")); m != nil {
		p.starts[m[1]] = e.Request
	}
}

// restart starts a flow like the one that has ended and gives its placeholder the new id. Sessions are left out of the request,
// for a signed-in person can not start a flow to sign in.
func (p *player) restart(t *testing.T, flow string, submit request) error {
	t.Helper()
	start, ok := p.starts[flow]
	if !ok {
		return fmt.Errorf("no request is known that started %s", flow)
	}
	start.Headers = map[string]string{}
	for cookie := range strings.SplitSeq(submit.Headers["Cookie"], "; ") {
		if strings.HasPrefix(cookie, "csrf_token=") {
			start.Headers["Cookie"] = cookie
		}
	}
	got, err := p.send(t, start)
	if err != nil {
		return err
	}
	p.ended[flow] = false
	return p.bindFlow(flow, got)
}

// startWithoutReturn starts a flow once more where it was refused for its return_to (decision 6), so that what follows has a flow.
func (p *player) startWithoutReturn(t *testing.T, e entry, got answer) []string {
	t.Helper()
	path, query, _ := strings.Cut(e.Request.Path, "?")
	flow := flowInURL.FindStringSubmatch(recorded(e.Response).header("Location"))
	if flow == nil || !browserStart.MatchString(path) || !strings.Contains(query, "return_to=") || !strings.Contains(got.header("Location"), "error=") {
		return nil
	}
	again := e.Request
	again.Path = path
	for _, h := range got.headers {
		if cookie, _, _ := strings.Cut(h[1], ";"); h[0] == "Set-Cookie" && strings.HasPrefix(cookie, "csrf_token=") {
			again.Headers = map[string]string{"Cookie": cookie}
		}
	}
	got, err := p.send(t, again)
	if err == nil {
		err = p.bindFlow(flow[1], got)
	}
	if err != nil {
		return []string{"start without return_to: " + err.Error()}
	}
	p.starts[flow[1]] = again
	return nil
}

// bindFlow gives a placeholder the id of the flow that an answer to a start names.
func (p *player) bindFlow(flow string, got answer) error {
	id := ""
	if o, ok := got.value.(map[string]any); ok {
		id = fmt.Sprint(o["id"])
	} else if location, err := url.Parse(got.header("Location")); err == nil {
		id = location.Query().Get("flow")
	}
	delete(p.bound, strings.Trim(flow, "{}"))
	return p.bound.match(flow, id)
}

// judgeTokens checks that each form token of an answer belongs to the csrf cookie of the browser that gets it.
func (p *player) judgeTokens(e entry, got answer) []string {
	if e.Request.API != "public" {
		return nil
	}
	cookie := ""
	if m := csrfCookie.FindStringSubmatch(e.Request.Headers["Cookie"]); m != nil {
		cookie = p.csrf(m[1])
	}
	for _, h := range got.headers {
		if value, ok := strings.CutPrefix(h[1], "csrf_token="); ok && h[0] == "Set-Cookie" {
			cookie, _, _ = strings.Cut(value, ";")
		}
	}
	var d []string
	eachField(got.value, func(field map[string]any) {
		if value, _ := field["value"].(string); field["name"] == "csrf_token" && value != "" && unmask(value) != cookie {
			d = append(d, fmt.Sprintf("the form token %s is not one of the csrf cookie %q", value, cookie))
		}
	})
	return d
}

// eachField visits the form fields in a body.
func eachField(value any, visit func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		if fields, ok := value["fields"].([]any); ok {
			for _, f := range fields {
				if f, ok := f.(map[string]any); ok {
					visit(f)
				}
			}
		}
		for _, member := range value {
			eachField(member, visit)
		}
	case []any:
		for _, element := range value {
			eachField(element, visit)
		}
	}
}
