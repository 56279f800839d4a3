package store

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// touch calls every method that a request may wait for and returns the queries
// that this took.
func touch(t *testing.T, db *DB) []string {
	t.Helper()
	i := touchIdentity()
	s := &session.Session{ID: secret.NewID(), IdentityID: i.ID, TokenHash: secret.Hash("token")}
	f := newFlow()
	f.ResumeHash = secret.Hash("resume")
	credentials := []identity.Credential{{
		Type: identity.TypePassword, Identifiers: []string{"a"}, Config: json.RawMessage(`{}`),
	}}
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		for _, step := range []func() error{
			func() error { return db.CreateIdentity(ctx, i, credentials) },
			func() error { credentials[0].Identifiers = []string{"b"}; return db.SaveIdentity(ctx, i, credentials) },
			func() error { i.Verifiable, i.Recovery = nil, nil; return db.SaveIdentity(ctx, i, nil) },
			func() error { return db.CreateSession(ctx, s) },
			func() error { return db.CreateFlow(ctx, f) },
			func() error { return db.SaveFlow(ctx, f) },
			func() error { return db.RevokeSession(ctx, s.TokenHash) },
			func() error { return db.RevokeSessionByID(ctx, i.ID, s.ID) },
			func() error { return db.RevokeSessions(ctx, i.ID, s.ID) },
			func() error { return touchReads(ctx, db, i.ID, s.TokenHash, f.ID, f.ResumeHash) },
			func() error { return db.DeleteIdentity(ctx, i.ID) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db.Prepared()
}

func touchIdentity() *identity.Identity {
	return &identity.Identity{
		ID: secret.NewOrderedID(), Traits: json.RawMessage(`{}`), CreatedAt: time.Now(),
		Verifiable: []identity.Address{{ID: secret.NewID(), Via: "email", Normalized: "a"}},
		Recovery:   []identity.Address{{ID: secret.NewID(), Via: "email", Normalized: "a"}},
	}
}

func touchReads(ctx context.Context, db *DB, identityID, tokenHash, flowID, resumeHash string) error {
	_, identityErr := db.Identity(ctx, identityID)
	_, sessionErr := db.SessionByToken(ctx, tokenHash)
	_, sessionsErr := db.Sessions(ctx, identityID)
	_, flowErr := db.Flow(ctx, flowID)
	_, resumeErr := db.FlowByResume(ctx, resumeHash)
	_, credentialsErr := db.Credentials(ctx, identityID)
	_, listErr := db.Identities(ctx, identity.Query{SchemaID: "x", Identifier: "b"})
	for _, err := range []error{identityErr, sessionErr, sessionsErr, flowErr, resumeErr, credentialsErr, listErr} {
		if err != nil {
			return err
		}
	}
	// These find nothing, and are asked all the same.
	_, _, _ = db.IdentityByIdentifier(ctx, identity.TypePassword, "b")
	_, _, _ = db.IdentityByAddress(ctx, identity.ForRecovery, identity.ViaEmail, "a")
	_, _ = db.Error(ctx, flowID)
	return nil
}
