package supabase

import (
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/takeover"
)

// user is a row of auth.users, or a user as the admin API lists it.
type user struct {
	ID           string          `json:"id"`
	Email        string          `json:"email"`
	Hash         string          `json:"encrypted_password"`
	Confirmed    takeover.Text   `json:"email_confirmed_at"`
	OldConfirmed takeover.Text   `json:"confirmed_at"`
	Phone        takeover.Text   `json:"phone"`
	PhoneOK      takeover.Text   `json:"phone_confirmed_at"`
	User         takeover.Object `json:"raw_user_meta_data"`
	App          takeover.Object `json:"raw_app_meta_data"`
	ListedUser   takeover.Object `json:"user_metadata"`
	ListedApp    takeover.Object `json:"app_metadata"`
	Created      takeover.Text   `json:"created_at"`
	Banned       takeover.Text   `json:"banned_until"`
	Deleted      takeover.Text   `json:"deleted_at"`
	Anonymous    takeover.Flag   `json:"is_anonymous"`
	Links        []link          `json:"identities"`
	Factors      []factor        `json:"factors"`
}

type link struct {
	ID         takeover.Text   `json:"id"`
	UserID     string          `json:"user_id"`
	Provider   string          `json:"provider"`
	ProviderID takeover.Text   `json:"provider_id"`
	Data       takeover.Object `json:"identity_data"`
}

type factor struct {
	UserID string `json:"user_id"`
	Type   string `json:"factor_type"`
	Secret string `json:"secret"`
	Status string `json:"status"`
}

func (u user) neutral(links []link, factors []factor, now time.Time) takeover.User {
	out := takeover.User{Key: u.ID, PasswordHash: u.Hash, CreatedAt: takeover.Moment(string(u.Created)), MetadataAdmin: u.App}
	if u.App == nil {
		out.MetadataAdmin = u.ListedApp
	}
	out.Set("email", u.Email)
	// confirmed_at is when the first of both was confirmed: it tells of the e-mail address where no phone number was.
	emailOK := takeover.Happened(string(u.Confirmed)) || takeover.Happened(string(u.OldConfirmed)) && u.PhoneOK == "" && u.Phone == ""
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
