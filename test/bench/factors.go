package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	pquerna "github.com/pquerna/otp/totp"
	"golang.org/x/sync/errgroup"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/totp"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
)

// factorFloor is the least share of the bare verification: a handler that verifies the same
// proof with the same library and commits that it was used, and does nothing else.
const factorFloor = 0.5

// The site that keys are bound to, and the seed of all authenticator apps.
const (
	keySite   = "https://bench.example.org"
	keyDomain = "bench.example.org"
	appSeed   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	appURL    = "otpauth://totp/Bench:anyone?issuer=Bench&secret=" + appSeed
	sealed    = "a secret of thirty-two characters" // the server's
)

// factors measures a second factor after a password, and a login with a passkey.
func (b *bench) factors(ctx context.Context) error {
	return errors.Join(b.stepUps(ctx), b.passkeys(ctx))
}

// stepUps raises another session each time: a code counts once for its owner.
func (b *bench) stepUps(ctx context.Context) error {
	dir, err := b.newDir()
	if err != nil {
		return err
	}
	// Those that are measured, and a tenth before that, at no more than 5,000 a second.
	count := int(5000 * (b.plan.round.Seconds()*float64(b.plan.rounds) + b.plan.round.Seconds()/10))
	dsn := "sqlite://" + dir + "/sessions.db"
	if err := fillSecondFactors(ctx, dsn, count); err != nil {
		return err
	}
	return b.onDatabase(ctx, dsn, func(s *server) error {
		var turn atomic.Int64
		return b.compareProofs(ctx, s, "TOTP step-up", proof{Seed: appSeed}, func(_ int, c *conn) error {
			i := int(turn.Add(1)) - 1
			if i >= count {
				return fmt.Errorf("all %d sessions were raised", count)
			}
			return stepUp(c, manyToken(i))
		}, func(_ int, c *conn) error {
			if _, err := c.ask(get("/")); err != nil {
				return err
			}
			code, err := pquerna.GenerateCode(appSeed, time.Now())
			if err != nil {
				return err
			}
			_, err = c.ask(post("/", fmt.Sprintf(`{"totp_code":%q}`, code)))
			return err
		})
	}, "SELFSERVICE_METHODS_TOTP_ENABLED=true")
}

// stepUp raises a session by the code of an authenticator app.
func stepUp(c *conn, token string) error {
	held := "X-Session-Token: " + token
	begun, err := c.ask(get("/self-service/login/api?aal=aal2", held))
	if err != nil {
		return err
	}
	id, err := flowID(begun.body)
	if err != nil {
		return err
	}
	code, err := pquerna.GenerateCode(appSeed, time.Now())
	if err != nil {
		return err
	}
	_, err = c.ask(request(http.MethodPost, "/self-service/login/methods/totp?flow="+id, fmt.Appendf(nil, `{"totp_code":%q}`, code),
		[]string{"Content-Type: application/json", held}))
	return err
}

// fillSecondFactors makes so many identities with an authenticator app and a session each.
func fillSecondFactors(ctx context.Context, dsn string, count int) error {
	sealer, err := secret.NewSealer("factors", []string{sealed})
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	if _, err := db.Migrate(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	now := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for writer := range connections {
		group.Go(func() error {
			for i := writer; i < count && ctx.Err() == nil; i += connections {
				owner := &identity.Identity{
					ID: secret.NewOrderedID(), SchemaID: "default", CreatedAt: now, UpdatedAt: now,
					Traits: json.RawMessage(fmt.Sprintf(`{"email":"many-%d@example.org"}`, i)),
				}
				app, err := totp.Import(sealer, owner.ID, appURL, now)
				if err != nil {
					return err
				}
				held := &session.Session{
					ID: secret.NewID(), IdentityID: owner.ID, TokenHash: secret.Hash(manyToken(i)), Active: true,
					IssuedAt: now, AuthenticatedAt: now, ExpiresAt: now.Add(time.Hour), Factors: []session.Factor{{Method: "password", At: now}},
				}
				if err := db.CreateIdentity(ctx, owner, []identity.Credential{app}); err != nil {
					return err
				}
				if err := db.CreateSession(ctx, held); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), db.Close())
}

// unfailing lets keys be used outside of a test.
type unfailing struct{ testing.TB }

func (unfailing) Helper()                      {}
func (unfailing) Fatal(what ...any)            { panic(fmt.Sprint(what...)) }
func (unfailing) Fatalf(f string, what ...any) { panic(fmt.Sprintf(f, what...)) }

// passkeys signs in with the passkey of each client, again and again.
func (b *bench) passkeys(ctx context.Context) error {
	return b.withServer(ctx, func(s *server) error {
		keys := make([]*ceremonytest.Key, connections)
		c, err := dial(s.public)
		if err != nil {
			return err
		}
		defer c.close()
		for i := range keys {
			if keys[i], err = newPasskey(c); err != nil {
				return err
			}
		}
		known, key, err := bareKey()
		if err != nil {
			return err
		}
		return b.compareProofs(ctx, s, "passkey login", known, func(client int, c *conn) error {
			return signInWithPasskey(c, keys[client])
		}, func(_ int, c *conn) error {
			if _, err := c.ask(get("/")); err != nil {
				return err
			}
			mine := *key
			_, err := c.ask(post("/", fmt.Sprintf(`{"passkey_login":%q}`, mine.Get(unfailing{}, known.Options, ceremonytest.Lie{}))))
			return err
		})
	}, "SELFSERVICE_METHODS_PASSKEY_ENABLED=true", "SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ID="+keyDomain, "SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ORIGINS="+keySite)
}

// newPasskey registers an account with a passkey alone.
func newPasskey(c *conn) (*ceremonytest.Key, error) {
	begun, err := c.ask(get("/self-service/registration/api"))
	if err != nil {
		return nil, err
	}
	id, err := flowID(begun.body)
	if err != nil {
		return nil, err
	}
	data, err := fieldOf(begun.body, "passkey_create_data")
	if err != nil {
		return nil, err
	}
	var create struct {
		Options json.RawMessage `json:"credentialOptions"`
	}
	if err := json.Unmarshal([]byte(data), &create); err != nil {
		return nil, err
	}
	k := ceremonytest.New(unfailing{}, keySite, ceremonytest.ES256)
	k.Counter = 0 // as synchronised passkeys send
	answer := k.Create(unfailing{}, string(create.Options), ceremonytest.Lie{})
	_, err = c.ask(post("/self-service/registration/methods/passkey?flow="+id, fmt.Sprintf(`{"traits":{"email":%q},"passkey_register":%q}`, newEmail(), answer)))
	return k, err
}

// signInWithPasskey is a whole login: a flow is started and completed.
func signInWithPasskey(c *conn, k *ceremonytest.Key) error {
	begun, err := c.ask(get("/self-service/login/api"))
	if err != nil {
		return err
	}
	id, err := flowID(begun.body)
	if err != nil {
		return err
	}
	options, err := fieldOf(begun.body, "passkey_challenge")
	if err != nil {
		return err
	}
	answer := k.Get(unfailing{}, options, ceremonytest.Lie{})
	_, err = c.ask(post("/self-service/login/methods/passkey?flow="+id, fmt.Sprintf(`{"passkey_login":%q}`, answer)))
	return err
}

// fieldOf returns the value of a field of the passkey form.
func fieldOf(body []byte, name string) (string, error) {
	var f struct {
		Methods map[string]struct {
			Config struct {
				Fields []struct {
					Name  string
					Value any
				}
			}
		}
	}
	if err := json.Unmarshal(body, &f); err != nil {
		return "", err
	}
	for _, field := range f.Methods["passkey"].Config.Fields {
		if text, ok := field.Value.(string); ok && field.Name == name {
			return text, nil
		}
	}
	return "", fmt.Errorf("the form has no %s", name)
}

// bareKey makes a key that the bare handler knows, and the one challenge that it asks of it.
func bareKey() (proof, *ceremonytest.Key, error) {
	party, err := newParty()
	if err != nil {
		return proof{}, nil, err
	}
	handle := sha256.Sum256([]byte("bench"))
	owner := ceremony.Owner{Handle: handle[:], Name: "anyone", Display: "anyone"}
	options, pending, err := party.Create(ceremony.Passkey, owner)
	if err != nil {
		return proof{}, nil, err
	}
	k := ceremonytest.New(unfailing{}, keySite, ceremonytest.ES256)
	k.Counter = 0
	made, err := party.Created(pending, owner, k.Create(unfailing{}, options, ceremonytest.Lie{}), time.Now())
	if err != nil {
		return proof{}, nil, err
	}
	known := proof{Handle: owner.Handle, Keys: []ceremony.Key{made}}
	known.Options, known.Pending, err = party.Request(ceremony.Passkey, ceremony.Owner{})
	return known, k, err
}

func newParty() (*ceremony.Party, error) {
	return ceremony.New(ceremony.Config{ID: keyDomain, Name: "Bench", Origins: []string{keySite}})
}
