package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/ui"
)

// The values of the button that answers whether a waiting account is linked.
const (
	confirmField = "confirm_link"
	declineField = "decline_link"
)

// showLinks offers the providers that are not linked yet, and to unlink those that
// are while another way to sign in is left. While an account waits to be linked, it
// asks for that alone.
func (m *Method) showLinks(_ context.Context, v flow.View) ([]ui.Node, error) {
	if waits := v.Flow.PendingLink(); waits != "" {
		return []ui.Node{
			ui.CSRF(),
			{Name: confirmField, Type: "submit", Value: "true", Label: waits},
			{Name: declineField, Type: "submit", Value: "true", Label: waits},
		}, nil
	}
	links := linksOf(v.Credentials)
	var link, unlink []ui.Node
	for i := range m.providers {
		if _, linked := links[m.providers[i].ID()]; linked {
			unlink = append(unlink, m.providers[i].button("unlink"))
		} else {
			link = append(link, m.providers[i].button("link"))
		}
	}
	if v.FirstFactors < 2 {
		unlink = nil
	}
	return slices.Concat([]ui.Node{ui.CSRF()}, link, unlink), nil
}

// linksOf returns the credential identifiers by provider.
func linksOf(credentials []identity.Credential) map[string]string {
	links := map[string]string{}
	at := slices.IndexFunc(credentials, func(c identity.Credential) bool { return c.Type == ID })
	if at < 0 {
		return links
	}
	for _, identifier := range credentials[at].Identifiers {
		provider, _, _ := strings.Cut(identifier, ":")
		links[provider] = identifier
	}
	return links
}

// changeLinks links or unlinks. To link takes the person to our own address first,
// which sends them on to the provider: a form of settings is not the only way there.
func (m *Method) changeLinks(ctx context.Context, s flow.Submission) (flow.Fact, error) {
	links := linksOf(s.Credentials)
	if s.Callback != nil {
		return m.linked(ctx, s, links)
	}
	if s.Flow.PendingLink() != "" {
		return m.answerPending(ctx, s, links)
	}
	link, _, _ := s.Input.Text("link")
	unlink, _, _ := s.Input.Text("unlink")
	provider, _, _ := s.Input.Text("provider")
	switch {
	case link != "" && unlink != "":
		return nil, flow.Reject("", message.Of(message.KeyLinkAndUnlink))
	case link != "":
		if !m.linkable(link, links) {
			return nil, flow.Reject("", message.Of(message.KeyCannotLink))
		}
		if s.Providers.Direct {
			return m.redirect(ctx, s, link)
		}
		return flow.RedirectTo{URL: m.startURL(s.Flow.ID, link)}, nil
	case unlink != "":
		return m.unlink(unlink, links)
	case provider != "":
		if !m.linkable(provider, links) {
			return nil, flow.Reject("", message.Of(message.KeyCannotLink))
		}
		return m.redirect(ctx, s, provider)
	}
	return nil, flow.Reject("link", message.Missing("link"))
}

func (m *Method) linkable(id string, links map[string]string) bool {
	_, linked := links[id]
	return !linked && m.provider(id) != nil
}

func (m *Method) startURL(flowID, provider string) string {
	u := m.public.JoinPath("self-service/methods/oidc/auth", flowID)
	q := u.Query()
	q.Set("provider", provider)
	u.RawQuery = q.Encode()
	return u.String()
}

func (m *Method) unlink(id string, links map[string]string) (flow.Fact, error) {
	identifier, linked := links[id]
	if !linked {
		return nil, flow.Reject("", message.Of(message.KeyCannotUnlink))
	}
	return flow.RemoveCredential{Type: ID, Identifier: identifier}, nil
}

// linked adds the account that the person proved to have at a provider. If it is
// another identity's already the answer is a conflict, as v0.5 has it.
func (m *Method) linked(ctx context.Context, s flow.Submission, links map[string]string) (flow.Fact, error) {
	p, c, err := m.finish(ctx, s)
	if err != nil {
		return nil, err
	}
	if !m.linkable(p.ID(), links) {
		return nil, flow.Reject("", message.Of(message.KeyCannotLink))
	}
	return m.claimed(ctx, s, p.account(c))
}

// claimed adds an account that no other identity has.
func (m *Method) claimed(ctx context.Context, s flow.Submission, a flow.ExternalAccount) (flow.Fact, error) {
	owner, _, err := m.identities.ByCredential(ctx, a.Type, a.Identifier)
	switch {
	case err == nil && owner.ID != s.Identity.ID:
		if s.Providers.Direct {
			return nil, flow.Reject("", message.Of(message.KeyDuplicateIdentifier))
		}
		return nil, errs.ErrConflict
	case err != nil && !errors.Is(err, errs.ErrNotFound):
		return nil, fmt.Errorf("find owner of external account: %w", err)
	}
	return flow.ProvedExternalAccount{Account: a}, nil
}

// answerPending links the account that waits, or forgets it.
func (m *Method) answerPending(ctx context.Context, s flow.Submission, links map[string]string) (flow.Fact, error) {
	confirmed, _, _ := s.Input.Text(confirmField)
	declined, _, _ := s.Input.Text(declineField)
	switch {
	case declined != "":
		return flow.DeclinedLink{}, nil
	case confirmed == "":
		return nil, flow.Reject(confirmField, message.Missing(confirmField))
	}
	waits := s.Flow.PendingAccount()
	provider, _, _ := strings.Cut(waits.Identifier, ":")
	if !m.linkable(provider, links) {
		return nil, flow.Reject("", message.Of(message.KeyCannotLink))
	}
	return m.claimed(ctx, s, waits)
}
