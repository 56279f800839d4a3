package flow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/session"
)

// judged is what a method established about a checked submission, and the draft
// that its effect stores.
type judged struct {
	checked
	identity *identity.Identity // whom the flow is about; nil while unknown
	fact     Fact
	draft    *identity.Draft  // nil for facts that store none
	link     *ExternalAccount // the external account that a sign-in links; nil for none
	links    string           // the method of that account if the login announced the link; empty otherwise
	attempts *attempts
	// rests is what the decision rested on; apply looks at it again.
	rests conditions
	// noticed are the addresses whose mails about a change are counted.
	noticed []identity.Address
	// next is the flow that a recovery or a taken identifier leads to, if hooks have seen it.
	next *Flow
	// holds: mails wait in held until hooks let the effect pass.
	holds bool
	held  []courier.Message
	// imagined: the effect made no identity, and its result only looks so.
	imagined bool
}

// conditions are what must still hold when the effect happens.
type conditions struct {
	privileged bool        // the session was authenticated recently enough
	level      session.AAL // the session's level
	// unproven: no address of the identity is proven, and the mails that ask for one are
	// counted.
	unproven bool
}

// judge lets the method make a fact of the submission. It calls out and hashes, so
// no transaction is open.
func (e *Engine) judge(ctx context.Context, c checked) (*judged, error) {
	view, err := e.view(ctx, c.flow, c.caller, c.method)
	if err != nil {
		return nil, err
	}
	j := &judged{checked: c, identity: view.Identity, attempts: e.attempts(c)}
	if err := e.permit(ctx, j, c.step.Privileged); err != nil {
		return nil, err
	}
	s := Submission{
		View: view, Input: c.input, Redeemed: c.redeemed, Callback: c.callback, Providers: c.caller.Providers,
		drafts: e.drafter(c.flow), attempts: j.attempts, told: c.told, recovers: e.mayRecover, signsIn: e.maySignIn,
	}
	if j.fact, err = c.step.Submit(ctx, s); c.again != "" {
		err = e.provedAgain(ctx, j, err)
	}
	if err != nil {
		return nil, err
	}
	if err := e.sendAtOnce(ctx, j, s); err != nil {
		return nil, err
	}
	if err := e.adapt(ctx, j); err != nil {
		return nil, err
	}
	return j, e.prepare(ctx, j, s.drafts)
}

// provedAgain lets the same proof alone come again to a login that is finished, while the
// session lives that the login has made. To everything else the flow is over, and a code can
// be guessed once. Of codes that were sent at once one counts.
func (e *Engine) provedAgain(ctx context.Context, j *judged, err error) error {
	wrong, rejected := errors.AsType[*Rejected](err)
	if err != nil && !rejected {
		return err
	}
	proof, ok := j.fact.(Authenticated)
	if at := j.flow.ExpiresAt; err == nil && ok && (proof.Again == nil || j.began.Truncate(time.Microsecond).After(at)) {
		if lives, err := e.livesAsMade(ctx, j.again, proof.Identity.ID, proof.Factor); lives || err != nil {
			return err
		}
	}
	if rejected && wrong.Memory != nil {
		f := j.flow.clone()
		delete(f.Private, j.method)
		if err := e.store.SaveFlow(ctx, f); err != nil {
			return err
		}
	}
	if over := e.checkLifetime(ctx, j.checked); over != nil {
		return over
	}
	return errSessionChanged
}

// livesAsMade reports whether the session that a login has made lives and is worth no more than
// the factor: a person who proves that one alone must not get what a second factor has added since.
func (e *Engine) livesAsMade(ctx context.Context, sessionID, ownerID string, f session.Factor) (bool, error) {
	made, err := e.sessions.Lock(ctx, sessionID)
	if errors.Is(err, session.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return made.IdentityID == ownerID && (made.AAL() < session.AAL2 || f.MultiFactor), nil
}

func (e *Engine) attempts(c checked) *attempts {
	return &attempts{limiter: e.limiter, client: c.flow.Client, devices: c.caller.Devices, hidden: e.config.HideExisting}
}

// view is what a step may look at of a flow.
func (e *Engine) view(ctx context.Context, f *Flow, c Caller, method string) (View, error) {
	v := View{Flow: f, Session: c.Session, method: method}
	var err error
	if v.Identity, err = e.about(ctx, f, c); err != nil || v.Identity == nil {
		return v, err
	}
	return v, e.addCredentials(ctx, &v)
}

func (e *Engine) addCredentials(ctx context.Context, v *View) error {
	var err error
	if v.Credentials, err = e.identities.Credentials(ctx, v.Identity.ID); err != nil {
		return err
	}
	v.FirstFactors = e.countFactors(v.Identity, v.Credentials, Browser).First
	return nil
}

// about returns the identity that a flow is about: the owner of settings, the
// person who signs in again or with a second factor; nil until the
// person has proved who they are.
func (e *Engine) about(ctx context.Context, f *Flow, c Caller) (*identity.Identity, error) {
	if c.Session == nil || f.Kind != Settings && !f.forSignedIn() {
		return nil, nil
	}
	f.IdentityID = c.Session.IdentityID
	return e.identities.ByID(ctx, f.IdentityID)
}

// permit refuses a change that needs a younger session or one of a higher level,
// and notes what the effect must find unchanged. protected changes are those of
// credentials, addresses and identifiers: a person who has a second factor needs it for
// them, even if the configuration asks for less in settings (NIST SP 800-63B-4, 4.1.2.1).
func (e *Engine) permit(ctx context.Context, j *judged, protected bool) error {
	if j.flow.Kind != Settings {
		return nil
	}
	need, err := e.settingsLevel(ctx, j.identity, j.flow.Client, protected)
	if err != nil {
		return err
	}
	j.rests = conditions{privileged: j.rests.privileged || protected, level: max(j.rests.level, need)}
	return e.holds(ctx, j, j.caller.Session)
}

// holds reports whether a session fulfils what a decision rests on; the error says
// how to get one that does.
func (e *Engine) holds(ctx context.Context, j *judged, s *session.Session) error {
	switch {
	case s.AAL() < j.rests.level:
		return e.holdSubmission(ctx, j.checked, j.rests.level)
	case j.rests.privileged && !e.privileged(s):
		return e.holdSubmission(ctx, j.checked, session.AAL1)
	}
	return nil
}

// privileged reports whether the credentials were proved recently enough to change
// them.
func (e *Engine) privileged(s *session.Session) bool {
	return e.now().Before(s.AuthenticatedAt.Add(e.config.PrivilegedAge))
}

// adapt moves to the kind whose effect the fact needs, and sets what a factor is
// worth: the step's role decides, not the method.
func (e *Engine) adapt(ctx context.Context, j *judged) error {
	rank := j.step.Role.Rank()
	switch fact := j.fact.(type) {
	case Authenticated:
		fact.Factor.AAL = rank
		j.fact = fact
	case ProvedAddress:
		fact.Factor.AAL = session.AAL1
		j.fact = fact
	case ProvedExternalAccount:
		fact.Factor.AAL = session.AAL1
		j.fact = fact
	case NewCredential:
		fact.Factor.AAL = e.loginRank(j.method)
		j.fact = fact
	}
	k := kindAfter(j.flow, j.fact)
	if k == j.flow.Kind && !registersForApp(j) {
		return nil
	}
	next, err := e.switchKind(ctx, j, k)
	if err != nil {
		return err
	}
	j.flow, j.identity = next, nil
	j.step, _ = e.stepFor(next, j.method)
	return nil
}

// registersForApp reports whether a browser has come back for an app and brings a newcomer. The
// registration then goes on in a flow of which that browser alone learns: the person in it may
// not be the one who started the app's, and must not be read there.
func registersForApp(j *judged) bool {
	_, newcomer := j.fact.(ProvedExternalAccount)
	return newcomer && j.flow.Kind == Registration && j.flow.Client == API && j.callback != nil
}

// kindAfter returns the kind whose effect a fact needs: an external account that
// no identity has registers a new one, and one that an identity has signs it in.
func kindAfter(f *Flow, fact Fact) Kind {
	switch fact.(type) {
	case ProvedExternalAccount:
		if f.Kind == Login && !f.Refresh && !f.pendingLink().AtSignIn {
			return Registration
		}
	case Authenticated:
		if f.Kind == Registration {
			return Login
		}
	}
	return f.Kind
}

// loginRank is what a credential of a method is worth at login. One that can't
// sign in counts as a first factor, which raises nothing.
func (e *Engine) loginRank(method string) session.AAL {
	return e.steps[Login][method].Role.Rank()
}

// Rank is the level of a factor that a step of the role establishes.
func (r Role) Rank() session.AAL {
	if r == SecondFactor {
		return session.AAL2
	}
	return session.AAL1
}

// prepare makes the draft that the fact's effect stores while no transaction is
// open, since a schema may have to be fetched, and counts the mails it sends.
func (e *Engine) prepare(ctx context.Context, j *judged, d drafter) (err error) {
	k := j.flow.Kind
	switch fact := j.fact.(type) {
	case Authenticated:
		if err = e.countProofs(ctx, j, fact); err == nil {
			err = e.chooseLink(ctx, j, fact)
		}
	case ProvedAddress:
		err = e.loadSettingsSchema(ctx, k, fact, d)
	case NewTraits:
		j.draft = fact.Draft
		if k == Settings {
			err = e.permit(ctx, j, fact.Draft.Protected())
		}
	case ProvedExternalAccount:
		if k == Registration {
			return e.draftRegistration(ctx, j, fact, d)
		}
		err = e.draftCurrent(ctx, j, d)
	case NewCredential:
		if k == Registration {
			j.draft, err = d.submitted(ctx, nil, j.input)
		} else {
			err = e.draftCurrent(ctx, j, d)
		}
	case RemoveCredential:
		err = e.draftCurrent(ctx, j, d)
	}
	if err != nil || k != Settings {
		return err
	}
	return e.countNotices(ctx, j)
}

// draftCurrent drafts the owner of settings as it is; other kinds have no use for it.
func (*Engine) draftCurrent(ctx context.Context, j *judged, d drafter) (err error) {
	if j.flow.Kind == Settings {
		j.draft, err = d.current(ctx, j.identity)
	}
	return err
}

// loadSettingsSchema fetches the schema of the person who proved an address: a recovery
// leads to a form of settings.
func (e *Engine) loadSettingsSchema(ctx context.Context, k Kind, fact ProvedAddress, d drafter) error {
	if k != Recovery {
		return nil
	}
	owner, err := e.identities.ByID(ctx, fact.IdentityID)
	if err == nil {
		_, err = d.schema(ctx, owner)
	}
	return err
}

// countNotices counts the mails that a change in settings sends, each once.
func (e *Engine) countNotices(ctx context.Context, j *judged) error {
	to := slices.DeleteFunc(slices.Clone(e.noticesOf(j)), func(a identity.Address) bool {
		return identity.Find(j.noticed, a.Via, a.Normalized) != nil
	})
	if len(to) == 0 {
		return nil
	}
	j.noticed = append(j.noticed, to...)
	a := Attempt{Kind: LimitNotify, IdentityID: j.identity.ID}
	for _, address := range to {
		a.Identifiers = append(a.Identifiers, address.Normalized)
	}
	_, err := j.attempts.spend(ctx, a)
	return err
}

// countProofs counts the mails of askToProve: a person who has the password must not fill
// the mailbox of another, whose address the account may name.
func (e *Engine) countProofs(ctx context.Context, j *judged, proof Authenticated) error {
	if proof.Identity.Proven() || proof.Factor.Address != "" || !e.hasHook(Login, j.method, HookVerified) {
		return nil
	}
	j.rests.unproven = true
	if !e.verifies() || len(proof.Identity.Verifiable) == 0 {
		return nil
	}
	a := Attempt{Kind: LimitSendLink}
	for _, address := range proof.Identity.Verifiable {
		a.Identifiers = append(a.Identifiers, address.Normalized)
	}
	_, err := j.attempts.spend(ctx, a)
	return err
}

// isRedirect reports whether the error merely leads the caller elsewhere.
func isRedirect(err error) bool {
	if _, ok := errors.AsType[*LoggedIn](err); ok {
		return true
	}
	if _, ok := errors.AsType[*LoginRequired](err); ok {
		return true
	}
	if _, ok := errors.AsType[*Restarted](err); ok {
		return true
	}
	_, ok := errors.AsType[*Reauthenticate](err)
	return ok
}
