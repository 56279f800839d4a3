package authentik

import (
	"cmp"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

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

// belongings are what objects of other models say of users and devices, by their keys.
type belongings struct {
	totp    map[string][]string // otpauth URLs by user
	static  map[string][]string // devices of recovery codes by user
	codes   map[string][]string // recovery codes by device
	keys    map[string][]json.RawMessage
	sources map[string]string // slugs by key
	groups  map[string]string // names by key
	links   map[string]*connection
	linked  map[string][]string // keys of links by user
	notes   map[string][]string
	users   map[named]string // keys of users by each of their names
	devices map[string]bool  // devices of recovery codes that are there
	left    map[string]bool  // owners that are not there
}

// connection is an account at a source. A dump holds it as two objects with one key: the
// members that all sources have, and those of its kind of source.
type connection struct{ source, subject string }

// Users reads a dump, a blueprint, or a list of users of the API. What belongs to users is held in memory, because it may stand before or after them; other objects,
// such as events and sessions, are passed over.
func Users(r io.Reader) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		dump, err := objects(r)
		if err != nil {
			yield(takeover.User{}, fmt.Errorf("the file is no dump of objects: %w", err))
			return
		}
		of, found := collect(dump), false
		for _, o := range dump {
			if o.Model != "authentik_core.user" {
				continue
			}
			found = true
			u, err := o.user(of)
			if !yield(u, err) {
				return
			}
		}
		if !found {
			yield(takeover.User{}, errors.New("the dump has no object of authentik_core.user"))
			return
		}
		if last := dump[len(dump)-1]; last.Model == nextPage && !yield(takeover.User{Key: "page " + name(last.Key)}, errors.New("follows this part of the list: export all users")) {
			return
		}
		of.orphans(yield)
	}
}

// objects are those of a dump that say something of users.
func objects(r io.Reader) (kept []object, err error) {
	n := 0
	for o, err := range dumped(r) {
		if err != nil {
			return nil, err
		}
		if n++; o.Key == nil || name(o.Key) == "" { // a dump with natural keys
			o.Key = fmt.Sprintf("object %d", n)
		}
		if slices.Contains([]string{"authentik_core.user", "authentik_core.source", "authentik_core.group", nextPage}, o.Model) || o.isLink() || o.isDevice() {
			kept = append(kept, o)
		}
	}
	return kept, nil
}

// isLink reports whether the object links a user; links of groups have keys of their own, which may be the same.
func (o object) isLink() bool {
	_, model, _ := strings.Cut(o.Model, ".")
	return strings.HasSuffix(model, "sourceconnection") && !strings.HasPrefix(model, "group")
}

func (o object) isDevice() bool {
	return strings.HasPrefix(o.Model, "authentik_stages_authenticator") && (strings.HasSuffix(o.Model, "device") || strings.HasSuffix(o.Model, "token"))
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

// names are what other objects call it.
func (o object) names() []string {
	if o.ID == "" || o.ID == name(o.Key) {
		return []string{name(o.Key)}
	}
	return []string{name(o.Key), o.ID}
}

func collect(dump []object) belongings {
	of := belongings{
		totp: map[string][]string{}, static: map[string][]string{}, codes: map[string][]string{}, keys: map[string][]json.RawMessage{},
		sources: map[string]string{}, groups: map[string]string{}, links: map[string]*connection{}, linked: map[string][]string{}, notes: map[string][]string{},
		users: map[named]string{}, devices: map[string]bool{}, left: map[string]bool{},
	}
	for _, o := range dump {
		if o.Model == "authentik_core.user" {
			of.addUser(o)
		}
		var s struct{ Slug, Name string }
		if (o.Model == "authentik_core.source" || o.Model == "authentik_core.group") && json.Unmarshal(o.Fields, &s) == nil {
			for _, name := range o.names() {
				of.sources[name], of.groups[name] = s.Slug, s.Name
			}
		}
	}
	for _, o := range dump {
		of.add(o)
	}
	return of
}

// device has the members of every kind of device and of accounts at sources.
type device struct {
	User      any            `json:"user"`
	Confirmed *takeover.Flag `json:"confirmed"`
	Key       string         `json:"key"` // hexadecimal
	Step      int            `json:"step"`
	Digits    int            `json:"digits"`
	Device    any            `json:"device"`
	Token     takeover.Text  `json:"token"`
	Name      string         `json:"name"`
	ID        string         `json:"credential_id"`
	PublicKey string         `json:"public_key"`
	SignCount uint32         `json:"sign_count"`
	Created   takeover.Text  `json:"created"`
	CreatedOn takeover.Text  `json:"created_on"`
	Source    any            `json:"source"`
	Subject   takeover.Text  `json:"identifier"`
	LDAP      takeover.Text  `json:"unique_identifier"`
}

func (b belongings) add(o object) {
	if !o.isLink() && !o.isDevice() {
		return
	}
	_, model, _ := strings.Cut(o.Model, ".")
	var d device
	if err := json.Unmarshal(o.Fields, &d); err != nil {
		var of struct {
			User any `json:"user"`
		}
		_ = json.Unmarshal(o.Fields, &of) // without a user it belongs to none
		b.note(b.ownerOf(of.User), model+" "+name(o.Key), err)
		return
	}
	unconfirmed := d.Confirmed != nil && !bool(*d.Confirmed)
	if model == "staticdevice" {
		for _, name := range o.names() {
			b.devices[name] = true
		}
	}
	switch {
	case o.isLink():
		b.connect(name(o.Key), d)
		return
	case model == "statictoken":
		b.codes[name(d.Device)] = append(b.codes[name(d.Device)], string(d.Token))
		return
	case unconfirmed:
		return
	}
	owner := b.ownerOf(d.User)
	switch model {
	case "staticdevice":
		b.static[owner] = append(b.static[owner], o.names()...)
	case "totpdevice":
		b.note(owner, "an authenticator app", b.addTOTP(owner, d))
	case "webauthndevice":
		key, err := takeover.Key{ID: d.ID, PublicKey: d.PublicKey, SignCount: d.SignCount, Name: d.Name, AddedAt: takeover.Moment(string(cmp.Or(d.CreatedOn, d.Created)))}.JSON()
		if b.note(owner, "the key "+strconv.Quote(d.Name), err); err == nil {
			b.keys[owner] = append(b.keys[owner], key)
		}
	default:
		b.note(owner, "a second factor ("+model+")", errors.New("there is no counterpart"))
	}
}

// note tells that a part is not taken, if there is an error.
func (b belongings) note(owner, part string, err error) {
	if err != nil {
		b.notes[owner] = append(b.notes[owner], fmt.Sprintf("%s is not taken: %v", part, err))
	}
}

func (b belongings) addTOTP(owner string, d device) error {
	seed, err := hex.DecodeString(d.Key)
	if err != nil {
		return errors.New("its key is not hexadecimal")
	}
	b.totp[owner] = append(b.totp[owner], fmt.Sprintf("otpauth://totp/account?secret=%s&digits=%d&period=%d",
		base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed), cmp.Or(d.Digits, 6), cmp.Or(d.Step, 30)))
	return nil
}

// connect adds what an object says of an account at a source.
func (b belongings) connect(key string, d device) {
	c := b.links[key]
	if c == nil {
		c = &connection{}
		b.links[key] = c
	}
	if d.User != nil {
		owner := b.ownerOf(d.User)
		b.linked[owner] = append(b.linked[owner], key)
	}
	if d.Source != nil {
		c.source = b.source(d.Source)
	}
	if subject := cmp.Or(d.Subject, d.LDAP); subject != "" {
		c.subject = string(subject)
	}
}

func (b belongings) source(key any) string {
	if slug := b.sources[name(key)]; slug != "" {
		return slug
	}
	return name(key)
}

func (o object) user(of belongings) (takeover.User, error) {
	var u user
	key := name(o.Key)
	if err := json.Unmarshal(o.Fields, &u); err != nil {
		return takeover.User{Key: key}, fmt.Errorf("user %s: %w", key, err)
	}
	out := takeover.User{
		Key: cmp.Or(u.UUID, u.Username, key), PasswordHash: u.Password, Disabled: u.Active != nil && !bool(*u.Active),
		CreatedAt: takeover.Moment(string(u.Joined)), Keys: of.keys[key], Notes: of.notes[key],
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
	for i, seed := range of.totp[key] {
		if i > 0 {
			out.Note("a second authenticator app is not taken")
			continue
		}
		out.TOTP = seed
	}
	for _, device := range of.static[key] {
		out.RecoveryCodes = append(out.RecoveryCodes, of.codes[device]...)
	}
	of.addLinks(&out, key)
	if groups := of.names(append(u.Groups, u.OldGroups...)); len(groups) > 0 {
		out.MetadataAdmin = map[string]any{"groups": groups}
	}
	if o.listed {
		out.Note("a list of the API has no passwords, devices and links: 'ak dumpdata' has them")
	}
	if u.Type == "service_account" || u.Type == "internal_service_account" {
		out.Note("is a service account")
	}
	return out, nil
}

func (b belongings) addLinks(out *takeover.User, owner string) {
	for _, key := range slices.Compact(b.linked[owner]) {
		switch c := b.links[key]; {
		case c.subject == "" || c.source == "":
			out.Note("the account at source %q is not taken: the dump does not have its identifier", c.source)
		default:
			out.Links = append(out.Links, takeover.Link{Provider: c.source, Subject: c.subject})
		}
	}
}

// names are those of groups, or their keys where the dump does not have the groups.
func (b belongings) names(keys []any) (all []string) {
	for _, k := range keys {
		all = append(all, cmp.Or(b.groups[name(k)], name(k)))
	}
	return all
}
