package keycloak

import (
	"cmp"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// user is an account as `kc.sh export` and the admin console write it.
type user struct {
	ID            string         `json:"id"`
	Username      string         `json:"username"`
	Email         string         `json:"email"`
	EmailVerified takeover.Flag  `json:"emailVerified"`
	FirstName     string         `json:"firstName"`
	LastName      string         `json:"lastName"`
	Enabled       *takeover.Flag `json:"enabled"`
	Created       takeover.Text  `json:"createdTimestamp"` // milliseconds
	Attributes    map[string]any `json:"attributes"`
	Credentials   []credential   `json:"credentials"`
	Links         []struct {
		Provider string `json:"identityProvider"`
		Subject  string `json:"userId"`
	} `json:"federatedIdentities"`
	ServiceAccount string              `json:"serviceAccountClientId"`
	Federation     string              `json:"federationLink"`
	Actions        []string            `json:"requiredActions"`
	Groups         []string            `json:"groups"`
	RealmRoles     []string            `json:"realmRoles"`
	ClientRoles    map[string][]string `json:"clientRoles"`
	Consents       []struct {
		Client string `json:"clientId"`
	} `json:"clientConsents"`
}

// credential holds two JSON documents as texts; before version 8 their members stood in
// it directly.
type credential struct {
	Type       string `json:"type"`
	Secret     string `json:"secretData"`
	Data       string `json:"credentialData"`
	Label      string `json:"userLabel"`
	OldValue   string `json:"value"`
	OldHash    string `json:"hashedSaltedValue"`
	OldSalt    string `json:"salt"`
	OldRounds  int    `json:"hashIterations"`
	OldName    string `json:"algorithm"`
	OldDigits  int    `json:"digits"`
	OldPeriod  int    `json:"period"`
	CreatedMil int64  `json:"createdDate"`
}

// convert reads an account; onlyFederated says that the realm has but a part of it.
func convert(raw json.RawMessage, onlyFederated bool) (takeover.User, error) {
	var u user
	if err := json.Unmarshal(raw, &u); err != nil {
		return takeover.User{}, err
	}
	if u.ID == "" && u.Username == "" {
		return takeover.User{}, errors.New("has neither id nor username")
	}
	if onlyFederated {
		return takeover.User{}, fmt.Errorf("(%s) is an account of a directory, of which the realm keeps credentials and links alone: take the people over from the directory", cmp.Or(u.ID, u.Username))
	}
	return u.neutral(), nil
}

func (u user) neutral() takeover.User {
	out := takeover.User{Key: cmp.Or(u.ID, u.Username), Disabled: u.Enabled != nil && !bool(*u.Enabled), CreatedAt: takeover.Moment(string(u.Created))}
	out.Set("preferred_username", u.Username)
	out.Set("email", u.Email)
	out.Set("email_verified", u.Email != "" && bool(u.EmailVerified)) // an address in an attribute is not what was proven
	out.Set("given_name", u.FirstName)
	out.Set("family_name", u.LastName)
	out.SetOwn(single(u.Attributes))
	for _, l := range u.Links {
		out.Links = append(out.Links, takeover.Link{Provider: l.Provider, Subject: l.Subject})
	}
	out.MetadataAdmin = u.memberships()
	u.note(&out)
	for _, c := range u.Credentials {
		if err := c.addTo(&out, u.ID); err != nil {
			out.Note("%s is not taken: %v", c.Type, err)
		}
	}
	return out
}

// single unwraps lists of one value, as which an export writes attributes.
func single(attributes map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range attributes {
		list, isList := value.([]any)
		switch {
		case isList && len(list) == 1:
			out[name] = list[0]
		case !isList || len(list) > 1:
			out[name] = value
		}
	}
	return out
}

func (u user) memberships() map[string]any {
	admin := map[string]any{}
	if len(u.Groups) > 0 {
		admin["groups"] = u.Groups
	}
	if len(u.RealmRoles) > 0 {
		admin["roles"] = u.RealmRoles
	}
	if len(u.ClientRoles) > 0 {
		admin["client_roles"] = u.ClientRoles
	}
	return admin
}

// note says what an operator has to do about the account.
func (u user) note(out *takeover.User) {
	if u.ServiceAccount != "" {
		out.Note("is the service account of client %s: make a client instead", u.ServiceAccount)
	}
	if u.Federation != "" && len(u.Credentials) == 0 {
		out.Note("its password is in the directory that the realm was connected to: its owner has to recover the account")
	}
	if len(u.Consents) > 0 {
		clients := make([]string, len(u.Consents))
		for i, c := range u.Consents {
			clients[i] = c.Client
		}
		out.Note("what the owner has allowed to clients (%s) is not taken", strings.Join(clients, ", "))
	}
	if len(u.Actions) > 0 {
		out.Note("what the owner was asked to do there (%s) is not asked here", strings.Join(u.Actions, ", "))
	}
}

func (c credential) addTo(out *takeover.User, id string) error {
	switch c.Type {
	case "password":
		hash, err := c.password()
		if out.PasswordHash != "" {
			return errors.New("there is a first password, and one is kept")
		}
		out.PasswordHash = hash
		return err
	case "password-history":
		return nil // hashes that its owner may not use again
	case "recovery-authn-codes":
		return errors.New("recovery codes are stored in a form that can't be read back; the owner makes new ones")
	case "otp", "totp":
		seed, err := c.totp()
		if out.TOTP != "" {
			return fmt.Errorf("there is a first authenticator app, and one is kept")
		}
		out.TOTP = seed
		return err
	case "webauthn", "webauthn-passwordless":
		key, err := c.key(id)
		switch {
		case err != nil:
		case c.Type == "webauthn":
			out.Keys = append(out.Keys, key)
		default:
			out.Passkeys = append(out.Passkeys, key)
		}
		return err
	default:
		return fmt.Errorf("this kind has no counterpart")
	}
}

// password is the PHC string of a hash.
func (c credential) password() (string, error) {
	var secret struct{ Value, Salt string }
	var data struct {
		HashIterations int                 `json:"hashIterations"`
		Algorithm      string              `json:"algorithm"`
		Additional     map[string][]string `json:"additionalParameters"`
	}
	if c.Secret == "" {
		switch {
		case c.OldHash == "" && c.OldValue != "":
			return "", errors.New("it is in clear, as in files that were written by hand; the owner has to recover the account")
		case c.OldHash == "":
			return "", errors.New("its hash is not in the export; the owner has to recover the account")
		}
		secret.Value, secret.Salt = c.OldHash, c.OldSalt
		data.HashIterations, data.Algorithm = c.OldRounds, c.OldName
	} else if err := c.decode(&secret, &data); err != nil {
		return "", err
	}
	value, err := base64.StdEncoding.DecodeString(secret.Value)
	if err != nil {
		return "", fmt.Errorf("its hash is no base64")
	}
	salt, err := base64.StdEncoding.DecodeString(secret.Salt)
	if err != nil {
		return "", fmt.Errorf("its salt is no base64")
	}
	raw := base64.RawStdEncoding.EncodeToString
	switch name := data.Algorithm; name {
	case "pbkdf2-sha256", "pbkdf2-sha512", "pbkdf2", "pbkdf2-sha1", "":
		if name == "pbkdf2" || name == "" {
			name = "pbkdf2-sha1"
		}
		return fmt.Sprintf("$%s$i=%d,l=%d$%s$%s", name, data.HashIterations, len(value), raw(salt), raw(value)), nil
	case "argon2":
		one := func(name, otherwise string) string {
			if v := data.Additional[name]; len(v) == 1 {
				return v[0]
			}
			return otherwise
		}
		version := 19
		if one("version", "1.3") == "1.0" {
			version = 16
		}
		return fmt.Sprintf("$argon2%s$v=%d$m=%s,t=%d,p=%s$%s$%s", one("type", "id"), version, one("memory", "7168"),
			data.HashIterations, one("parallelism", "1"), raw(salt), raw(value)), nil
	case "bcrypt":
		return string(value), nil
	default:
		return "", fmt.Errorf("the algorithm %q is not known", name)
	}
}

// totp is the otpauth URL of an authenticator app. The secret is the text itself, not
// base32 of it.
func (c credential) totp() (string, error) {
	var secret struct {
		Value string `json:"value"`
	}
	data := struct {
		SubType   string `json:"subType"`
		Digits    int    `json:"digits"`
		Period    int    `json:"period"`
		Algorithm string `json:"algorithm"`
		Encoding  string `json:"secretEncoding"`
	}{"totp", 6, 30, "HmacSHA1", ""}
	if c.Secret == "" { // before version 8
		secret.Value, data.SubType = c.OldValue, c.Type
		data.Digits, data.Period, data.Algorithm = cmp.Or(c.OldDigits, 6), cmp.Or(c.OldPeriod, 30), cmp.Or(c.OldName, data.Algorithm)
	} else if err := c.decode(&secret, &data); err != nil {
		return "", err
	}
	if data.SubType != "totp" {
		return "", fmt.Errorf("it counts (%s) instead of using the time", data.SubType)
	}
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secret.Value))
	if data.Encoding == "BASE32" {
		seed = secret.Value
	}
	if secret.Value == "" {
		return "", errors.New("its secret is not in the export")
	}
	algorithm := strings.ToUpper(strings.TrimPrefix(data.Algorithm, "Hmac"))
	return "otpauth://totp/account?secret=" + seed + "&algorithm=" + algorithm +
		"&digits=" + strconv.Itoa(data.Digits) + "&period=" + strconv.Itoa(data.Period), nil
}

// key is a security key. Its parts are base64 with or without the alphabet for URLs.
// The user handle is the id of the user.
func (c credential) key(userID string) (json.RawMessage, error) {
	var data struct {
		ID         string   `json:"credentialId"`
		PublicKey  string   `json:"credentialPublicKey"`
		Counter    uint32   `json:"counter"`
		AAGUID     string   `json:"aaguid"`
		Transports []string `json:"transports"`
	}
	if err := c.decode(&struct{}{}, &data); err != nil {
		return nil, err
	}
	return takeover.Key{
		ID: data.ID, PublicKey: data.PublicKey, SignCount: data.Counter, Name: c.Label, AddedAt: time.UnixMilli(c.CreatedMil).UTC(),
		Passwordless: c.Type == "webauthn-passwordless", AAGUID: data.AAGUID, Transports: data.Transports, Handle: userID,
	}.JSON()
}

func (c credential) decode(secret, data any) error {
	if c.Secret != "" {
		if err := json.Unmarshal([]byte(c.Secret), secret); err != nil {
			return fmt.Errorf("its secret data is no JSON")
		}
	}
	if err := json.Unmarshal([]byte(c.Data), data); err != nil {
		return fmt.Errorf("its credential data is no JSON")
	}
	return nil
}
