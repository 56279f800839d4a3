package firebase

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"strconv"
	"time"

	"symbolon/internal/takeover"
)

// Params are the project's parameters of scrypt, which the console of Firebase shows under
// "Password hash parameters". They are secret.
type Params struct {
	SignerKey     string `json:"base64_signer_key"`
	SaltSeparator string `json:"base64_salt_separator"`
	Rounds        int    `json:"rounds"`   // block size r of scrypt
	MemoryCost    int    `json:"mem_cost"` // base-2 logarithm of N
}

type user struct {
	ID        string `json:"localId"`
	Email     string `json:"email"`
	Verified  bool   `json:"emailVerified"`
	Hash      string `json:"passwordHash"`
	Salt      string `json:"salt"`
	Name      string `json:"displayName"`
	Picture   string `json:"photoUrl"`
	Created   string `json:"createdAt"` // milliseconds
	Phone     string `json:"phoneNumber"`
	Disabled  bool   `json:"disabled"`
	Custom    string `json:"customAttributes"` // JSON
	Providers []struct {
		ID      string `json:"providerId"`
		Subject string `json:"rawId"`
	} `json:"providerUserInfo"`
	Factors []json.RawMessage `json:"mfaInfo"`
}

// own are what Firebase calls a provider and is a way to sign in without one.
func own(provider string) bool {
	return provider == "password" || provider == "phone" || provider == "firebase"
}

// Users reads the file that an export in JSON is.
func Users(r io.Reader, p Params) iter.Seq2[takeover.User, error] {
	return takeover.Array(r, "users", func(raw json.RawMessage) (takeover.User, error) {
		var u user
		if err := json.Unmarshal(raw, &u); err != nil {
			return takeover.User{}, err
		}
		return u.neutral(p)
	})
}

func (u user) neutral(p Params) (takeover.User, error) {
	out := takeover.User{Key: u.ID, Disabled: u.Disabled}
	if out.Key == "" {
		return out, fmt.Errorf("has no localId")
	}
	if ms, err := strconv.ParseInt(u.Created, 10, 64); err == nil {
		out.CreatedAt = time.UnixMilli(ms).UTC()
	}
	out.Set("email", u.Email)
	out.Set("email_verified", u.Verified)
	out.Set("name", u.Name)
	out.Set("picture", u.Picture)
	out.Set("phone_number", u.Phone)
	out.Set("phone_number_verified", u.Phone != "") // people sign in with it
	for _, provider := range u.Providers {
		if !own(provider.ID) {
			out.Links = append(out.Links, takeover.Link{Provider: provider.ID, Subject: provider.Subject})
		}
	}
	if u.Custom != "" {
		if err := json.Unmarshal([]byte(u.Custom), &out.MetadataAdmin); err != nil {
			out.Note("its custom attributes are no JSON")
		}
	}
	if len(u.Factors) > 0 {
		out.Note("second factors by phone are not taken: the export does not say which number is proven")
	}
	if u.Hash != "" {
		hash, err := p.hash(u.Hash, u.Salt)
		if err != nil {
			return out, err
		}
		out.PasswordHash = hash
	}
	return out, nil
}

// hash is the string that package passhash verifies.
func (p Params) hash(hash, salt string) (string, error) {
	if p.SignerKey == "" || p.MemoryCost < 1 || p.MemoryCost > bits.UintSize || p.Rounds < 1 {
		return "", fmt.Errorf("has a password, and the parameters of its hash are not given (--hash-parameters)")
	}
	parts := make([]string, 4)
	for i, text := range []string{salt, hash, p.SaltSeparator, p.SignerKey} {
		b, err := takeover.Bytes(text)
		if err != nil {
			return "", fmt.Errorf("its password hash is no base64")
		}
		parts[i] = base64.StdEncoding.EncodeToString(b)
	}
	return fmt.Sprintf("$firescrypt$ln=%d,r=%d,p=1$%s$%s$%s$%s", p.MemoryCost, p.Rounds, parts[0], parts[1], parts[2], parts[3]), nil
}
