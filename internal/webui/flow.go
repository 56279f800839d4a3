package webui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/ui"
)

// flowPage is what the page of a flow shows.
type flowPage struct {
	Kind   flow.Kind
	Groups []group
	// Sections says that each group is about something of its own.
	Sections bool
	Links    []link
	Instead  link // what most people want rather than the form
	// Waiting says that something is on its way to the person; the form below
	// sends it again.
	Waiting bool
	Typing  bool   // it is a code, which is typed into the form at once
	Address string // where it was sent; empty if that is unknown
	Inbox   link   // of the provider of that address; empty if that is unknown
	Change  string // where to give another address, or choose another way; empty for nowhere
	// Said, Arrives and ChangeText are the keys of what is said around these.
	Said, Arrives, ChangeText string
	Mailbox                   string // where mail ends up, if it is not delivered
	// Done says that nothing is left to do but to go on.
	Done bool
	Next link // where to go then
	// Contents lists the sections of the settings; Sessions and Data are two of them, nil
	// for none.
	Contents []navLink
	Sessions *sessionsSection
	Data     *dataSection
	// Closing is the form that closes the account, the last section; nil for none.
	Closing *group
	Later   link // leads on without what the page offers
	// Named is the form by which the person says that they are someone else; nil for none.
	Named *named
}

// signIn is a page for people who are not signed in. People who are signed in see their
// account instead, unless the flow asks them to prove who they are again.
func (p *Pages) signIn(k flow.Kind) view {
	show := p.flow(k)
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := p.source.PageSession(r)
		if err != nil {
			return err
		}
		if s == nil || r.URL.Query().Get("refresh") == "true" {
			return show(w, r)
		}
		if r.URL.Query().Get("flow") != "" {
			result, err := p.source.PageFlow(w, r, k)
			if err == nil && result.Flow.Refresh {
				return p.showFlow(w, r, result, s)
			}
		}
		return p.alreadySignedIn(w, r, s)
	}
}

// flow is the page of a kind of flow. A flow that is missing, unknown, over or
// another person's is replaced by a fresh one.
func (p *Pages) flow(k flow.Kind) view {
	return func(w http.ResponseWriter, r *http.Request) error {
		if token := r.URL.Query().Get("token"); token != "" && (k == flow.Recovery || k == flow.Verification) {
			return p.confirm(w, r, k, token)
		}
		if r.URL.Query().Get("flow") == "" {
			p.restart(w, r, k, "")
			return nil
		}
		result, err := p.source.PageFlow(w, r, k)
		if over, ok := errors.AsType[*flow.Expired](err); ok {
			p.restart(w, r, k, over.Flow.ReturnTo)
			return nil
		}
		if errors.Is(err, errs.ErrCSRF) && !cookieMissed(result.Flow) {
			p.restartForCookie(w, r, k, result.Flow.ReturnTo)
			return nil
		}
		if startsAfresh(err) || err == nil && unusable(result.Flow) {
			p.restart(w, r, k, "")
			return nil
		}
		if err != nil {
			return err
		}
		s, err := p.source.PageSession(r)
		if err != nil {
			return err
		}
		return p.showFlow(w, r, result, s)
	}
}

func startsAfresh(err error) bool {
	if _, ok := errors.AsType[*flow.LoginRequired](err); ok {
		return true
	}
	return errors.Is(err, errs.ErrNotFound) || errors.Is(err, flow.ErrNotFlowOwner) || errors.Is(err, flow.ErrSecondFactorRequired)
}

// missed marks the start of a flow that takes the place of one whose cookie the
// browser does not have. The cookie comes with the start, at the address that the
// server is set up for; this mends a visit by another name, such as localhost.
const missed = "missed"

// cookieMissed reports whether the flow was started so. If the cookie is missing
// again the browser or a proxy drops it, and the page says so rather than try for
// ever.
func cookieMissed(f *flow.Flow) bool {
	started, err := url.Parse(f.Request)
	return err != nil || started.Query().Get(missed) == "cookie"
}

// unusable reports whether a browser can't go on with the flow: one that an app
// started has no token against forged posts.
func unusable(f *flow.Flow) bool { return f.Client == flow.API && f.State == flow.Open }

// showFlow answers the page of a flow.
func (p *Pages) showFlow(w http.ResponseWriter, r *http.Request, result flow.Result, s *session.Session) error {
	f := result.Flow
	d := p.page(r, pageFlow, string(f.Kind))
	body := &flowPage{
		Kind:     f.Kind,
		Waiting:  f.State == flow.Challenged,
		Sections: f.Kind == flow.Settings && !recovering(f) && !asksToLink(f) && !offersPasskey(f),
		Done:     f.State == flow.Passed && (f.Kind != flow.Settings || recovering(f)),
	}
	d.Body = body
	if body.Sections {
		p.accountPage(d)
	}
	if err := d.titled(heading(f)); err != nil {
		return err
	}
	if s != nil && (f.Kind == flow.Settings || f.Refresh) {
		d.Person = personName(s.Identity)
	}
	p.addWaiting(d, body, f)
	if body.Next = p.next(d, f); body.Sections && (f.ReturnTo == "" || owesFactor(f)) {
		body.Next = link{}
	}
	var err error
	if body.Links, err = p.links(d, f.Kind, f.ReturnTo, otherKinds(f)...); err != nil {
		return err
	}
	if isSecondFactor(f) || signsInAgain(f) {
		body.Links = append(body.Links, link{Text: d.first("account.other"), URL: p.source.LogoutURL().String()})
	}
	if offersPasskey(f) {
		body.Later = link{URL: p.next(d, f).URL, Text: d.first("choice.decline_link")}
	}
	if provider := f.PendingLink(); provider != "" && f.Kind == flow.Registration {
		body.Instead = p.linking(d, f, provider)
	}
	if !recovering(f) {
		d.addMessages(saidBeside(f))
	}
	if !body.Done && f.Client == flow.Browser {
		p.addForm(w, r, d, body, f)
	}
	if err := p.addSessions(w, r, d, body, s); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, d)
}

// addSessions draws where the owner of the settings is signed in.
func (p *Pages) addSessions(w http.ResponseWriter, r *http.Request, d *page, body *flowPage, s *session.Session) error {
	if !body.Sections || s == nil {
		return nil
	}
	var err error
	if body.Sessions, err = p.sessions(w, r, d, s, r.URL.Query().Get("flow")); err != nil {
		return err
	}
	if key, ok := endings[r.URL.Query().Get("ended")]; ok {
		d.Notices = append(d.Notices, notice{Text: d.first(key), Done: true})
	}
	body.Data = p.data(w, r)
	for _, g := range body.Groups {
		body.Contents = append(body.Contents, navLink{Text: g.Heading, URL: "#" + g.Anchor})
	}
	body.Contents = append(body.Contents,
		navLink{Text: d.first("sessions.title"), URL: "#sessions"}, navLink{Text: d.first("data.title"), URL: "#data"})
	if c := body.Closing; c != nil {
		body.Contents = append(body.Contents, navLink{Text: c.Heading, URL: "#" + c.Anchor})
	}
	return nil
}

// addForm draws the form of a flow onto the page.
func (p *Pages) addForm(w http.ResponseWriter, r *http.Request, d *page, body *flowPage, f *flow.Flow) {
	renderer := formRenderer{language: d.language, flow: f, username: d.Person, passwordMin: p.config.PasswordMinLength, action: p.source.Action}
	if f.Kind == flow.Login {
		p.describeIdentifier(r, &renderer)
		renderer.username = cmp.Or(renderer.username, typedAddress(&f.Form))
	}
	if renderer.username == "" {
		renderer.username = p.carriedAddress(w, r, f)
	}
	if p.config.Recovery && f.Kind == flow.Login {
		renderer.forgotten = pagekit.Link{URL: p.onward(flow.Recovery, f, "login."+f.ID), Text: d.first("link.recovery")}
	}
	groups, problems := renderer.groups(body.Sections)
	p.addWaysOut(d, f, problems)
	if len(problems) == 0 && len(d.Problems) == 0 && !body.Sections && !body.Waiting && body.Instead.URL == "" {
		focusFirst(groups)
	}
	for i := range groups {
		groups[i].Action = p.source.Action(f, groups[i].Method)
		d.targets = append(d.targets, parsed(groups[i].Action))
		d.leaves = d.leaves || groups[i].Method == "oidc"
	}
	if body.Typing = body.Waiting && slices.ContainsFunc(groups, asksForCode); body.Typing {
		p.offerOthers(body, f, len(groups) > 1)
		groups = onlyCode(groups)
		if body.Change != "" { // it is for those who have no code, so it stands behind the form
			body.Links = slices.Insert(body.Links, 0, link{Text: d.first(body.ChangeText), URL: body.Change})
			body.Change = ""
		}
		if len(problems) == 0 {
			focusFirst(groups)
		}
		if provesAddress(f) {
			fillCode(groups, r.URL.Query().Get("code"))
		}
	}
	if at := slices.IndexFunc(groups, func(g group) bool { return g.Method == "deletion" }); body.Sections && at >= 0 {
		closing := groups[at]
		body.Closing, groups = &closing, slices.Delete(groups, at, at+1)
	}
	body.Named, groups = namedGroup(f, groups)
	if !body.Sections {
		markPrimary(groups)
	}
	body.Groups, d.Problems = groups, append(d.Problems, problems...)
	d.targets = append(d.targets, parsed(f.ReturnTo))
}

func parsed(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	return u
}

// heading is the key of the texts at the top of the page of a flow.
func heading(f *flow.Flow) string {
	key := "page." + string(f.Kind)
	switch {
	case recovering(f) && f.State == flow.Passed:
		return "page.recovered_done"
	case recovering(f):
		return "page.recovered"
	case asksToLink(f):
		return "page.link"
	case offersPasskey(f):
		return "page.offer"
	case isSecondFactor(f) && f.State != flow.Challenged:
		return key + ".second"
	case f.Refresh && f.State != flow.Challenged:
		return key + ".refresh"
	case f.Kind == flow.Registration && f.MissingTraitsOf() != "" && f.PendingLink() == "":
		return key + ".more"
	case f.Kind == flow.Settings:
		return key
	case f.State == flow.Challenged:
		return key + ".waiting"
	case f.State == flow.Passed:
		return key + ".done"
	case provesAddress(f) && f.Form.Group("code") != nil:
		return key + ".code"
	}
	return key
}

// next is where to go from a flow that is done. A recovery that is done is one
// whose link was opened again: it does not sign in twice.
func (p *Pages) next(d *page, f *flow.Flow) link {
	to := link{URL: p.config.BasePath, Text: d.first("done.next."+string(f.Kind), "done.next")}
	switch {
	case f.Kind == flow.Recovery:
		to.URL = p.start(flow.Recovery, f.ReturnTo)
	case f.ReturnTo != "":
		to.URL = f.ReturnTo
	case p.config.App != nil:
		to.URL = p.config.App.String()
	}
	return to
}

// linking leads a person whose address has an account here already to sign in to it,
// which links the account at the provider.
func (p *Pages) linking(d *page, f *flow.Flow, provider string) link {
	return link{URL: p.startWith(flow.Login, "link", f.ID), Text: strings.ReplaceAll(d.first("link.provider"), "{provider}", provider)}
}

// otherKinds lists the flows that a person on this page may be looking for.
func otherKinds(f *flow.Flow) []flow.Kind {
	switch {
	case f.Kind == flow.Login && !f.Refresh && !isSecondFactor(f):
		return []flow.Kind{flow.Registration}
	case f.Kind == flow.Registration:
		return []flow.Kind{flow.Login}
	case f.Kind == flow.Recovery:
		return []flow.Kind{flow.Login}
	}
	return nil
}

// alreadySignedIn tells a signed-in visitor of a sign-in page who they are.
func (p *Pages) alreadySignedIn(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	d := p.page(r, pageKnown, "known")
	d.Person = personName(s.Identity)
	if err := d.titled("page.known"); err != nil {
		return err
	}
	d.Body = p.accountOf(d, s)
	return p.render(w, http.StatusOK, d)
}

// isHidden reports whether a node is part of a form but not of what people see.
func isHidden(n *ui.Node) bool { return n.Type == "hidden" || n.Name == ui.CSRFName }
