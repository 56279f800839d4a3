package app

import (
	"context"
	"log/slog"
	"math"
	"net/http"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/password"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/passpolicy"
)

func (a *composition) newPasswords(guard *netguard.Guard) error {
	c := a.config
	var err error
	a.hasher, err = passhash.New(passhash.Config{
		Argon2: argon2(c.Hashers.Argon2), Limits: hashLimits(c.Hashers.Limits),
		Budget: int64(c.Hashers.Budget.Memory) << 10, Wait: c.Hashers.Budget.Wait,
		XCrypto: c.Hashers.Argon2.Implementation == "x/crypto", Processors: a.processors,
	})
	if err != nil {
		return err
	}
	policy := passpolicy.Config{
		MinLength: c.Password.MinLength, CommonList: c.Password.CommonList, AllowSimilar: !c.Password.CheckSimilarity,
		MaxBreaches: c.Password.MaxBreaches, IgnoreNetworkErrors: c.Password.IgnoreNetworkErrors,
		OnUnreachable: func(err error) {
			a.log.Warn("passwords can't be looked up in known breaches", slog.Any("error", err))
		},
	}
	if c.Serve.Public.Wire == config.WireV1 {
		// As v1 has it, so that accounts can go back to where bcrypt cuts passwords.
		policy.MaxLength = 72
	}
	client := &http.Client{}
	if api := c.Password.BreachAPIURL; api != nil && c.Password.CheckBreaches {
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
