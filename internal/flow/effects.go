package flow

import (
	"context"
	"errors"
	"slices"

	"symbolon/internal/courier"
	"symbolon/internal/errs"
	"symbolon/internal/identity"
	"symbolon/internal/message"
)

// hasHook reports whether a hook is configured after a success of the method.
func (e *Engine) hasHook(k Kind, method, hook string) bool {
	return slices.Contains(e.config.Kinds[k].After[method].Hooks, hook)
}

// unchanged reports whether a proof still holds, and sees to it that it does until the
// transaction ends. Judging a password takes long, and its owner may have replaced it
// meanwhile, to lock somebody out.
func (e *Engine) unchanged(ctx context.Context, ownerID string, judged *identity.Credential) error {
	if judged == nil {
		return nil
	}
	if err := e.store.LockIdentity(ctx, ownerID); errors.Is(err, errs.ErrNotFound) {
		return errCredentialChanged
	} else if err != nil {
		return err
	}
	now, err := e.identities.Credential(ctx, ownerID, judged.Type)
	if errors.Is(err, errs.ErrNotFound) || err == nil && now.Version != judged.Version {
		return errCredentialChanged
	}
	return err
}

// upgrade stores a credential in a stronger form. Another request may have done
// so in the meantime; that is as good.
func (e *Engine) upgrade(ctx context.Context, owner *identity.Identity, c *identity.Credential) error {
	if c == nil {
		return nil
	}
	if err := e.identities.UpdateCredential(ctx, owner.ID, *c); err != nil && !errors.Is(err, errs.ErrStale) {
		return err
	}
	return nil
}

// wait leaves the flow until the secret that was sent comes back.
func (e *Engine) wait(ctx context.Context, s Submission, fact Sent) (Result, error) {
	f := s.Flow
	f.State, f.Active = Challenged, s.method
	f.Form.Messages = []message.Message{fact.Notify}
	if fact.ResumeHash != "" { // nothing new is on its way to an unknown address
		f.ResumeHash = fact.ResumeHash
		if err := f.remember(s.method, fact.Memory); err != nil {
			return Result{}, err
		}
	}
	// For an unknown address too, which must not be told by its time.
	if err := e.invalidateOlderLinks(ctx, f, fact.IdentityID); err != nil {
		return Result{}, err
	}
	for _, m := range fact.Mail {
		if err := e.mail.Enqueue(ctx, m); err != nil {
			return Result{}, err
		}
	}
	if err := e.build(ctx, f, nil); err != nil {
		return Result{}, err
	}
	if group := f.Form.Group(s.method); group != nil {
		group.Fill(typedText(group, s.Input))
	}
	return Result{Outcome: Pending}, nil
}

// invalidateOlderLinks lets the newest recovery link of an identity be its only one.
func (e *Engine) invalidateOlderLinks(ctx context.Context, f *Flow, ownerID string) error {
	if f.Kind != Recovery {
		return nil
	}
	if ownerID != "" {
		f.IdentityID = ownerID
	}
	return e.store.ClearResumeHashes(ctx, Recovery, ownerID, f.ID)
}

// verifies reports whether new addresses are missingTraits to prove themselves.
func (e *Engine) verifies() bool { return e.Serves(Verification) && e.challenger != nil }

// verify starts a verification flow for each address and sends its link.
func (e *Engine) verify(ctx context.Context, owner *identity.Identity, addresses []identity.Address) error {
	if !e.verifies() {
		return nil
	}
	for _, a := range addresses {
		if a.Verified {
			continue
		}
		f := e.newFlow(Verification, Browser, e.now())
		f.Request = e.config.PublicURL.JoinPath("self-service/verification/browser").String()
		if _, err := e.challenge(ctx, f, a, owner.ID, true); err != nil {
			return err
		}
	}
	return nil
}

// challenge stores a flow that waits for an address to answer and returns the
// link that does so.
func (e *Engine) challenge(ctx context.Context, f *Flow, a identity.Address, ownerID string, send bool) (string, error) {
	c, err := e.challenger.Challenge(f.Kind, a, ownerID, f.ExpiresAt)
	if err != nil {
		return "", err
	}
	f.State = Challenged
	f.Active = e.challenger.ID()
	f.ResumeHash = c.ResumeHash
	f.Form.Messages = []message.Message{message.Of(sentKey(f.Kind))}
	if err := f.remember(e.challenger.ID(), c.Memory); err != nil {
		return "", err
	}
	if err := e.invalidateOlderLinks(ctx, f, ownerID); err != nil {
		return "", err
	}
	if err := e.create(ctx, f, nil); err != nil {
		return "", err
	}
	if !send {
		return c.URL, nil
	}
	return c.URL, e.mail.Enqueue(ctx, c.Mail)
}

func sentKey(k Kind) string {
	if k == Recovery {
		return message.KeyRecoverySent
	}
	return message.KeyVerificationSent
}

// notice tells an address about a change that its owner may not have made
// (OWASP ASVS 6.3.7).
func (e *Engine) notifyOwner(ctx context.Context, t courier.Template, ownerID string, to []identity.Address) error {
	if !e.config.Notices {
		return nil
	}
	for _, a := range to {
		if err := e.mail.Enqueue(ctx, courier.Message{Template: t, To: a.Value, IdentityID: ownerID}); err != nil {
			return err
		}
	}
	return nil
}

// Page is the URL of the page that shows a flow.
func (e *Engine) Page(f *Flow) string {
	u := *e.config.Kinds[f.Kind].UI
	q := u.Query()
	q.Set("flow", f.ID)
	u.RawQuery = q.Encode()
	return u.String()
}
