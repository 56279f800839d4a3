package flow

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// sentEffect leaves the flow until the secret that was sent comes back. For an
// unknown address it does the same: its time must not tell.
func sentEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	fact := j.fact.(Sent)
	f := j.flow
	f.claim(j.caller)
	f.State, f.Active = Challenged, j.method
	delete(f.Private, broughtMemory)
	if len(fact.Mail) > 0 || fact.IdentityID == "" {
		delete(f.Private, offeredMemory) // what the person types from now on was sent to an address, or to none
	}
	f.Form.Messages = []message.Message{fact.Notify}
	f.ResumeHash = fact.ResumeHash
	if err := f.remember(j.method, fact.Memory); err != nil {
		return Result{}, err
	}
	if err := e.invalidateOlderSecrets(ctx, f, fact.IdentityID); err != nil {
		return Result{}, err
	}
	if err := e.enqueue(ctx, j.trace(fact.Mail)); err != nil {
		return Result{}, err
	}
	subject, err := e.renderForm(ctx, f, j.caller)
	if err != nil {
		return Result{}, err
	}
	if group := f.Form.Group(j.method); group != nil {
		group.Fill(e.submittedValues(ctx, f, subject, j.checked))
	}
	return Result{Outcome: Pending, Identity: subject, Session: j.caller.Session}, nil
}

// trace adds to messages what they follow: the start of the flow and what came along with the submission.
func (j *judged) trace(mail []courier.Message) []courier.Message {
	mail = slices.Clone(mail)
	for i := range mail {
		mail[i].Request, mail[i].Transient = j.flow.Request, j.input.transient()
	}
	return mail
}

// preparedEffect keeps what the method prepared and shows it.
func preparedEffect(e *Engine, ctx context.Context, j *judged) (Result, error) {
	fact := j.fact.(Prepared)
	if j.flow.Kind == Settings || j.flow.Kind == Recovery {
		j.flow.claim(j.caller)
		j.flow.State = Open
	}
	j.flow.Active = j.method
	j.flow.Form.Messages = append(e.standing(j.flow), fact.Notify...)
	if err := j.flow.remember(j.method, fact.Memory); err != nil {
		return Result{}, err
	}
	subject, err := e.renderForm(ctx, j.flow, j.caller)
	if err != nil {
		return Result{}, err
	}
	if group := j.flow.Form.Group(j.method); group != nil {
		group.Fill(submittedTexts(group, j.input))
	}
	return Result{Outcome: Prepares, Identity: subject, Session: j.caller.Session}, nil
}

// invalidateOlderSecrets lets the newest recovery link or code of an identity be its
// only one.
func (e *Engine) invalidateOlderSecrets(ctx context.Context, f *Flow, ownerID string) error {
	if f.Kind != Recovery {
		return nil
	}
	if ownerID != "" {
		f.IdentityID = ownerID
	}
	return e.store.ClearResumeHashes(ctx, Recovery, ownerID, f.ID)
}

// verifies reports whether new addresses are asked to prove themselves.
func (e *Engine) verifies() bool { return e.Serves(Verification) && e.challengers[Verification] != nil }

// verify starts a verification flow for each address and sends its secret. It returns the
// first of them, nil for none. j is the submission that it follows.
func (e *Engine) verify(ctx context.Context, j *judged, owner *identity.Identity, addresses []identity.Address) (first *Flow, err error) {
	if !e.verifies() {
		return nil, nil
	}
	for i, a := range addresses {
		if a.Verified {
			continue
		}
		f := e.newFlow(Verification, Browser, e.now())
		f.Request = e.config.PublicURL.JoinPath("self-service/verification/browser").String()
		if j.caller.TracesStarts {
			f.Request, f.ReturnTo = j.flow.askedToVerify()
		}
		c, err := e.challenge(ctx, e.challengers[Verification], f, a, owner.ID)
		if err != nil {
			return nil, err
		}
		c.Mail.Created = owner.CreatedAt
		if err := e.post(ctx, j, j.trace([]courier.Message{c.Mail})[0]); err != nil {
			return nil, err
		}
		if err := e.identities.MarkSent(ctx, owner.ID, a.ID); err != nil {
			return nil, err
		}
		addresses[i].SentAt = e.now()
		if first == nil {
			first = f
		}
	}
	return first, nil
}

// askedToVerify is what a verification that the flow leads to says of its start, and where the browser goes after it.
func (f *Flow) askedToVerify() (request, returnTo string) {
	returnTo = f.recallText(verifyReturnMemory)
	u, err := url.Parse(f.Request)
	if err != nil {
		return f.Request, returnTo
	}
	query := u.Query()
	if !query.Has("return_to") && !query.Has("after_verification_return_to") {
		return f.Request, returnTo
	}
	query.Del("return_to")
	query.Del("after_verification_return_to")
	if returnTo != "" {
		query.Set("return_to", returnTo)
	}
	u.RawQuery = query.Encode()
	return u.String(), returnTo
}

// challenge stores a flow that waits for an address to answer.
func (e *Engine) challenge(ctx context.Context, by Challenger, f *Flow, a identity.Address, ownerID string) (Challenge, error) {
	c, err := by.Challenge(f, a, ownerID)
	if err != nil {
		return c, err
	}
	if err := f.Await(by.ID(), c, c.Code != ""); err != nil {
		return c, err
	}
	if err := e.invalidateOlderSecrets(ctx, f, ownerID); err != nil {
		return c, err
	}
	return c, e.create(ctx, f, nil, Caller{})
}

// Await lets a new flow wait for the secret of a challenge, which a method or another
// server has sent. typed says that it is a code and no link: the flow then belongs to the
// browser that types it.
func (f *Flow) Await(method string, c Challenge, typed bool) error {
	f.State, f.Active, f.ResumeHash = Challenged, method, c.ResumeHash
	if !f.Offered() || !typed { // the code of an operator was sent to no address
		f.Form.Messages = []message.Message{message.Sent(string(f.Kind), method)}
	}
	if err := f.remember(method, c.Memory); err != nil {
		return err
	}
	return f.remember(typedMemory, typed)
}

// RecoveryOffer is what an administrator hands over to let an identity recover: a
// link that signs it in, or a code to type into the flow's form.
type RecoveryOffer struct {
	Link    string
	Code    string
	FlowID  string
	Page    string // where the flow is shown
	Expires time.Time
}

// RecoveryRequest asks for a RecoveryOffer.
type RecoveryRequest struct {
	IdentityID string
	Method     string        // makes the link or code; empty for the one that recoveries use
	Client     Client        // will use the flow; a link is for browsers
	Lifespan   time.Duration // 0 for the kind's own
	URL        string        // of the request, for the wire's request_url; empty for the start of a recovery
	ReturnTo   string        // where the browser goes from the settings, checked; empty for the default
}

// OfferRecovery makes a recovery link or code for an administrator to hand over.
func (e *Engine) OfferRecovery(ctx context.Context, r RecoveryRequest) (RecoveryOffer, error) {
	owner, err := e.identities.ByID(ctx, r.IdentityID)
	if err != nil {
		return RecoveryOffer{}, err
	}
	at := slices.IndexFunc(owner.Recovery, func(a identity.Address) bool { return owner.Recovers(a.Via, a.Normalized) })
	if at < 0 {
		return RecoveryOffer{}, errNoRecoveryAddress
	}
	by, err := e.recoverer(r.Method)
	if err != nil {
		return RecoveryOffer{}, err
	}
	f := e.newFlow(Recovery, r.Client, e.now())
	f.Request, f.ReturnTo = cmp.Or(r.URL, e.config.PublicURL.JoinPath("self-service/recovery/browser").String()), r.ReturnTo
	if r.Lifespan > 0 {
		f.ExpiresAt = f.IssuedAt.Add(r.Lifespan)
	}
	if err := f.remember(offeredMemory, owner.Recovery[at].Normalized); err != nil {
		return RecoveryOffer{}, err
	}
	var c Challenge
	err = e.store.InTx(ctx, func(ctx context.Context) error {
		fresh := f.clone() // the function may run again
		c, err = e.challenge(ctx, by, fresh, owner.Recovery[at], owner.ID)
		return err
	})
	if err != nil {
		return RecoveryOffer{}, err
	}
	offer := RecoveryOffer{Code: c.Code, FlowID: f.ID, Page: e.Page(f), Expires: f.ExpiresAt}
	if c.Link != "" {
		offer.Link, err = withQuery(c.Link, "flow", f.ID) // where clients of the admin API read it
	}
	return offer, err
}

// Offered reports whether an operator started the recovery.
func (f *Flow) Offered() bool { return f.recallText(offeredMemory) != "" }

// recoverer finds the method that makes recovery secrets.
func (e *Engine) recoverer(method string) (Challenger, error) {
	if method == "" {
		if by := e.challengers[Recovery]; by != nil {
			return by, nil
		}
		return nil, errs.ErrNotFound
	}
	at := slices.IndexFunc(e.methods, func(m Method) bool { return m.ID() == method })
	if at < 0 {
		return nil, errs.ErrNotFound
	}
	by, ok := e.methods[at].(Challenger)
	if _, serves := e.steps[Recovery][method]; !ok || !serves {
		return nil, errs.ErrNotFound
	}
	return by, nil
}

// RecoveryLink makes a link that signs the identity in once, for an administrator to
// hand over. A zero lifespan is the kind's own.
func (e *Engine) RecoveryLink(ctx context.Context, identityID string, lifespan time.Duration) (link string, expires time.Time, err error) {
	offer, err := e.OfferRecovery(ctx, RecoveryRequest{IdentityID: identityID, Method: "link", Client: Browser, Lifespan: lifespan})
	return offer.Link, offer.Expires, err
}

// noticesOf lists the addresses that get mail about what settings change.
func (e *Engine) noticesOf(j *judged) []identity.Address {
	var to []identity.Address
	switch j.fact.(type) {
	case ClosedAccount:
		return j.identity.Verifiable
	case NewCredential, ProvedExternalAccount, RemoveCredential:
		if e.config.Notices {
			to = slices.Clone(j.identity.Verifiable)
		}
	case NewTraits:
	default:
		return nil
	}
	if e.verifies() {
		to = append(to, unasked(j, j.draft)...)
	}
	if e.config.Notices {
		to = append(to, j.draft.RemovedAddresses()...)
	}
	return to
}

// unasked are the addresses that the owner of saved traits is asked to prove: those that are
// new and, where the caller wants it, those that an operator or an import has made.
func unasked(j *judged, d *identity.Draft) []identity.Address {
	if _, saves := j.fact.(NewTraits); !saves || !j.caller.AsksAllAddresses {
		return d.NewAddresses()
	}
	var out []identity.Address
	for _, a := range d.Identity.Verifiable {
		if !a.Verified && a.SentAt.IsZero() {
			out = append(out, a)
		}
	}
	return out
}

// notifyOwner writes to the addresses of an identity about a change of credentials
// that its owner may not have made (OWASP ASVS 6.3.7).
func (e *Engine) notifyOwner(ctx context.Context, j *judged, owner *identity.Identity) error {
	return e.notify(ctx, cmp.Or(j.links, j.method), courier.CredentialsChanged, owner.ID, owner.Verifiable)
}

func (e *Engine) notify(ctx context.Context, method string, t courier.Template, ownerID string, to []identity.Address) error {
	if !e.config.Notices {
		return nil
	}
	client := reqctx.From(ctx)
	return e.mailAll(ctx, to, courier.Message{Template: t, IdentityID: ownerID, Change: courier.Change{
		Method: method, At: e.now(), Device: client.UserAgent, Address: client.Address,
	}})
}

// mailAll writes the same to each address.
func (e *Engine) mailAll(ctx context.Context, to []identity.Address, m courier.Message) error {
	for _, a := range to {
		m.To = a.Value
		if err := e.mail.Enqueue(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// markVerified records a proof of an address where the address is a verifiable
// one, and returns the identity as it is then.
func (e *Engine) markVerified(ctx context.Context, owner *identity.Identity, via, normalized string) (*identity.Identity, error) {
	a := identity.Find(owner.Verifiable, via, normalized)
	if a == nil || a.Verified {
		return owner, nil
	}
	if err := e.identities.MarkVerified(ctx, owner.ID, a.ID); err != nil {
		return nil, err
	}
	return e.identities.ByID(ctx, owner.ID)
}
