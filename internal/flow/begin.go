package flow

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
)

// begin lets each method that the flow offers note what it needs from the start,
// and returns the mail that a method sends at once. If it may not send it now, the form
// says so, to clients without a browser too, and offers what it offers.
func (e *Engine) begin(ctx context.Context, f *Flow, subject *identity.Identity, c Caller) ([]courier.Message, error) {
	view := View{Flow: f, Identity: subject, Session: c.Session}
	counts := e.attempts(checked{flow: f, caller: c})
	counts.client = Browser
	var mail []courier.Message
	for _, m := range e.methods {
		step, ok := e.offered(m.ID(), f)
		if !ok || step.Begin == nil {
			continue
		}
		if subject != nil && view.Credentials == nil {
			if err := e.addCredentials(ctx, &view); err != nil {
				return nil, err
			}
		}
		view.method = m.ID()
		made, err := step.Begin(ctx, Submission{View: view, drafts: e.drafter(f), attempts: counts, told: e.newTold(), recovers: e.mayRecover, signsIn: e.maySignIn})
		if rejected, ok := errors.AsType[*Rejected](err); ok {
			for _, m := range rejected.Messages {
				f.Form.Messages = append(f.Form.Messages, m.Message)
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("begin %s in %s flow: %w", m.ID(), f.Kind, err)
		}
		sent, err := noteBegun(f, m.ID(), made)
		if err != nil {
			return nil, err
		}
		mail = append(mail, sent...)
	}
	return mail, nil
}

func noteBegun(f *Flow, method string, made Fact) ([]courier.Message, error) {
	switch made := made.(type) {
	case nil:
		return nil, nil
	case Prepared:
		f.Form.Messages = append(f.Form.Messages, made.Notify...)
		return nil, f.remember(method, made.Memory)
	case Sent:
		f.State, f.Active, f.ResumeHash = Challenged, method, made.ResumeHash
		f.Form.Messages = append(f.Form.Messages, made.Notify)
		for i := range made.Mail {
			made.Mail[i].Request = f.Request
		}
		return made.Mail, f.remember(method, made.Memory)
	}
	return nil, fmt.Errorf("%s begins with %T", method, made)
}

func (e *Engine) enqueue(ctx context.Context, mail []courier.Message) error {
	for _, m := range mail {
		if err := e.mail.Enqueue(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// WithoutSecrets returns a URL without the parameters that open something. What
// can't be read loses its query. A flow keeps the URL that it was started with, and
// shows it.
func WithoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		u.RawQuery = ""
		return u.String()
	}
	secrets := []string{
		"token", "code", "state", "id_token", "access_token", "csrf_token", "password", "session_token", "return_to_code", "init_code",
	}
	if !slices.ContainsFunc(secrets, query.Has) {
		return raw
	}
	for _, name := range secrets {
		query.Del(name)
	}
	u.RawQuery = query.Encode()
	return u.String()
}
