package auth0

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// user has the members of exports, of the file of password hashes, and of Auth0's own
// import format, which others write too.
type user struct {
	ID string `json:"user_id"`
	spelled
	OID        oid             `json:"_id"`
	Email      string          `json:"email"`
	Verified   takeover.Flag   `json:"email_verified"`
	Username   string          `json:"username"`
	Given      string          `json:"given_name"`
	Family     string          `json:"family_name"`
	Name       string          `json:"name"`
	Nickname   string          `json:"nickname"`
	Picture    string          `json:"picture"`
	Phone      string          `json:"phone_number"`
	PhoneOK    takeover.Flag   `json:"phone_verified"`
	Blocked    takeover.Flag   `json:"blocked"`
	Created    json.RawMessage `json:"created_at"` // a text, or {"$date": …}
	Identities []struct {
		Provider   string        `json:"provider"`
		Connection string        `json:"connection"`
		UserID     takeover.Text `json:"user_id"`
	} `json:"identities"`
	UserMetadata map[string]any `json:"user_metadata"`
	AppMetadata  map[string]any `json:"app_metadata"`
	PasswordHash string         `json:"passwordHash"`
	ImportedHash string         `json:"password_hash"`
	CustomHash   *customHash    `json:"custom_password_hash"`
	Multifactor  []string       `json:"multifactor"`
	Factors      []struct {
		TOTP *struct {
			Secret string `json:"secret"`
		} `json:"totp"`
		Phone *struct {
			Value string `json:"value"`
		} `json:"phone"`
	} `json:"mfa_factors"`
}

// spelled are members as the export's default fields name them.
type spelled struct {
	OtherID    string          `json:"Id"`
	VerifiedBy takeover.Flag   `json:"Email Verified"`
	GivenName  string          `json:"Given Name"`
	FamilyName string          `json:"Family Name"`
	CreatedAt  json.RawMessage `json:"Created At"`
}

// oid is an id of a file of password hashes: a text, or {"$oid": …}.
type oid struct{ OID string }

// UnmarshalJSON implements json.Unmarshaler.
func (o *oid) UnmarshalJSON(raw []byte) error {
	if raw[0] == '{' {
		extended := struct {
			OID *string `json:"$oid"`
		}{&o.OID}
		return json.Unmarshal(raw, &extended)
	}
	var text takeover.Text
	err := text.UnmarshalJSON(raw)
	o.OID = string(text)
	return err
}

// database is the provider of accounts with a password of Auth0's own.
const database = "auth0"

// tableHashes is the table of the scratch: password hashes by the id of their user.
const tableHashes = "hashes"

// Users reads one file or several in turn: exports of users, and files of password
// hashes, whose lines complete the users of the same id where they come first. hashes is
// where Hashes kept those; nil for none. A hash that completed a user is removed.
func Users(r io.Reader, hashes takeover.Scratch) iter.Seq2[takeover.User, error] {
	users := takeover.Users(func(raw json.RawMessage) (takeover.User, error) {
		var u user
		if err := json.Unmarshal(raw, &u); err != nil {
			return takeover.User{}, err
		}
		out, err := u.neutral(hashes)
		out.SetOwn(more(raw))
		return out, err
	}, takeover.Rows(r, "user_id", "Id", "email", "Email"))
	if hashes == nil {
		return users
	}
	return takeover.Checked(hashes, users)
}

// more are members that providers or an import gave the profile, such as a locale: those that are neither read by name
// nor bookkeeping.
func more(raw json.RawMessage) map[string]any {
	rest := map[string]any{}
	if json.Unmarshal(raw, &rest) != nil {
		return nil
	}
	maps.DeleteFunc(rest, func(name string, _ any) bool {
		switch strings.ReplaceAll(strings.ToLower(name), " ", "_") {
		case "user_id", "id", "_id", "email", "email_verified", "username", "given_name", "family_name", "name", "nickname", "picture", "phone_number",
			"phone_verified", "blocked", "created_at", "identities", "user_metadata", "app_metadata", "passwordhash", "password_hash", "custom_password_hash",
			"multifactor", "mfa_factors", "guardian_authenticators":
			return true
		case "updated_at", "last_login", "last_ip", "logins_count", "last_password_reset", "password_set_date", "tenant", "connection", "version",
			"_tmp_is_unique", "emails", "multifactor_last_modified", "blocked_for", "email_lower", "provider":
			return true
		}
		return false
	})
	return rest
}

// Hashes reads a file of password hashes and keeps them in the scratch, which has to be empty.
func Hashes(r io.Reader, s takeover.Scratch) error {
	for u, err := range Users(r, nil) {
		if err != nil {
			return err
		}
		s.Add(tableHashes, u.Key, []byte(u.PasswordHash))
		if s.Err() != nil {
			return s.Err()
		}
	}
	return nil
}

// Unused yields an error for each hash that completed no user.
func Unused(hashes takeover.Scratch) iter.Seq2[takeover.User, error] {
	return takeover.Checked(hashes, func(yield func(takeover.User, error) bool) {
		for key := range hashes.Keys(tableHashes) {
			if !yield(takeover.User{Key: key}, errors.New("is in the file of password hashes and not among the users")) {
				return
			}
		}
	})
}

// take is the last hash of a user, which no other user gets; empty if there is none.
func take(hashes takeover.Scratch, key string) string {
	if hashes == nil {
		return ""
	}
	all := hashes.Take(tableHashes, key)
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1])
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

func (u user) neutral(hashes takeover.Scratch) (takeover.User, error) {
	out := takeover.User{Key: u.key(), Disabled: bool(u.Blocked), CreatedAt: created(u.Created, u.CreatedAt), MetadataPublic: u.UserMetadata, MetadataAdmin: u.AppMetadata}
	if out.Key == "" {
		return out, fmt.Errorf("has neither an id nor an e-mail address")
	}
	out.Set("email", u.Email)
	out.Set("email_verified", u.Email != "" && bool(u.Verified || u.VerifiedBy)) // an address in metadata is not what was proven
	out.Set("preferred_username", u.Username)
	out.Set("given_name", cmp.Or(u.Given, u.GivenName))
	out.Set("family_name", cmp.Or(u.Family, u.FamilyName))
	out.Set("name", u.Name)
	out.Set("nickname", u.Nickname)
	out.Set("picture", u.Picture)
	out.Set("phone_number", u.Phone)
	out.Set("phone_number_verified", u.Phone != "" && bool(u.PhoneOK))
	out.SetOwn(u.UserMetadata)
	if err := u.setHash(&out, take(hashes, out.Key)); err != nil {
		out.Note("the password is not taken, and its owner has to recover the account: %v", err)
	}
	u.setLinks(&out)
	u.setFactors(&out)
	return out, nil
}

// own reports whether accounts of a provider are Auth0's own: with a password, or with codes
// that it sends.
func own(provider string) bool {
	return provider == database || provider == "email" || provider == "sms"
}

func (u user) setLinks(out *takeover.User) {
	named := false
	for _, i := range u.Identities {
		if i.Provider == "" && i.UserID == "" { // an export in CSV has the members that were asked for, such as the connection
			continue
		}
		named = true
		if !own(i.Provider) {
			out.Links = append(out.Links, link(i.Provider, i.Connection, string(i.UserID)))
		}
	}
	if provider, id, ok := strings.Cut(out.Key, "|"); ok && !named && !own(provider) {
		out.Links = append(out.Links, link(provider, "", id))
	}
}

// link is the account at a provider. Of some kinds, such as oidc and samlp, there are several connections: each is a
// provider of its own, whose name stands before the subject.
func link(provider, connection, id string) takeover.Link {
	switch provider {
	case "oidc", "samlp", "waad", "adfs", "ad", "auth0-adldap", "okta", "pingfederate", "google-apps", "oauth2":
	default:
		return takeover.Link{Provider: provider, Subject: id}
	}
	named, subject, ok := strings.Cut(id, "|")
	switch {
	case connection != "" && strings.HasPrefix(id, connection+"|"):
		return takeover.Link{Provider: connection, Subject: id[len(connection)+1:]}
	case connection == "" && ok:
		return takeover.Link{Provider: named, Subject: subject}
	}
	return takeover.Link{Provider: provider, Subject: id}
}

func (u user) setFactors(out *takeover.User) {
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
	if len(u.Multifactor) > 0 && len(u.Factors) == 0 {
		out.Note("second factors (%s) are not in the export: the owner sets one up again", strings.Join(u.Multifactor, ", "))
	}
}

func (u user) setHash(out *takeover.User, fromFile string) (err error) {
	switch {
	case u.PasswordHash != "":
		out.PasswordHash = u.PasswordHash
	case u.ImportedHash != "":
		out.PasswordHash = u.ImportedHash
	case u.CustomHash != nil:
		out.PasswordHash, err = u.CustomHash.encoded()
	default:
		out.PasswordHash = fromFile
	}
	return err
}

// created reads the time of an export, a text, and that of a file of hashes, {"$date": …}.
func created(raw, spelled json.RawMessage) time.Time {
	if raw == nil {
		raw = spelled
	}
	var text takeover.Text
	if json.Unmarshal(raw, &text) != nil {
		var extended struct {
			Date takeover.Text `json:"$date"`
		}
		_ = json.Unmarshal(raw, &extended) // zero where it is neither
		text = extended.Date
	}
	return takeover.Moment(string(text))
}
