package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// StartRequest asks for a new flow.
type StartRequest struct {
	Kind     Kind
	Client   Client
	URL      string // full URL of the request, kept for the wire's request_url
	ReturnTo string // as sent
	// VerifyReturn is where a browser goes from the verification that a registration leads to; empty for the default.
	VerifyReturn string
	// KeepReturn: ReturnTo counts for clients without a browser too.
	KeepReturn bool
	Refresh    bool // login: prove credentials although signed in
	// AAL is the level that a login is to reach: AAL2 asks a signed-in person for a
	// second factor. The zero value is AAL1.
	AAL session.AAL
	// SendTo is the address to which a second factor's code is to go at once; empty for the person's choice.
	SendTo string
	// StepsUp: a login for which no level is named asks a session that falls short for
	// its second factor, instead of sending it back.
	StepsUp bool
	// Link is the id of a registration whose identifiers were taken: the person who
	// signs in is asked whether its external account is theirs. Login of browsers only.
	Link string
	// ExchangeCode is the code for which Exchange hands over the session that a provider's
	// answer makes; empty to make none wait. Login and registration of apps only.
	ExchangeCode string
	Caller       Caller
}

// Start makes a flow. The error is *LoggedIn or *LoginRequired where the
// kind's session rule says so, ErrFirstFactorRequired or ErrSecondFactorRequired
// where the session is of the wrong level, and of code errs.Invalid for a
// return_to that the configuration does not allow.
func (e *Engine) Start(ctx context.Context, r StartRequest) (Result, error) {
	returnTo := ""
	if r.Client == Browser || r.KeepReturn {
		var err error
		if returnTo, err = e.validateReturnTo(r.Kind, r.ReturnTo); err != nil {
			return Result{}, err
		}
	}
	refresh := r.Refresh && r.Kind == Login
	stepUp, err := e.stepsUp(ctx, r)
	if err != nil {
		return Result{}, err
	}
	if stepUp && r.Caller.Session == nil {
		return Result{}, ErrFirstFactorRequired
	}
	again := refresh || stepUp && r.Caller.Session.AAL() < session.AAL2
	if err := e.checkSession(r.Kind, r.Caller, again, returnTo); err != nil {
		return Result{}, e.leadToFactor(ctx, r.Caller, err)
	}
	f := e.newFlow(r.Kind, r.Client, e.now())
	f.Request, f.ReturnTo, f.Refresh = WithoutSecrets(r.URL), returnTo, refresh
	f.CSRF = secret.MaskCSRF(r.Caller.CSRF)
	if err := e.noteLevel(f, stepUp, refresh, r.Caller); err != nil {
		return Result{}, err
	}
	if err := e.noteAsked(f, r); err != nil {
		return Result{}, err
	}
	subject, err := e.about(ctx, f, r.Caller)
	if err != nil {
		return Result{}, err
	}
	if err := e.openSettings(ctx, f, subject, r.Caller); err != nil {
		return Result{}, err
	}
	if err := e.askBefore(ctx, checked{caller: r.Caller, url: r.URL}, f, subject); err != nil {
		return Result{}, err
	}
	if r.Link != "" && r.Kind == Login && r.Client == Browser && !stepUp {
		if err := e.claimPendingLink(ctx, f, r.Link, r.Caller); err != nil {
			return Result{}, err
		}
	}
	if err := e.create(ctx, f, subject, r.Caller); err != nil {
		return Result{}, err
	}
	e.observer.Started(f.Kind, f.Client)
	return Result{Outcome: FormShown, Flow: f, Identity: subject, Session: r.Caller.Session}, nil
}

// noteAsked notes in a flow what its start asked for beside the flow itself.
func (e *Engine) noteAsked(f *Flow, r StartRequest) error {
	if r.VerifyReturn != "" {
		back, err := e.validateReturnTo(Verification, r.VerifyReturn)
		if err != nil {
			return err
		}
		if err := f.remember(verifyReturnMemory, back); err != nil {
			return err
		}
	}
	if r.SendTo != "" && f.RequestedAAL() == session.AAL2 {
		if err := f.remember(sendToMemory, r.SendTo); err != nil {
			return err
		}
	}
	return f.noteApp(r.Caller, r.ExchangeCode)
}

// stepsUp reports whether a start asks for a second factor.
func (e *Engine) stepsUp(ctx context.Context, r StartRequest) (bool, error) {
	switch {
	case r.Kind != Login:
		return false, nil
	case r.AAL == session.AAL2:
		return true, nil
	case r.AAL != session.AAL0 || !r.StepsUp || r.Refresh || r.Caller.Session == nil:
		return false, nil
	}
	return e.fallsShort(ctx, r.Caller.Session, r.Caller.Session.Identity, r.Client)
}

// noteLevel notes in a login flow what it is to reach and the session it raises.
func (e *Engine) noteLevel(f *Flow, stepUp, refresh bool, c Caller) error {
	if !stepUp {
		return nil
	}
	if err := f.remember(levelMemory, session.AAL2); err != nil {
		return err
	}
	key := message.KeySecondFactor
	if refresh {
		key = message.KeyConfirmIdentity
	}
	f.Form.Messages = append(f.Form.Messages, message.Of(key))
	return f.remember(sessionMemory, c.Session.ID)
}

// openSettings refuses a session below the level that settings ask for, and reminds
// their owner of a factor that is due. Flows of other kinds pass.
func (e *Engine) openSettings(ctx context.Context, f *Flow, owner *identity.Identity, c Caller) error {
	if f.Kind != Settings {
		return nil
	}
	if err := e.checkSettingsLevel(ctx, owner, f.Client, c.Session); err != nil {
		return err
	}
	return e.remind(ctx, f, owner)
}

// newFlow returns an empty flow of a kind.
func (e *Engine) newFlow(k Kind, c Client, now time.Time) *Flow {
	now = now.UTC().Truncate(time.Microsecond)
	return &Flow{
		ID: secret.NewID(), Kind: k, Client: c, State: Open,
		IssuedAt: now, ExpiresAt: now.Add(e.config.Kinds[k].Lifespan),
	}
}

// create stores a new flow with what its methods remember from the start.
func (e *Engine) create(ctx context.Context, f *Flow, subject *identity.Identity, c Caller) error {
	mail, err := e.begin(ctx, f, subject, c)
	if err != nil {
		return err
	}
	if err := e.renderFor(ctx, f, subject, c.Session); err != nil {
		return err
	}
	if len(mail) == 0 {
		err = e.store.CreateFlow(ctx, f)
	} else {
		err = e.store.InTx(ctx, func(ctx context.Context) error {
			if err := e.store.CreateFlow(ctx, f); err != nil {
				return err
			}
			return e.enqueue(ctx, mail)
		})
	}
	if err != nil {
		return fmt.Errorf("create %s flow: %w", f.Kind, err)
	}
	return nil
}

// restart replaces a flow that is over. What the person was about to do, where
// they wanted to go, stays.
func (e *Engine) restart(ctx context.Context, ended checked, why message.Message) error {
	old, c := ended.flow, ended.caller
	f := e.newFlow(old.Kind, old.Client, e.now())
	f.Request, f.ReturnTo, f.Refresh = old.Request, old.ReturnTo, old.Refresh
	if old.Kind != Recovery && old.Kind != Verification { // where only known addresses have an owner
		f.IdentityID = old.IdentityID
	}
	f.CSRF = secret.MaskCSRF(c.csrf(f.Client))
	f.Form.Messages = []message.Message{why}
	if err := f.noteApp(c, old.ExchangeCode()); err != nil {
		return err
	}
	if old.RequestedAAL() == session.AAL2 && c.Session != nil {
		if err := e.noteLevel(f, true, old.Refresh, c); err != nil {
			return err
		}
	}
	var subject *identity.Identity
	if f.IdentityID != "" {
		var err error
		if subject, err = e.identities.ByID(ctx, f.IdentityID); err != nil {
			return err
		}
	}
	if err := e.askBefore(ctx, ended, f, subject); err != nil {
		return err
	}
	if err := e.create(ctx, f, subject, c); err != nil {
		return err
	}
	return &Restarted{Flow: f}
}

// Get returns a flow for display. Settings flows are for their owner alone, and
// those of browsers for the browser they belong to.
func (e *Engine) Get(ctx context.Context, k Kind, id string, c Caller) (Result, error) {
	if k == Settings && c.Session == nil {
		return Result{}, &LoginRequired{Kind: k}
	}
	f, err := e.load(ctx, k, id)
	if err != nil {
		return Result{}, err
	}
	if k == Settings && f.IdentityID != c.Session.IdentityID {
		return Result{}, ErrNotFlowOwner
	}
	result, err := e.resultFor(ctx, f)
	if err != nil {
		return Result{}, err
	}
	if k != Settings {
		if !c.sees(f) {
			return Result{Flow: f}, errs.ErrCSRF
		}
		if f.unclaimed() {
			if result.Flow, err = e.lend(ctx, f, c); err != nil {
				return result, err
			}
		}
		result.Flow.fillBrought()
		return result, nil
	}
	result.Session = c.Session
	return result, e.checkSettingsLevel(ctx, result.Identity, f.Client, c.Session)
}

// Inspect returns a flow for an administrator, who need not own it.
func (e *Engine) Inspect(ctx context.Context, k Kind, id string) (Result, error) {
	f, err := e.load(ctx, k, id)
	if err != nil {
		return Result{}, err
	}
	return e.resultFor(ctx, f)
}

func (e *Engine) resultFor(ctx context.Context, f *Flow) (Result, error) {
	if f.Expired(e.now()) {
		return Result{}, &Expired{Flow: f}
	}
	r := Result{Outcome: FormShown, Flow: f}
	if f.Kind == Settings {
		var err error
		if r.Identity, err = e.identities.ByID(ctx, f.IdentityID); err != nil {
			return Result{}, err
		}
	}
	return r, nil
}

// load reads a flow of a kind. An id of another kind is as unknown as any.
func (e *Engine) load(ctx context.Context, k Kind, id string) (*Flow, error) {
	f, err := e.store.Flow(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read %s flow: %w", k, err)
	}
	if f.Kind != k {
		return nil, errs.ErrNotFound
	}
	return f, nil
}

// KindOf tells which kind of flow an id is of, and for which client;
// errs.ErrNotFound if there is none.
func (e *Engine) KindOf(ctx context.Context, id string) (Kind, Client, error) {
	f, err := e.store.Flow(ctx, id)
	if err != nil {
		return "", "", fmt.Errorf("read flow: %w", err)
	}
	return f.Kind, f.Client, nil
}
