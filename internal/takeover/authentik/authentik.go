package authentik

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/symbolon/symbolon/internal/takeover"
)

// object is one object of a dump.
type object struct {
	Model  string          `json:"model"`
	Key    any             `json:"pk"`
	Fields json.RawMessage `json:"fields"`
	ID     string          `json:"-"` // by which other entries of a blueprint refer to it
	listed bool            // it is of a list of the API
}

type user struct {
	UUID       string         `json:"uuid"`
	Username   string         `json:"username"`
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	Password   string         `json:"password"`
	Active     *takeover.Flag `json:"is_active"`
	Joined     takeover.Text  `json:"date_joined"`
	Groups     []any          `json:"groups"`
	OldGroups  []any          `json:"ak_groups"`
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
}

// Users reads a dump, a blueprint, or a list of users of the API. What belongs to users may stand before or after them, so
// all of it is kept in the scratch, which has to be empty; other objects, such as events and sessions, are passed over.
func Users(r io.Reader, s takeover.Scratch) iter.Seq2[takeover.User, error] {
	return takeover.Checked(s, func(yield func(takeover.User, error) bool) {
		d := newDump(s)
		if err := d.read(r); err != nil {
			yield(takeover.User{}, fmt.Errorf("the file is no dump of objects: %w", err))
			return
		}
		d.assign()
		found := false
		for _, raw := range s.All(tableUsers) {
			found = true
			o := restored(raw)
			if !yield(o.user(d)) {
				return
			}
		}
		switch {
		case !found:
			yield(takeover.User{}, errors.New("the dump has no object of authentik_core.user"))
		case d.next != "" && !yield(takeover.User{Key: "page " + d.next}, errors.New("follows this part of the list: export all users")):
		default:
			d.orphans(yield)
		}
	})
}

// name is a key as text. A natural key is a list of one. A blueprint may say how to find the object instead, by its model and a pair of a member and its value.
func name(key any) string {
	find, ok := key.([]any)
	if ok && len(find) == 1 {
		key = find[0]
	}
	if ok && len(find) == 2 {
		if pair, ok := find[1].([]any); ok && len(pair) == 2 {
			key = pair[1]
		}
	}
	if n, ok := key.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(key)
}

func (k kept) user(d *dump) (takeover.User, error) {
	var u user
	if err := json.Unmarshal(k.Fields, &u); err != nil {
		return takeover.User{Key: k.Key}, fmt.Errorf("user %s: %w", k.Key, err)
	}
	of := d.belongings(k.Key)
	out := takeover.User{
		Key: cmp.Or(u.UUID, u.Username, k.Key), PasswordHash: u.Password, Disabled: u.Active != nil && !bool(*u.Active),
		CreatedAt: takeover.Moment(string(u.Joined)), Keys: of.keys, RecoveryCodes: of.codes, Notes: of.notes,
	}
	// There is no proof of addresses there, and what people may write into attributes is none.
	out.Set("email_verified", false)
	out.Set("phone_number_verified", false)
	if u.Password != "" && u.Password[0] == '!' { // Django's mark of an unusable one
		out.PasswordHash = ""
	}
	out.Set("preferred_username", u.Username)
	out.Set("name", u.Name)
	out.Set("email", u.Email)
	out.SetOwn(u.Attributes)
	for i, seed := range of.totp {
		if i > 0 {
			out.Note("a second authenticator app is not taken")
			continue
		}
		out.TOTP = seed
	}
	d.addLinks(&out, of.links)
	if groups := d.names(append(u.Groups, u.OldGroups...)); len(groups) > 0 {
		out.MetadataAdmin = map[string]any{"groups": groups}
	}
	if k.Listed {
		out.Note("a list of the API has no passwords, devices and links: 'ak dumpdata' has them")
	}
	if u.Type == "service_account" || u.Type == "internal_service_account" {
		out.Note("is a service account")
	}
	return out, nil
}

// addLinks adds the accounts of those keys at sources.
func (d *dump) addLinks(out *takeover.User, keys []string) {
	for _, key := range slices.Compact(keys) {
		switch source, subject := d.connection(key); {
		case subject == "" || source == "":
			out.Note("the account at source %q is not taken: the dump does not have its identifier", source)
		default:
			out.Links = append(out.Links, takeover.Link{Provider: source, Subject: subject})
		}
	}
}

// names are those of groups, or their keys where the dump does not have the groups.
func (d *dump) names(keys []any) (all []string) {
	for _, k := range keys {
		all = append(all, cmp.Or(d.groups[name(k)], name(k)))
	}
	return all
}
