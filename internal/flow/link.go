package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// missingTraits is what a registration knows of a person whose traits are
// incomplete.
type missingTraits struct {
	Method string          `json:"method"`
	Traits json.RawMessage `json:"traits"`
}

// pendingLink is an external account whose registration found its identifiers
// taken. It waits for their owner to sign in and to say that it is theirs.
type pendingLink struct {
	Account ExternalAccount `json:"account"`
	Wanted  []string        `json:"wanted"` // normalised identifiers and addresses, of which the owner has one
	// AtSignIn: the login says that it links the account, and the sign-in does; otherwise
	// the person is asked afterwards.
	AtSignIn bool `json:"at_sign_in,omitempty"`
	// Factor is what the account at the provider has proved.
	Factor session.Factor `json:"factor,omitzero"`
}

// switchKind ends a flow and goes on with a flow of kind k, unless a hook before that flow refuses.
func (e *Engine) switchKind(ctx context.Context, j *judged, k Kind) (*Flow, error) {
	old := j.flow
	if _, served := e.steps[k][j.method]; !served || !e.Serves(k) {
		return nil, errs.ErrNotFound
	}
	f := e.successor(j, k)
	if err := e.before(ctx, j.told, HookCall{Flow: f, URL: j.url}); err != nil {
		return nil, err // on the form that was sent
	}
	if err := e.renderFor(ctx, f, nil, j.caller.Session); err != nil {
		return nil, err
	}
	err := e.store.InTx(ctx, func(ctx context.Context) error {
		ended := old.clone() // the function may run again
		ended.end(e.now())
		if err := e.store.SaveFlow(ctx, ended); err != nil {
			return err
		}
		return e.store.CreateFlow(ctx, f)
	})
	if err != nil {
		return nil, fmt.Errorf("go on with a %s flow: %w", k, err)
	}
	return f, nil
}

// successor is the flow of a kind that takes the place of a submission's. Where the person
// came from and wanted to go stays, and so does what the method and the app began.
func (e *Engine) successor(j *judged, k Kind) *Flow {
	old := j.flow
	f := e.newFlow(k, old.Client, e.now())
	f.Request, f.ReturnTo = old.Request, old.ReturnTo
	f.CSRF = secret.MaskCSRF(j.caller.csrf(f.Client))
	f.Private = map[string]json.RawMessage{}
	for _, slot := range []string{j.method, appMemory, exchangeMemory} {
		if memory, ok := old.Private[slot]; ok {
			f.Private[slot] = memory
		}
	}
	return f
}

// AsksMissingTraits reports whether the flow asks for traits that the method's
// provider did not tell.
func (v View) AsksMissingTraits() bool { return v.Flow.MissingTraitsOf() == v.method }

// MissingTraitsOf names the method whose form alone the person is to complete;
// empty if the choice is free.
func (f *Flow) MissingTraitsOf() string { return f.missingTraits().Method }

func (f *Flow) missingTraits() missingTraits {
	var memory missingTraits
	if _, err := f.recall(traitsMemory, &memory); err != nil {
		return missingTraits{} // what can't be read leaves the choice free
	}
	return memory
}

// PendingLink names the provider whose account waits in the flow. In registration
// its identifiers were taken, and StartRequest.Link takes it to a sign-in; in
// settings the form asks whether to link it. Empty if none waits.
func (f *Flow) PendingLink() string { return f.pendingLink().Account.Provider }

// PendingAccount is the external account that waits in the flow.
func (f *Flow) PendingAccount() ExternalAccount { return f.pendingLink().Account }

func (f *Flow) pendingLink() pendingLink {
	var waits pendingLink
	if _, err := f.recall(linkMemory, &waits); err != nil {
		return pendingLink{} // what can't be read can't be linked
	}
	return waits
}

// draftRegistration drafts the identity that a provider's claims make, completed by
// what was submitted. What is missing is asked for. In an app nothing waits for the owner of
// what was typed there: an app can be handed the login that links.
func (e *Engine) draftRegistration(ctx context.Context, j *judged, fact ProvedExternalAccount, d drafter) error {
	delete(j.flow.Private, linkMemory)
	draft, merged, err := d.completed(ctx, fact, j.input)
	if merged != nil {
		if err := j.flow.remember(traitsMemory, missingTraits{Method: j.method, Traits: merged}); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	draft.Link(fact.Account.Type, fact.Account.Identifier)
	e.addTo(&draft.Identity, &fact.Vouched)
	if err := j.attempts.countRegistration(ctx, draft); err != nil {
		return err
	}
	j.draft = draft
	waits := pendingLink{Account: fact.Account, Wanted: wanted(draft), Factor: fact.Factor}
	if j.flow.Client == API {
		if told, err := d.tells(ctx, fact, waits.Wanted); err != nil || !told {
			return err
		}
	}
	return j.flow.remember(linkMemory, waits)
}

// wanted lists what a draft wants to be known by, normalised.
func wanted(d *identity.Draft) []string {
	all := slices.Clone(d.Identifiers)
	for _, a := range d.Identity.Verifiable {
		if !slices.Contains(all, a.Normalized) {
			all = append(all, a.Normalized)
		}
	}
	return all
}

// linksAtSignIn reports whether a sign-in links the external account that waits in its flow. It
// does not by the callback of an app, which any browser can bring: a stranger could lead the owner
// of the address there. Nor does it where the owner has a second factor, which a change of
// credentials needs: settings ask for both.
func (e *Engine) linksAtSignIn(ctx context.Context, j *judged, owner *identity.Identity, waits pendingLink) (bool, error) {
	if !waits.AtSignIn || j.flow.Client == API && j.callback != nil {
		return false, nil
	}
	reaches, err := e.AvailableAAL(ctx, owner, Browser)
	return reaches < session.AAL2, err
}

// chooseLink decides which external account a proof links: the operator has said that a
// provider's proven address is proof enough here, or the login has said that it links. The
// schema is fetched while no transaction is open.
func (e *Engine) chooseLink(ctx context.Context, j *judged, proof Authenticated) (err error) {
	if j.link = proof.Link; j.link == nil {
		if j.link, err = e.promisedLink(ctx, j, proof.Identity); err != nil || j.link == nil {
			return err
		}
		j.links = j.link.Type
	}
	_, err = e.identities.Schema(ctx, proof.Identity.SchemaID)
	return err
}

// promisedLink is the external account that the login has said that it links; nil for none.
func (e *Engine) promisedLink(ctx context.Context, j *judged, owner *identity.Identity) (*ExternalAccount, error) {
	waits := j.flow.pendingLink()
	if links, err := e.linksAtSignIn(ctx, j, owner, waits); err != nil || !links {
		return nil, err
	}
	owns, err := e.ownsAnyIdentifier(ctx, owner, waits.Wanted)
	if err != nil {
		return nil, err
	}
	if !owns {
		return nil, Reject("", Said(numberOtherOwner, "error", "Linked credentials do not match.", nil))
	}
	return &waits.Account, nil
}

// numberOtherOwner is the number by which v26 says that the account that was signed in to
// is not the one whose address the provider named.
const numberOtherOwner = 4010009

// offerLink starts the login that links an external account whose registration found its
// identifiers taken. What it will do stands on its form, and only the owner of one of the
// identifiers can do it: the account was proved in this browser a moment ago, and its
// answer is bound to it (PKCE, nonce, continuity cookie).
func (e *Engine) offerLink(ctx context.Context, j *judged) (Result, error) {
	if j.next == nil {
		return Result{}, errAskBeforeLogin
	}
	f := j.next.clone()
	if err := e.create(ctx, f, nil, j.caller); err != nil {
		return Result{}, err
	}
	j.flow.end(e.now())
	to, err := e.pageToLink(f)
	return Result{Outcome: Redirected, Redirect: to, Next: f}, err
}

// pageToLink is where a login that links an account goes on. That of an app has no page here: the
// browser brings the app its id.
func (e *Engine) pageToLink(f *Flow) (string, error) {
	if f.Client == Browser {
		return e.Page(f), nil
	}
	return withQuery(cmp.Or(f.ReturnTo, e.config.DefaultReturn.String()), "flow", f.ID)
}

// errAskBeforeLogin says that the effect leads to a login, whose hooks are to be asked before it:
// none is called in a transaction.
var errAskBeforeLogin = errors.New("the hooks before the login are not asked yet")

// applyAsked applies, and asks the hooks before the login that links an account if the effect
// leads to one.
func (e *Engine) applyAsked(ctx context.Context, j *judged) (Result, error) {
	result, err := e.apply(ctx, j)
	if !errors.Is(err, errAskBeforeLogin) {
		return result, err
	}
	if j.next, err = e.linkingLogin(j); err != nil {
		return Result{}, err
	}
	if err := e.before(ctx, j.told, HookCall{Flow: j.next, URL: j.url}); err != nil {
		return Result{}, err
	}
	return e.apply(ctx, j)
}

// linkingLogin is the login that offerLink starts.
func (e *Engine) linkingLogin(j *judged) (*Flow, error) {
	waits := j.flow.pendingLink()
	waits.AtSignIn = true
	f := e.successor(j, Login)
	f.Active = j.method
	if err := f.remember(linkMemory, waits); err != nil {
		return nil, err
	}
	if len(waits.Wanted) > 0 {
		if err := f.name(Named{Identifier: waits.Wanted[0]}); err != nil {
			return nil, err
		}
	}
	f.Form.Messages = e.standing(f)
	return f, nil
}

// addLinked adds to a session what the account that the sign-in linked has proved.
func (e *Engine) addLinked(ctx context.Context, j *judged, owner *identity.Identity, result *Result) error {
	begun := *result.Session
	begun.Identity = owner
	var err error
	result.Session, _, err = e.sessions.Upgrade(ctx, &begun, session.Proof{Factor: j.flow.pendingLink().Factor, Enrolled: true, KeepToken: true})
	return err
}

// saveLink links the account of a sign-in and tells the owner. A second factor that was set up
// meanwhile keeps a login from linking.
func (e *Engine) saveLink(ctx context.Context, j *judged, owner *identity.Identity) (*identity.Identity, error) {
	if j.links != "" {
		if still, err := e.promisedLink(ctx, j, owner); err != nil {
			return nil, err
		} else if still == nil {
			return nil, errCredentialChanged
		}
	}
	draft, err := e.identities.DraftUnchanged(ctx, owner)
	if err != nil {
		return nil, err
	}
	draft.Link(j.link.Type, j.link.Identifier)
	saved, err := e.identities.Save(ctx, draft)
	if errors.Is(err, errs.ErrConflict) {
		return nil, Reject("", message.Of(message.KeySubjectTaken))
	}
	if err != nil {
		return nil, err
	}
	return saved, e.notifyOwner(ctx, j, saved)
}

// claimPendingLink takes over the external account that waits in a registration
// whose identifiers are taken: the person who signs in now is asked whether it is theirs. It
// works once, and in the browser that the registration belongs to. That of an app belongs to no
// browser: a stranger could send its link to the owner of the address.
func (e *Engine) claimPendingLink(ctx context.Context, f *Flow, from string, c Caller) error {
	old, err := e.load(ctx, Registration, from)
	if errors.Is(err, errs.ErrNotFound) {
		return errNothingToLink
	}
	if err != nil {
		return err
	}
	waits := old.pendingLink()
	if old.Client != Browser || waits.Account.Provider == "" || old.Expired(e.now()) || !c.sees(old) {
		return errNothingToLink
	}
	if err := f.remember(linkMemory, waits); err != nil {
		return err
	}
	f.ReturnTo = old.ReturnTo
	f.Form.Messages = append(f.Form.Messages, e.standing(f)...)
	old.end(e.now())
	if err := e.store.SaveFlow(ctx, old); errors.Is(err, errs.ErrStale) {
		return errNothingToLink
	} else if err != nil {
		return fmt.Errorf("end registration: %w", err)
	}
	return nil
}

// standing returns what a flow says as long as it is open, after every submission.
func (e *Engine) standing(f *Flow) []message.Message {
	waits := f.pendingLink().Account
	switch {
	case waits.Provider == "":
		return nil
	case f.Kind == Login && f.pendingLink().AtSignIn:
		return []message.Message{message.LinkAtSignIn(waits.Provider, f.Named(), e.config.Kinds[Login].UI.String())}
	case f.Kind == Login:
		return []message.Message{message.SignInToLink(waits.Provider)}
	case f.Kind == Settings:
		return []message.Message{message.ConfirmLink(waits.Provider, waits.Name)}
	}
	return nil
}

// settleLink adds to the session what the account that the sign-in linked has proved, or
// leads to the question whether one that waits is to be linked.
func (e *Engine) settleLink(ctx context.Context, j *judged, owner *identity.Identity, result *Result) error {
	if j.links != "" {
		return e.addLinked(ctx, j, owner, result)
	}
	asks, err := e.askToLink(ctx, j, owner)
	if err == nil && asks != nil {
		result.Next, result.Redirect = asks, e.Page(asks)
	}
	return err
}

// askToLink starts the form of settings that asks the person who has just signed in
// whether the external account that waits in the login is theirs; nil if none
// waits. Nothing is linked by a sign-in alone: another
// person may have led the browser here. Only an owner of what the account wanted to
// be known by is asked, so that no person links a stranger's account by mistake.
func (e *Engine) askToLink(ctx context.Context, j *judged, owner *identity.Identity) (*Flow, error) {
	waits := j.flow.pendingLink()
	if waits.Account.Provider == "" || j.flow.Client == API {
		return nil, nil
	}
	owns, err := e.ownsAnyIdentifier(ctx, owner, waits.Wanted)
	if err != nil || !owns {
		return nil, err
	}
	f := e.newFlow(Settings, Browser, e.now())
	f.Request, f.ReturnTo, f.IdentityID = j.flow.Request, e.returnURL(j.flow, j.method), owner.ID
	f.CSRF = secret.MaskCSRF(j.caller.csrfOf(owner.ID))
	if err := f.remember(linkMemory, waits); err != nil {
		return nil, err
	}
	f.Form.Messages = e.standing(f)
	return f, e.create(ctx, f, owner, j.caller)
}

func (e *Engine) ownsAnyIdentifier(ctx context.Context, i *identity.Identity, wanted []string) (bool, error) {
	for _, a := range i.Verifiable {
		if slices.Contains(wanted, a.Normalized) {
			return true, nil
		}
	}
	c, err := e.identities.Credential(ctx, i.ID, identity.TypePassword)
	if errors.Is(err, errs.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(c.Identifiers, func(id string) bool { return slices.Contains(wanted, id) }), nil
}
