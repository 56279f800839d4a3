package supabase

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"symbolon/internal/takeover"
)

type user struct {
	ID        string         `json:"id"`
	Email     string         `json:"email"`
	Hash      string         `json:"encrypted_password"`
	Confirmed *string        `json:"email_confirmed_at"`
	Phone     string         `json:"phone"`
	PhoneOK   *string        `json:"phone_confirmed_at"`
	User      map[string]any `json:"raw_user_meta_data"`
	App       map[string]any `json:"raw_app_meta_data"`
	Created   string         `json:"created_at"`
	Banned    *string        `json:"banned_until"`
	Deleted   *string        `json:"deleted_at"`
	Anonymous bool           `json:"is_anonymous"`
	SSO       bool           `json:"is_sso_user"`
}

type link struct {
	UserID     string         `json:"user_id"`
	Provider   string         `json:"provider"`
	ProviderID string         `json:"provider_id"`
	Data       map[string]any `json:"identity_data"`
}

type factor struct {
	UserID string `json:"user_id"`
	Type   string `json:"factor_type"`
	Secret string `json:"secret"`
	Status string `json:"status"`
}

// layouts are how PostgreSQL and JSON write times.
func layouts() []string {
	return []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02T15:04:05.999999999"}
}

// Users reads the document. It holds all links and factors in memory, and the users one
// after the other if they come last.
func Users(r io.Reader, now time.Time) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		var document struct {
			Identities []link            `json:"identities"`
			Factors    []factor          `json:"mfa_factors"`
			Users      []json.RawMessage `json:"users"`
		}
		if err := json.NewDecoder(r).Decode(&document); err != nil {
			yield(takeover.User{}, fmt.Errorf("the file is no JSON: %w", err))
			return
		}
		if document.Users == nil {
			yield(takeover.User{}, errors.New("the file has no member users"))
			return
		}
		links, factors := map[string][]link{}, map[string][]factor{}
		for _, l := range document.Identities {
			links[l.UserID] = append(links[l.UserID], l)
		}
		for _, f := range document.Factors {
			factors[f.UserID] = append(factors[f.UserID], f)
		}
		for n, raw := range document.Users {
			var u user
			if err := json.Unmarshal(raw, &u); err != nil || u.ID == "" {
				err = fmt.Errorf("user number %d is no row of auth.users: %w", n+1, errors.Join(err))
				if !yield(takeover.User{Key: fmt.Sprintf("number %d", n+1)}, err) {
					return
				}
				continue
			}
			if !yield(u.neutral(links[u.ID], factors[u.ID], now), nil) {
				return
			}
		}
	}
}

func (u user) neutral(links []link, factors []factor, now time.Time) takeover.User {
	out := takeover.User{Key: u.ID, PasswordHash: u.Hash, CreatedAt: moment(u.Created), MetadataAdmin: u.App}
	out.Set("email", u.Email)
	out.Set("email_verified", u.Confirmed != nil)
	if u.Phone != "" {
		out.Set("phone_number", "+"+trimPlus(u.Phone))
		out.Set("phone_number_verified", u.PhoneOK != nil)
	}
	out.SetAll(u.User)
	out.Disabled = u.Deleted != nil || u.Banned != nil && moment(*u.Banned).After(now)
	for _, l := range links {
		if l.Provider == "email" || l.Provider == "phone" {
			continue
		}
		subject := l.ProviderID
		if sub, ok := l.Data["sub"].(string); subject == "" && ok {
			subject = sub
		}
		out.Links = append(out.Links, takeover.Link{Provider: l.Provider, Subject: subject})
	}
	for _, f := range factors {
		switch {
		case f.Status != "verified":
		case f.Type == "totp" && out.TOTP == "":
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

func trimPlus(phone string) string {
	if phone[0] == '+' {
		return phone[1:]
	}
	return phone
}

// moment reads a time; zero if it is in no known form.
func moment(text string) time.Time {
	for _, layout := range layouts() {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
