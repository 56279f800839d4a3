package supabase

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// user is a row of auth.users, or a user as the admin API lists it.
type user struct {
	ID           string         `json:"id"`
	Email        string         `json:"email"`
	Hash         string         `json:"encrypted_password"`
	Confirmed    takeover.Text  `json:"email_confirmed_at"`
	OldConfirmed takeover.Text  `json:"confirmed_at"`
	Phone        takeover.Text  `json:"phone"`
	PhoneOK      takeover.Text  `json:"phone_confirmed_at"`
	User         map[string]any `json:"raw_user_meta_data"`
	App          map[string]any `json:"raw_app_meta_data"`
	ListedUser   map[string]any `json:"user_metadata"`
	ListedApp    map[string]any `json:"app_metadata"`
	Created      takeover.Text  `json:"created_at"`
	Banned       takeover.Text  `json:"banned_until"`
	Deleted      takeover.Text  `json:"deleted_at"`
	Anonymous    takeover.Flag  `json:"is_anonymous"`
	Links        []link         `json:"identities"`
	Factors      []factor       `json:"factors"`
}

type link struct {
	ID         takeover.Text  `json:"id"`
	UserID     string         `json:"user_id"`
	Provider   string         `json:"provider"`
	ProviderID takeover.Text  `json:"provider_id"`
	Data       map[string]any `json:"identity_data"`
}

type factor struct {
	UserID string `json:"user_id"`
	Type   string `json:"factor_type"`
	Secret string `json:"secret"`
	Status string `json:"status"`
}

// Users reads the document, or an array of users alone. Links and factors are held in memory;
// users that stand before them are too, and others come one after the other.
func Users(r io.Reader, now time.Time) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		d := reader{Decoder: takeover.NewDecoder(r), now: now, links: map[string][]link{}, factors: map[string][]factor{}, yield: yield}
		if err := d.document(); err != nil && !errors.Is(err, errStop) {
			yield(takeover.User{}, err)
		}
	}
}

// errStop says that the caller wants no more users.
var errStop = errors.New("stopped")

type reader struct {
	*json.Decoder
	now     time.Time
	links   map[string][]link
	factors map[string][]factor
	seen    [2]bool           // the lists of links and of factors were there
	waiting []json.RawMessage // users that came before what belongs to them
	n       int
	yield   func(takeover.User, error) bool
}

func (d *reader) document() error {
	first, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("the file is no JSON: %w", err)
	case first == json.Delim('[') && d.More():
		return d.elements(d.user)
	case first != json.Delim('{'):
		return errors.New("the file has no member users")
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("after %d users: %w", d.n, err)
		}
		found = found || name == "users"
		if err := d.member(name); err != nil {
			return err
		}
	}
	if !found {
		return errors.New("the file has no member users")
	}
	for _, raw := range d.waiting {
		if err := d.user(raw); err != nil {
			return err
		}
	}
	return d.orphans()
}

// orphans tells of links and factors whose user the document does not have.
func (d *reader) orphans() error {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(d.links)), maps.Keys(d.factors))
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if !d.yield(takeover.User{Key: cmp.Or(id, "none")}, errors.New("has identities or factors, and no row among the users")) {
			return errStop
		}
	}
	return nil
}

func (d *reader) member(name json.Token) error {
	each := func(json.RawMessage) error { return nil }
	switch {
	case name == "users" && d.seen == [2]bool{true, true}:
		each = d.user
	case name == "users":
		each = func(raw json.RawMessage) error { d.waiting = append(d.waiting, raw); return nil }
	case name == "identities":
		d.seen[0] = true
		each = func(raw json.RawMessage) error {
			var l link
			err := json.Unmarshal(raw, &l)
			d.links[l.UserID] = append(d.links[l.UserID], l)
			return err
		}
	case name == "mfa_factors":
		d.seen[1] = true
		each = func(raw json.RawMessage) error {
			var f factor
			err := json.Unmarshal(raw, &f)
			d.factors[f.UserID] = append(d.factors[f.UserID], f)
			return err
		}
	}
	begin, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("after %d users: %w", d.n, err)
	case begin == json.Delim('['):
		return d.elements(each)
	case begin == json.Delim('{'):
		return fmt.Errorf("%v is no list", name)
	}
	return nil // null, for a table without rows
}

// elements reads the array that has begun.
func (d *reader) elements(each func(json.RawMessage) error) error {
	for d.More() {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if err == nil {
			err = each(raw)
		}
		if errors.Is(err, errStop) {
			return err
		}
		if err != nil {
			return fmt.Errorf("after %d users: %w", d.n, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("after %d users: %w", d.n, err)
	}
	return nil
}

func (d *reader) user(raw json.RawMessage) error {
	d.n++
	var u user
	err := json.Unmarshal(raw, &u)
	if err == nil && u.ID == "" {
		err = errors.New("it has no id")
	}
	var out takeover.User
	if err != nil {
		out, err = takeover.User{Key: fmt.Sprintf("number %d", d.n)}, fmt.Errorf("user number %d is no row of auth.users: %w", d.n, err)
	} else {
		out = u.neutral(append(u.Links, d.links[u.ID]...), append(u.Factors, d.factors[u.ID]...), d.now)
		delete(d.links, u.ID)
		delete(d.factors, u.ID)
	}
	if !d.yield(out, err) {
		return errStop
	}
	return nil
}

func (u user) neutral(links []link, factors []factor, now time.Time) takeover.User {
	out := takeover.User{Key: u.ID, PasswordHash: u.Hash, CreatedAt: takeover.Moment(string(u.Created)), MetadataAdmin: u.App}
	if u.App == nil {
		out.MetadataAdmin = u.ListedApp
	}
	out.Set("email", u.Email)
	// confirmed_at is when the first of both was confirmed: it tells of the e-mail address where no phone number was.
	emailOK := takeover.Happened(string(u.Confirmed)) || takeover.Happened(string(u.OldConfirmed)) && u.PhoneOK == ""
	out.Set("email_verified", u.Email != "" && emailOK)
	if u.Phone != "" {
		out.Set("phone_number", "+"+strings.TrimPrefix(string(u.Phone), "+"))
	}
	out.Set("phone_number_verified", u.Phone != "" && takeover.Happened(string(u.PhoneOK)))
	out.SetOwn(u.User)
	out.SetOwn(u.ListedUser)
	out.Set("name", firstText(out.Claims, "name", "full_name"))
	out.Set("picture", firstText(out.Claims, "picture", "avatar_url"))
	out.SelfWritten = append(out.SelfWritten, "name", "picture")
	banned := takeover.Moment(string(u.Banned))
	out.Disabled = u.Deleted != "" || banned.After(now) || u.Banned != "" && banned.IsZero() // such as "infinity"
	for _, l := range links {
		if l.Provider == "email" || l.Provider == "phone" {
			continue
		}
		out.Links = append(out.Links, takeover.Link{Provider: l.Provider, Subject: l.subject()})
	}
	for _, f := range factors {
		switch {
		case f.Status != "verified":
		case f.Type == "totp" && out.TOTP == "" && f.Secret != "":
			out.TOTP = f.Secret
		default:
			out.Note("a second factor (%s) is not taken: there is no counterpart, or one of its kind already", f.Type)
		}
	}
	if u.Anonymous {
		out.Note("is an anonymous account: nothing of it can be signed in with")
	}
	return out
}

// subject is the id at the provider; rows of earlier versions have it as their own id.
func (l link) subject() string {
	if l.ProviderID != "" {
		return string(l.ProviderID)
	}
	if sub, ok := l.Data["sub"].(string); ok && sub != "" {
		return sub
	}
	return string(l.ID)
}

// firstText is the first claim that is a text; nil if none is.
func firstText(claims map[string]any, names ...string) any {
	for _, name := range names {
		if text, ok := claims[name].(string); ok && text != "" {
			return text
		}
	}
	return nil
}
