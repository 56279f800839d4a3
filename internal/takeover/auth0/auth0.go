package auth0

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"symbolon/internal/takeover"
)

// user has the members of exports, of the file of password hashes, and of Auth0's own
// import format, which others write too.
type user struct {
	ID         string `json:"user_id"`
	OtherID    string `json:"Id"` // as the default fields of the CSV-like export name it
	OID        oid    `json:"_id"`
	Email      string `json:"email"`
	Verified   any    `json:"email_verified"` // a boolean, or its text
	Username   string `json:"username"`
	Given      string `json:"given_name"`
	Family     string `json:"family_name"`
	Name       string `json:"name"`
	Nickname   string `json:"nickname"`
	Picture    string `json:"picture"`
	Phone      string `json:"phone_number"`
	PhoneOK    bool   `json:"phone_verified"`
	Blocked    bool   `json:"blocked"`
	Created    string `json:"created_at"`
	Identities []struct {
		Provider string          `json:"provider"`
		UserID   json.RawMessage `json:"user_id"` // a text, or a number
	} `json:"identities"`
	UserMetadata map[string]any `json:"user_metadata"`
	AppMetadata  map[string]any `json:"app_metadata"`
	PasswordHash string         `json:"passwordHash"`
	ImportedHash string         `json:"password_hash"`
	CustomHash   *struct {
		Algorithm string `json:"algorithm"`
		Hash      struct {
			Value string `json:"value"`
		} `json:"hash"`
	} `json:"custom_password_hash"`
	Factors []struct {
		TOTP *struct {
			Secret string `json:"secret"`
		} `json:"totp"`
		Phone *struct {
			Value string `json:"value"`
		} `json:"phone"`
	} `json:"mfa_factors"`
}

type oid struct {
	OID string `json:"$oid"`
}

// database is the provider of accounts with a password of Auth0's own.
const database = "auth0"

// Users reads one file or several in turn: exports of users, and files of password
// hashes, whose lines complete the users of the same id where they come first.
func Users(r io.Reader, hashes map[string]string) iter.Seq2[takeover.User, error] {
	return takeover.Lines(r, func(raw json.RawMessage) (takeover.User, error) {
		var u user
		if err := json.Unmarshal(raw, &u); err != nil {
			return takeover.User{}, err
		}
		return u.neutral(hashes)
	})
}

// Hashes reads a file of password hashes into a map by the id of the user.
func Hashes(r io.Reader) (map[string]string, error) {
	hashes := map[string]string{}
	for u, err := range Users(r, nil) {
		if err != nil {
			return nil, err
		}
		hashes[u.Key] = u.PasswordHash
	}
	return hashes, nil
}

func (u user) key() string {
	switch {
	case u.ID != "":
		return u.ID
	case u.OtherID != "":
		return u.OtherID
	case u.OID.OID != "":
		return database + "|" + u.OID.OID
	default:
		return u.Email
	}
}

func (u user) neutral(hashes map[string]string) (takeover.User, error) {
	out := takeover.User{Key: u.key(), Disabled: u.Blocked, MetadataPublic: u.UserMetadata, MetadataAdmin: u.AppMetadata}
	if out.Key == "" {
		return out, fmt.Errorf("has neither an id nor an e-mail address")
	}
	out.CreatedAt, _ = time.Parse(time.RFC3339, u.Created) // zero where it is missing
	out.Set("email", u.Email)
	out.Set("email_verified", u.Verified == true || u.Verified == "true")
	out.Set("preferred_username", u.Username)
	out.Set("given_name", u.Given)
	out.Set("family_name", u.Family)
	out.Set("name", u.Name)
	out.Set("nickname", u.Nickname)
	out.Set("picture", u.Picture)
	out.Set("phone_number", u.Phone)
	out.Set("phone_number_verified", u.PhoneOK)
	out.SetAll(u.UserMetadata)
	out.PasswordHash = u.hash(hashes[out.Key])
	for _, i := range u.Identities {
		if i.Provider != database {
			out.Links = append(out.Links, takeover.Link{Provider: i.Provider, Subject: subject(i.UserID)})
		}
	}
	if provider, id, ok := strings.Cut(out.Key, "|"); ok && len(u.Identities) == 0 && provider != database {
		out.Links = append(out.Links, takeover.Link{Provider: provider, Subject: id})
	}
	for _, f := range u.Factors {
		switch {
		case f.TOTP != nil && out.TOTP == "":
			out.TOTP = f.TOTP.Secret
		case f.Phone != nil && u.Phone == "":
			out.Set("phone_number", f.Phone.Value)
		default:
			out.Note("a second factor is not taken: there is no counterpart, or one of its kind already")
		}
	}
	return out, nil
}

func (u user) hash(fromFile string) string {
	switch {
	case u.PasswordHash != "":
		return u.PasswordHash
	case u.ImportedHash != "":
		return u.ImportedHash
	case u.CustomHash != nil:
		return u.CustomHash.Hash.Value
	default:
		return fromFile
	}
}

func subject(id json.RawMessage) string {
	var text string
	if json.Unmarshal(id, &text) == nil {
		return text
	}
	return string(id)
}
