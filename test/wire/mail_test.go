package wire

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// letter is a mail as its reader sees it.
type letter struct {
	to      string
	subject string
	link    string // the URL to follow, "" where there is none
}

func (l letter) String() string { return l.to + ": " + l.subject }

// mailRule is one difference between the mails that are sent and those recorded, on purpose.
type mailRule struct {
	source, reason string
	// after names the exchanges that each send a mail which the recording lacks.
	after *regexp.Regexp
	// run and recorded, "address: subject", name recorded mails, as many as count, that are not sent.
	run, recorded string
	count         int32
	// instead is what is sent; it may be nothing. Its link is bound to the recorded placeholder, if there is one.
	instead letter
	applied atomic.Int32
}

const (
	verifySubject  = "Please verify your email address"
	recoverSubject = "Recover access to your account"
	noticeSubject  = "Your sign-in details have changed"
)

// newMailRules lists the differences in mail.
func newMailRules() []*mailRule {
	sends := func(source, reason, names, to, subject string) *mailRule {
		return &mailRule{source: source, reason: reason, after: regexp.MustCompile("^(?:" + names + ")$"), instead: letter{to: to, subject: subject}}
	}
	unchanged := func(run, to string, count int32) *mailRule {
		return &mailRule{
			source: "surprises 2.12", reason: "an address that has not changed gets no new mail",
			run: run, recorded: to + ": " + verifySubject, count: count,
		}
	}
	inOtherCase := func(recorded, subject string) *mailRule {
		return &mailRule{
			source: "surprises 3.2", reason: "addresses are compared in lower case",
			run: "extra", recorded: "mixed.case@example.org: " + recorded, count: 1, instead: letter{to: "Mixed.Case@Example.org", subject: subject},
		}
	}
	const (
		password = `completeSelfServiceSettingsFlowWithPasswordMethod\.browser\.`
		recovery = `completeSelfServiceRecoveryFlowWithLinkMethod\.`
		told     = "the owner learns of new sign-in details"
	)
	return []*mailRule{
		unchanged("main-2", "Settings@Example.org", 2), unchanged("main-2", "settings@example.org", 3), unchanged("expiry", "exp@example.org", 1),
		unchanged("privileged", "priv@example.org", 1), unchanged("returnurls", "ret@example.org", 2), unchanged("oidc", "pw.user@example.org", 1),
		inOtherCase("Account access attempted", recoverSubject), inOtherCase("Someone tried to verify this email address", verifySubject),
		sends("compatibility", told, password+`ok(\.accept-json)?`, "Settings@Example.org", noticeSubject),
		sends("compatibility", told, password+`ok\.(bad-)?return_to`, "settings@example.org", noticeSubject),
		sends("compatibility", told, `returnurls\.settings\.password`, "ret@example.org", noticeSubject),
		sends("compatibility", told, password+`not-privileged\.resume`, "priv@example.org", noticeSubject),
		sends("compatibility", told, connections+`(link|link-second)\.callback|`+connections+`unlink\.ok`, "pw.user@example.org", noticeSubject),
		sends("compatibility", "the owner learns of a new address", `completeSelfServiceSettingsFlowWithProfileMethod\.browser\.not-privileged\.resume`,
			"priv@example.org", "Your email address was changed"),
		sends("compatibility", told, `imported\.set-password`, "imported@example.org", noticeSubject),
		sends("surprises 1.4", "multipart bodies are read", `completeSelfServiceRegistrationFlowWithPasswordMethod\.browser\.multipart`, "multi@example.org", verifySubject),
		sends("surprises 1.1", "the flow judges the token and the cookie, as everywhere", recovery+`browser\.json-body-no-header`, "settings@example.org", recoverSubject),
		sends("surprises 1.1", "API flows can be submitted", recovery+`api\.(ok-attempt-json|form)`, "settings@example.org", recoverSubject),
		sends("surprises 1.1", "API flows can be submitted", `completeSelfServiceVerificationFlowWithLinkMethod\.api\.ok-attempt-json`, "settings@example.org", verifySubject),
		sends("decision 19", "the mail is sent at once, not after the recording has looked", `hibp-offline-lenient\.registration\.browser`, "h2@example.org", verifySubject),
	}
}

// collect delivers what is due and puts it to the letters that were not asked for yet. It is called after each exchange, so that
// they are in the order they were written in.
func (p *player) collect(t *testing.T) {
	t.Helper()
	if p.server.deliver == nil {
		return
	}
	for sent := 1; sent > 0; {
		var err error
		if sent, err = p.server.deliver(t.Context()); err != nil {
			t.Fatalf("deliver mail: %v", err)
		}
	}
	p.letters = append(p.letters, p.post.take()...)
}

// open takes a letter off the pile and binds its link to the recorded one.
func (p *player) open(want letter) bool {
	at := slices.IndexFunc(p.letters, func(l letter) bool {
		return l.String() == want.String() && (want.link == anyLink || p.bound.match(want.link, l.link) == nil)
	})
	if at < 0 {
		return false
	}
	p.links[strings.ToLower(want.String())] = p.letters[at].link
	p.letters = slices.Delete(p.letters, at, at+1)
	return true
}

// anyLink stands for a link that nothing refers to.
const anyLink = "any"

// mailsAfter takes the mails of an exchange that the recording lacks.
func (p *player) mailsAfter(e entry) []string {
	var d []string
	for _, r := range p.mailRules {
		if r.after == nil || !r.after.MatchString(e.Name) {
			continue
		}
		r.applied.Add(1)
		want := r.instead
		want.link = anyLink
		if !p.open(want) {
			d = append(d, "no mail came to "+want.String())
		}
	}
	return d
}

// mails compares the mails that have come since the last comparison with those recorded. Their order among themselves does not
// count, for several workers may send them.
func (p *player) mails(t *testing.T, recorded []entry) {
	t.Helper()
	for _, e := range recorded {
		want := letter{to: strings.Join(e.To, ","), subject: e.Subject, link: e.Link}
		if !p.open(want) && !p.replaced(e.Run, want) {
			t.Errorf("no mail came to %s", want)
		}
	}
	for _, l := range p.letters {
		t.Errorf("an unexpected mail came to %s", l)
	}
	p.letters = nil
}

// replaced tells whether a recorded mail is missing on purpose. Its link is then that of the mail that came instead or before.
func (p *player) replaced(run string, want letter) bool {
	for _, r := range p.mailRules {
		if r.run != run || r.recorded != want.String() || r.applied.Load() == r.count {
			continue
		}
		r.applied.Add(1)
		if r.instead.to == "" {
			return p.bound.match(want.link, p.links[strings.ToLower(want.String())]) == nil
		}
		instead := r.instead
		if instead.link = want.link; instead.link == "" {
			instead.link = anyLink
		}
		return p.open(instead)
	}
	return false
}
