package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/keyform"
	"github.com/symbolon/symbolon/internal/method/lookup"
	"github.com/symbolon/symbolon/internal/method/passkey"
	"github.com/symbolon/symbolon/internal/method/totp"
	"github.com/symbolon/symbolon/internal/method/webauthn"
	"github.com/symbolon/symbolon/internal/takeover"
)

// factorTypes are the types of credentials that ImportFactor takes.
func factorTypes() []string { return []string{totp.ID, lookup.ID, webauthn.ID, passkey.ID} }

// ImportFactor makes a credential of a second factor or of keys from the form in which Ory Kratos 26 stores it: secrets
// are sealed and codes hashed here. The error is of code errs.Invalid where the form is not that.
func (a *composition) ImportFactor(ctx context.Context, identityID, typ string, identifiers []string, config json.RawMessage) (identity.Credential, error) {
	switch typ {
	case totp.ID:
		var in struct {
			URL string `json:"totp_url"`
		}
		if err := json.Unmarshal(config, &in); err != nil {
			return identity.Credential{}, unreadable(typ, err)
		}
		return totp.Import(a.seals, identityID, in.URL, a.now())
	case lookup.ID:
		var in struct {
			Codes []struct {
				Code string    `json:"code"`
				Used time.Time `json:"used_at"`
			} `json:"recovery_codes"`
		}
		if err := json.Unmarshal(config, &in); err != nil {
			return identity.Credential{}, unreadable(typ, err)
		}
		var codes []string
		var used []time.Time
		for _, c := range in.Codes {
			codes, used = append(codes, c.Code), append(used, c.Used)
		}
		c, err := lookup.Import(ctx, a.hasher, codes, used, a.now())
		c.Identifiers = []string{identityID}
		return c, err
	case webauthn.ID, passkey.ID:
		return importKeys(typ, identifiers, config)
	}
	return identity.Credential{}, errs.New(errs.Invalid, "credential_invalid", "There is no credential of type "+typ+".")
}

// importKeys takes keys, as the factors that they are.
func importKeys(typ string, identifiers []string, config json.RawMessage) (identity.Credential, error) {
	keys, err := ceremony.ParseKeys(config)
	if err != nil {
		return identity.Credential{}, unreadable(typ, err)
	}
	noteUnknownFlags(config, keys.Keys)
	if len(keys.Keys) == 0 {
		return identity.Credential{}, errs.New(errs.Invalid, "credential_invalid", "credentials."+typ+".config.credentials has no key.")
	}
	for i, k := range keys.Keys {
		if len(k.ID) == 0 || len(k.PublicKey) == 0 {
			return identity.Credential{}, errs.New(errs.Invalid, "credential_invalid", fmt.Sprintf("Key %d of credentials.%s has no id or no public_key.", i, typ))
		}
	}
	if typ == passkey.ID {
		for _, handle := range identifiers {
			keys.Handles = append(keys.Handles, []byte(handle))
		}
	}
	return keyform.Credential(typ, keys)
}

// unreadable is the error of a configuration that does not have the form of its type.
func unreadable(typ string, err error) error {
	return errs.New(errs.Invalid, "credential_invalid", fmt.Sprintf("credentials.%s.config can't be read: %v", typ, err))
}

// noteUnknownFlags marks keys whose configuration has no flags: servers kept none for years.
func noteUnknownFlags(config json.RawMessage, keys []ceremony.Key) {
	var given struct {
		Credentials []struct {
			Flags json.RawMessage `json:"flags"`
		} `json:"credentials"`
	}
	if json.Unmarshal(config, &given) != nil {
		return // ParseKeys has said so
	}
	for i, c := range given.Credentials {
		keys[i].Flags.Unknown = len(c.Flags) == 0 || string(c.Flags) == "null"
	}
}

// convertFactor is the converter of factors for take-overs. A credential without a
// configuration is none: the original keeps one for each identifier that the schema marks.
func (a *composition) convertFactor(ctx context.Context, identityID string, c takeover.Credential) (identity.Credential, []string, error) {
	if len(c.Config) == 0 || string(c.Config) == `{}` {
		return identity.Credential{}, nil, nil
	}
	made, err := a.ImportFactor(ctx, identityID, c.Type, c.Identifiers, c.Config)
	if known, ok := errors.AsType[*errs.Error](err); ok {
		err = errors.New(known.Reason)
	}
	return made, nil, err
}
