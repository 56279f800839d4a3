package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/reqctx"
	"github.com/symbolon/symbolon/internal/secret"
)

// Store keeps sessions. *store.DB satisfies it.
type Store interface {
	CreateSession(context.Context, *Session) error
	// SessionByToken answers the session with its Identity, revoked or expired
	// ones too.
	SessionByToken(ctx context.Context, tokenHash string) (*Session, error)
	// AllSessions, SessionByID and ExtendSession are what operators do to sessions.
	AllSessions(ctx context.Context, q Query) ([]*Session, error)
	SessionByID(ctx context.Context, id string) (*Session, error)
	ExtendSession(ctx context.Context, s *Session, now, until time.Time) error
	// Sessions lists the sessions of an identity, those that ended too.
	Sessions(ctx context.Context, identityID string) ([]*Session, error)
	RevokeSession(ctx context.Context, tokenHash string) error
	RevokeSessionByID(ctx context.Context, identityID, id string) error
	RevokeSessions(ctx context.Context, identityID, exceptID string) error
	// LockSession returns a session as it is, without its identity, and keeps it so
	// until the context's transaction ends; errs.ErrNotFound if there is none.
	LockSession(ctx context.Context, id string) (*Session, error)
	// UpgradeSession stores the token hash, the times and the factors of a session
	// that is active; errs.ErrNotFound if none is.
	UpgradeSession(context.Context, *Session) error
	SeenStore
	// AfterCommit runs f when the context's transaction has committed, or at
	// once when there is none.
	AfterCommit(ctx context.Context, f func())
}

// Config of the service.
type Config struct {
	Lifespan  time.Duration // from authentication to expiry
	CacheSize int           // sessions kept in memory; 0 for DefaultCacheSize
	Rules     Rules
	// Shared says that other processes change the same sessions. Checks are then
	// answered from memory only while SinceInvalidations is called in time.
	Shared bool
}

// MaxStaleness is how long after it last known of the changes of other processes a
// process answers from memory. With the time that an answer takes it is how long
// after its revocation a session may be taken for good: less than a second.
const MaxStaleness = 900 * time.Millisecond

// DefaultCacheSize bounds the cache to some 100 MB with large traits, and to
// far less with ordinary ones.
const DefaultCacheSize = 50_000

// maxGap is how long a node may miss changes before it drops its whole cache.
const maxGap = time.Minute

// ErrNone says that a request carries no valid session.
var ErrNone = errs.New(errs.Unauthorized, "session_inactive", "No valid session cookie found.")

// Service issues, checks and revokes sessions.
type Service struct {
	store Store
	cache *cache
	now   func() time.Time

	lifespan atomic.Int64 // time.Duration
	rules    atomic.Pointer[Rules]
	seen     seen

	shared bool
	known  atomic.Pointer[time.Time] // up to when the changes of others are known

	hits, misses, stale atomic.Uint64
}

// New returns a service over the store.
func New(s Store, c Config, now func() time.Time) *Service {
	if c.CacheSize == 0 {
		c.CacheSize = DefaultCacheSize
	}
	service := &Service{store: s, cache: newCache(c.CacheSize), shared: c.Shared, now: now}
	service.SetLifespan(c.Lifespan)
	service.SetRules(c.Rules)
	return service
}

// SetLifespan changes how long sessions issued from now on last.
func (s *Service) SetLifespan(d time.Duration) { s.lifespan.Store(int64(d)) }

// Issue creates a session for an identity that has just proved the factor, in
// the caller's transaction. The token is returned once and never stored.
// A disabled identity gets none.
func (s *Service) Issue(ctx context.Context, owner *identity.Identity, f Factor) (*Session, string, error) {
	if owner.Disabled() {
		return nil, "", &errs.Error{
			Code: errs.Unauthorized, ID: "identity_disabled", Message: "identity is disabled", Reason: "This account was disabled.",
			Details: map[string]any{"identity_id": owner.ID},
		}
	}
	request := reqctx.From(ctx)
	now := s.now().UTC().Truncate(time.Microsecond)
	f.At = now
	token := secret.Token()
	issued := &Session{
		ID: secret.NewID(), IdentityID: owner.ID, TokenHash: secret.Hash(token), Active: true,
		IssuedAt: now, AuthenticatedAt: now, ExpiresAt: now.Add(time.Duration(s.lifespan.Load())),
		Factors: []Factor{f}, Identity: owner, Address: request.Peer, UserAgent: request.UserAgent,
	}
	if err := s.store.CreateSession(ctx, issued); err != nil {
		return nil, "", fmt.Errorf("issue session: %w", err)
	}
	if err := s.endOldest(ctx, issued); err != nil {
		return nil, "", fmt.Errorf("issue session: %w", err)
	}
	return issued, token, nil
}

// Lock returns a session that is valid now and stays so until the context's
// transaction ends; else ErrNone. What rests on a session is decided after it.
func (s *Service) Lock(ctx context.Context, id string) (*Session, error) {
	locked, err := s.store.LockSession(ctx, id)
	if errors.Is(err, errs.ErrNotFound) || err == nil && !locked.Valid(s.now()) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	return locked, nil
}

// Proof says how Upgrade treats a session.
type Proof struct {
	Factor Factor
	// Enrolled: the factor was set up, which is not a sign-in: it neither counts as a recent
	// authentication nor extends the session.
	Enrolled bool
	// KeepToken: the client cannot take a new token.
	KeepToken bool
}

// Upgrade adds a proof to a session, in the caller's transaction. The id stays;
// the token changes unless KeepToken says otherwise, so that an attacker who learnt the
// old one is out (OWASP ASVS 7.2.4). The new token is returned once. The error is
// ErrNone if the session has ended.
func (s *Service) Upgrade(ctx context.Context, current *Session, p Proof) (*Session, string, error) {
	locked, err := s.Lock(ctx, current.ID)
	if err != nil {
		return nil, "", err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	p.Factor.At = now
	locked.Identity = current.Identity
	locked.Factors = addFactor(locked.Factors, p.Factor)
	if !p.Enrolled {
		locked.AuthenticatedAt, locked.ExpiresAt = now, now.Add(time.Duration(s.lifespan.Load()))
	}
	old, token := locked.TokenHash, ""
	if !p.KeepToken {
		token = secret.Token()
		locked.TokenHash = secret.Hash(token)
	}
	err = s.store.UpgradeSession(ctx, locked)
	s.store.AfterCommit(ctx, func() {
		s.cache.drop(old)
		s.cache.drop(locked.IdentityID)
	})
	if errors.Is(err, errs.ErrNotFound) {
		return nil, "", ErrNone
	}
	if err != nil {
		return nil, "", fmt.Errorf("upgrade session: %w", err)
	}
	return locked, token, nil
}

// maxFactors bounds what a session that is refreshed for ever remembers.
const maxFactors = 32

// addFactor appends a proof. The oldest one that a later proof by the same method
// repeats goes first when there are many.
func addFactor(have []Factor, f Factor) []Factor {
	all := append(slices.Clip(have), f)
	if len(all) <= maxFactors {
		return all
	}
	for i := range all {
		if slices.ContainsFunc(all[i+1:], func(later Factor) bool {
			return later.Method == all[i].Method && later.Rank() == all[i].Rank()
		}) {
			return slices.Delete(all, i, i+1)
		}
	}
	return all
}

// Check returns the session of a token, or ErrNone if the token is unknown,
// revoked or expired. Storage trouble is its own error: no session ends because of
// it.
func (s *Service) Check(ctx context.Context, token string) (*Cached, error) {
	if len(token) != secret.TokenLength {
		return nil, ErrNone
	}
	hash := secret.Hash(token)
	live, ok := s.cachedCheck(hash)
	if ok {
		s.hits.Add(1)
	} else {
		s.misses.Add(1)
		var err error
		if live, err = s.load(ctx, hash); err != nil {
			return nil, err
		}
	}
	now := s.now()
	if ok && s.idle(live, now) { // another node may have seen it since
		var err error
		if live, err = s.load(ctx, hash); err != nil {
			return nil, err
		}
	}
	if !live.Valid(now) || live.Identity.Disabled() || s.idle(live, now) {
		return nil, ErrNone
	}
	s.note(live, now)
	return live, nil
}

func (s *Service) idle(live *Cached, now time.Time) bool {
	return s.rules.Load().idle(time.Unix(0, live.seen.Load()), now)
}

// load reads the session of a token's hash into the cache; ErrNone if there is none.
func (s *Service) load(ctx context.Context, hash string) (*Cached, error) {
	before := s.cache.now()
	found, err := s.store.SessionByToken(ctx, hash)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("check session: %w", err)
	}
	live := &Cached{Session: found, read: before}
	live.seen.Store(found.LastSeen().UnixNano())
	s.cache.put(live)
	return live, nil
}

// cachedCheck looks in the cache, unless others may have changed what is there.
func (s *Service) cachedCheck(hash string) (*Cached, bool) {
	if !s.CacheUsable() {
		s.stale.Add(1)
		return nil, false
	}
	return s.cache.get(hash)
}

// CacheUsable reports whether checks are answered from memory.
func (s *Service) CacheUsable() bool {
	if !s.shared {
		return true
	}
	last := s.known.Load()
	return last != nil && s.now().Sub(*last) < MaxStaleness
}

// SinceInvalidations says what others changed: everything that was committed before a moment, by
// token hash or identity id.
func (s *Service) ApplyInvalidations(before time.Time, changed []string) {
	if last := s.known.Load(); last != nil && before.Sub(*last) > maxGap {
		s.InvalidateAll()
	}
	for _, key := range changed {
		s.cache.drop(key)
	}
	s.known.Store(&before)
}

// Revoke ends the session of a token. An unknown or ended one is not an error: the
// caller wanted it gone.
func (s *Service) Revoke(ctx context.Context, token string) error {
	hash := secret.Hash(token)
	err := s.store.RevokeSession(ctx, hash)
	s.store.AfterCommit(ctx, func() { s.cache.drop(hash) })
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

// RevokeOthers ends all sessions of an identity but the one named; an empty
// name spares none.
func (s *Service) RevokeOthers(ctx context.Context, identityID, exceptID string) error {
	err := s.store.RevokeSessions(ctx, identityID, exceptID)
	// After an error too: a commit whose answer was lost may have happened.
	s.Invalidate(ctx, identityID)
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	return nil
}

// Invalidate drops every cached check of an identity once the context's transaction
// has committed. Code that changes or deletes an identity calls it. The id may be in
// upper case, as an operator typed it.
func (s *Service) Invalidate(ctx context.Context, identityID string) {
	s.store.AfterCommit(ctx, func() { s.cache.drop(strings.ToLower(identityID)) })
}

// InvalidateAll drops every cached check, with what was rendered of it: for a caller that
// has changed how sessions are shown.
func (s *Service) InvalidateAll() { s.cache.dropAll() }

// CacheStats counts checks answered from memory and from the database; stale are those
// of the latter that would have been answered from memory if others had been known of.
type CacheStats struct {
	Hits, Misses, Stale uint64
	Entries             int
	// SinceInvalidations is how long ago others were last known of; 0 if there are none.
	SinceInvalidations time.Duration
}

// CacheStats returns the counts so far.
func (s *Service) CacheStats() CacheStats {
	c := CacheStats{
		Hits: s.hits.Load(), Misses: s.misses.Load(), Stale: s.stale.Load(), Entries: s.cache.entries.EstimatedSize(),
	}
	if last := s.known.Load(); last != nil {
		c.SinceInvalidations = s.now().Sub(*last)
	}
	return c
}
