package app

import (
	"errors"
	"fmt"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/kratoskeys"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/method/link"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/takeover"
)

// kratosHash marks the hash of a token as one that the original made, so that no token of
// this server can be taken for it.
func kratosHash(hash string) string { return "kratos:" + hash }

// importedHashes are the forms in which flows wait for a token or code of the original.
func importedHashes(c *config.Config) func(token string) []string {
	keys := kratoskeys.New(c.Secrets.Signing())
	return func(token string) []string {
		hashes := keys.Hashes(token)
		for i := range hashes {
			hashes[i] = kratosHash(hashes[i])
		}
		return hashes
	}
}

// pendingChallenge makes the flow that waits for a link or code that the original sent.
func (a *composition) pendingChallenge(c takeover.Challenge, owner *identity.Identity) (*flow.Flow, error) {
	kind, addresses := flow.Recovery, owner.Recovery
	if c.Kind == string(flow.Verification) {
		kind, addresses = flow.Verification, owner.Verifiable
	}
	if c.Address.Normalized == "" && len(addresses) > 0 { // an operator made it
		c.Address = addresses[0]
	}
	if c.Address.Normalized == "" {
		return nil, errors.New("the account has no address for it")
	}
	f := &flow.Flow{
		ID: secret.NewID(), Kind: kind, Client: flow.Browser, IssuedAt: a.now(), ExpiresAt: c.Expires,
		Request: a.config.Serve.Public.BaseURL.JoinPath("self-service", c.Kind, "browser").String(), IdentityID: owner.ID,
	}
	if c.Code {
		return f, a.waitForCode(f, c, owner)
	}
	return f, f.Await(link.ID, link.Imported(kratosHash(c.Hash), owner.ID, c.Address), false)
}

// waitForCode lets a flow wait for a code, under the id that its page has in its URL. Which
// browser it belonged to is not known any more: it is the one's that types the code.
func (a *composition) waitForCode(f *flow.Flow, c takeover.Challenge, owner *identity.Identity) error {
	serves := codeConfig(a.config)
	switch {
	case f.Kind == flow.Recovery && !serves.Recovery, f.Kind == flow.Verification && !serves.Verification:
		return fmt.Errorf("selfservice.flows.%s.use is not code", f.Kind)
	case !secret.IsID(c.FlowID):
		return errors.New("its flow has no id of version 4")
	case c.Tries >= serves.MaxTries:
		return errors.New("too many wrong codes were typed")
	}
	f.ID = c.FlowID
	if c.API {
		f.Client = flow.API
	}
	return f.Await(code.ID, code.Imported(f.Kind, kratosHash(c.Hash), owner.ID, c.Address, c.Expires, c.Tries), true)
}
