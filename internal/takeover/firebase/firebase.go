package firebase

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// Params are the project's parameters of scrypt, which the console of Firebase shows under
// "Password hash parameters". They are secret.
type Params struct {
	SignerKey     string `json:"base64_signer_key"`
	SaltSeparator string `json:"base64_salt_separator"`
	Rounds        int    `json:"rounds"`   // block size r of scrypt
	MemoryCost    int    `json:"mem_cost"` // base-2 logarithm of N
	TrustCSV      bool   `json:"-"`        // take an export in CSV: see ErrCSV
}

// ReadParams reads the parameters as JSON, or as the text that the console shows:
//
//	hash_config {
//	  algorithm: SCRYPT,
//	  base64_signer_key: …,
//	  …
//	}
func ReadParams(raw []byte) (Params, error) {
	document := struct {
		Params
		Config *Params `json:"hash_config"`
	}{}
	if err := json.Unmarshal(raw, &document); err == nil {
		if document.Config != nil {
			return *document.Config, nil
		}
		return document.Params, nil
	}
	var p Params
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(strings.Trim(line, " \t\r\n,"), ":")
		value = strings.Trim(value, " \t\"")
		switch strings.Trim(name, "\"") {
		case "base64_signer_key":
			p.SignerKey = value
		case "base64_salt_separator":
			p.SaltSeparator = value
		case "rounds":
			p.Rounds, _ = strconv.Atoi(value) // 0 is refused below
		case "mem_cost":
			p.MemoryCost, _ = strconv.Atoi(value)
		}
	}
	if p.SignerKey == "" || p.Rounds == 0 || p.MemoryCost == 0 {
		return p, errors.New("the file has no base64_signer_key, rounds and mem_cost")
	}
	return p, nil
}

type user struct {
	ID        string            `json:"localId"`
	Email     string            `json:"email"`
	Verified  takeover.Flag     `json:"emailVerified"`
	Hash      string            `json:"passwordHash"`
	Salt      string            `json:"salt"`
	Name      string            `json:"displayName"`
	Picture   string            `json:"photoUrl"`
	Created   takeover.Text     `json:"createdAt"` // milliseconds
	Phone     string            `json:"phoneNumber"`
	Disabled  takeover.Flag     `json:"disabled"`
	Custom    string            `json:"customAttributes"` // JSON
	Providers []provider        `json:"providerUserInfo"`
	Factors   []json.RawMessage `json:"mfaInfo"`
}

type provider struct {
	ID      string `json:"providerId"`
	Subject string `json:"rawId"`
}

// own are what Firebase calls a provider and is a way to sign in without one.
func own(provider string) bool {
	return slices.Contains([]string{"password", "phone", "firebase", "emailLink", "anonymous", "custom"}, provider)
}

// ErrCSV refuses an export in CSV. Firebase writes names and photo URLs into it as people set them: with commas, quotes and
// line ends, by which one person's text reads as the values or rows of others.
var ErrCSV = errors.New("is CSV, in which a person's name or photo URL can pass for values and rows of others: export users.json, " +
	"or add --trust-csv if only you wrote names and photo URLs")

// Users reads the file that an export is, in JSON or, if the parameters trust it, in CSV.
func Users(r io.Reader, p Params) iter.Seq2[takeover.User, error] {
	buffered := bufio.NewReader(r)
	if !takeover.IsJSON(buffered) {
		if _, err := buffered.Peek(1); err == nil && !p.TrustCSV {
			return func(yield func(takeover.User, error) bool) { yield(takeover.User{}, fmt.Errorf("the file %w", ErrCSV)) }
		}
		return table(buffered, p)
	}
	return takeover.Array(buffered, "users", func(raw json.RawMessage) (takeover.User, error) {
		var u user
		if err := json.Unmarshal(raw, &u); err != nil {
			return takeover.User{}, err
		}
		return u.neutral(p)
	})
}

func (u user) neutral(p Params) (takeover.User, error) {
	out := takeover.User{Key: u.ID, Disabled: bool(u.Disabled), CreatedAt: takeover.Moment(string(u.Created))}
	if out.Key == "" {
		return out, fmt.Errorf("has no localId")
	}
	out.Set("email", u.Email)
	out.Set("email_verified", bool(u.Verified))
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
			out.Note("its custom attributes are not JSON")
		}
	}
	if len(u.Factors) > 0 {
		out.Note("second factors are not taken: the export has neither the secrets of authenticator apps nor which phone number is proven")
	}
	if u.Hash == "" {
		return out, nil
	}
	if p.SignerKey == "" || p.MemoryCost < 1 || p.MemoryCost > bits.UintSize || p.Rounds < 1 {
		return out, errors.New("has a password, and the parameters of its hash are not given (--hash-parameters)")
	}
	hash, err := p.hash(u.Hash, u.Salt)
	if err != nil {
		out.Note("the password is not taken, and its owner has to recover the account: %v", err)
	}
	out.PasswordHash = hash
	return out, nil
}

// hash is the string that package passhash verifies.
func (p Params) hash(hash, salt string) (string, error) {
	parts := make([]string, 4)
	for i, text := range []string{salt, hash, p.SaltSeparator, p.SignerKey} {
		b, err := takeover.Bytes(text)
		if err != nil {
			return "", fmt.Errorf("its hash is no base64")
		}
		parts[i] = base64.StdEncoding.EncodeToString(b)
	}
	return fmt.Sprintf("$firescrypt$ln=%d,r=%d,p=1$%s$%s$%s$%s", p.MemoryCost, p.Rounds, parts[0], parts[1], parts[2], parts[3]), nil
}
