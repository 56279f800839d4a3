package app

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"symbolon/internal/config"
	"symbolon/internal/errs"
	"symbolon/internal/flow"
	"symbolon/internal/identity"
	"symbolon/internal/method/password"
	"symbolon/internal/netguard"
	"symbolon/internal/passhash"
	"symbolon/internal/passpolicy"
	"symbolon/internal/reqctx"
	"symbolon/internal/throttle"
)

func (a *composition) newPasswords(guard *netguard.Guard) error {
	c := a.config
	var err error
	a.hasher, err = passhash.New(passhash.Config{
		Argon2: argon2(c.Hashers.Argon2), Limits: hashLimits(c.Hashers.Limits),
		Budget: int64(c.Hashers.Budget.Memory) << 10, Wait: c.Hashers.Budget.Wait,
	})
	if err != nil {
		return err
	}
	policy := passpolicy.Config{
		MinLength: c.Password.MinLength, CommonList: c.Password.CommonList,
		MaxBreaches: c.Password.MaxBreaches, IgnoreNetworkErrors: c.Password.IgnoreNetworkErrors,
		OnUnreachable: func(err error) {
			a.log.Warn("passwords can't be looked up in known breaches", slog.Any("error", err))
		},
	}
	client := &http.Client{}
	if api := c.Password.BreachAPIURL; api != nil {
		policy.BreachAPIURL = api.String()
		if client, err = guard.Client(policy.BreachAPIURL); err != nil {
			return err
		}
	}
	a.policy = passpolicy.New(policy, client, a.now)
	return nil
}

func argon2(c config.Argon2) passhash.Argon2 {
	return passhash.Argon2{
		MemoryKiB: uint32(c.Memory), Iterations: uint32(c.Iterations), Parallelism: uint8(min(c.Parallelism, math.MaxUint8)),
		SaltLength: uint32(c.SaltLength), KeyLength: uint32(c.KeyLength),
	}
}

func hashLimits(c config.HashLimits) passhash.Limits {
	return passhash.Limits{
		Argon2MemoryKiB: uint32(c.Argon2.Memory), Argon2Iterations: uint32(c.Argon2.Iterations),
		Argon2Parallelism: uint32(c.Argon2.Parallelism), BcryptCost: uint32(c.Bcrypt.Cost),
		ScryptCost: uint32(c.Scrypt.Cost), ScryptBlockSize: uint32(c.Scrypt.BlockSize),
		ScryptParallelism: uint32(c.Scrypt.Parallelism), PBKDF2Iterations: uint32(c.PBKDF2.Iterations),
	}
}

// imports turns what administrators give as a password into a credential.
type imports struct{ hasher *passhash.Hasher }

func (a *composition) passwords() imports { return imports{hasher: a.hasher} }

// Import implements httpapi.Passwords.
func (i imports) Import(ctx context.Context, hash, plain string) (identity.Credential, error) {
	if hash == "" {
		var err error
		if hash, err = i.hasher.Hash(ctx, plain); err != nil {
			return identity.Credential{}, password.Busy(err)
		}
		return password.Credential(hash), nil
	}
	if err := i.hasher.Check(hash); err != nil {
		return identity.Credential{}, errs.New(errs.Invalid, "password_hash_invalid", "The hashed password can't be imported: "+err.Error())
	}
	return password.Credential(hash), nil
}

// limits counts failed attempts as security.limits says. The counters outlive a
// change of configuration; only a new window starts with the next start.
type limits struct {
	limiter *throttle.Limiter
	config  atomic.Pointer[config.Limits]
}

func newLimits(c config.Limits, now func() time.Time) *limits {
	l := &limits{limiter: throttle.New(max(c.Window, time.Second), now)}
	l.config.Store(&c)
	return l
}

// Charge implements flow.Limiter.
func (l *limits) Charge(ctx context.Context, attempt flow.Attempt) (refund func(), wait time.Duration, ok bool) {
	c := l.config.Load()
	if !c.Enabled {
		return func() {}, 0, true
	}
	var keys []throttle.Key
	add := func(scope, value string, limit int) {
		if value != "" {
			keys = append(keys, throttle.Key{Scope: scope, Value: value, Limit: limit})
		}
	}
	add("identity/"+string(attempt.Use), attempt.IdentityID, c.PerIdentity)
	for _, identifier := range attempt.Identifiers {
		add("identifier/"+string(attempt.Use), identifier, c.PerIdentity)
	}
	if attempt.Use != flow.News {
		add("address", network(reqctx.From(ctx).Address), c.PerAddress)
	}
	return l.limiter.Charge(keys...)
}

// network is what attempts of one address count as: the address itself, or the
// /64 network of an IPv6 address, which is what one customer gets.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() || ip.Is4In6() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
