package authentik

import (
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"symbolon/internal/takeover"
)

// object is one object of a dump.
type object struct {
	Model  string          `json:"model"`
	Key    any             `json:"pk"`
	Fields json.RawMessage `json:"fields"`
}

type user struct {
	UUID       string         `json:"uuid"`
	Username   string         `json:"username"`
	Name       string         `json:"name"`
	Email      string         `json:"email"`
	Password   string         `json:"password"`
	Active     bool           `json:"is_active"`
	Joined     time.Time      `json:"date_joined"`
	Type       string         `json:"type"`
	Path       string         `json:"path"`
	Attributes map[string]any `json:"attributes"`
}

// belongings are what objects of other models say of users and devices, by their keys.
type belongings struct {
	totp    map[string][]string // otpauth URLs by user
	static  map[string]string   // users by device
	codes   map[string][]string // recovery codes by device
	keys    map[string][]json.RawMessage
	sources map[string]string // slugs by key
	links   map[string][]takeover.Link
	notes   map[string][]string
}

// Users reads a dump. It is read whole: objects of a user may stand before or after it.
func Users(r io.Reader) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		var dump []object
		if err := json.NewDecoder(r).Decode(&dump); err != nil {
			yield(takeover.User{}, fmt.Errorf("the file is no dump of objects: %w", err))
			return
		}
		of, err := collect(dump)
		if err != nil {
			yield(takeover.User{}, err)
			return
		}
		found := false
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
		}
	}
}

func name(key any) string {
	if n, ok := key.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(key)
}

func collect(dump []object) (belongings, error) {
	of := belongings{
		totp: map[string][]string{}, static: map[string]string{}, codes: map[string][]string{}, keys: map[string][]json.RawMessage{},
		sources: map[string]string{}, links: map[string][]takeover.Link{}, notes: map[string][]string{},
	}
	for _, o := range dump {
		if o.Model == "authentik_core.source" {
			var s struct{ Slug string }
			if err := json.Unmarshal(o.Fields, &s); err != nil {
				return of, fmt.Errorf("%s %s: %w", o.Model, name(o.Key), err)
			}
			of.sources[name(o.Key)] = s.Slug
		}
	}
	for _, o := range dump {
		if err := of.add(o); err != nil {
			return of, fmt.Errorf("%s %s: %w", o.Model, name(o.Key), err)
		}
	}
	return of, nil
}

func (b belongings) add(o object) error {
	var f struct {
		User      any    `json:"user"`
		Confirmed bool   `json:"confirmed"`
		Key       string `json:"key"` // hexadecimal
		Step      int    `json:"step"`
		Digits    int    `json:"digits"`
		Device    any    `json:"device"`
		Token     string `json:"token"`
		Name      string `json:"name"`
		ID        string `json:"credential_id"`
		PublicKey string `json:"public_key"`
		SignCount uint32 `json:"sign_count"`
		Created   time.Time
		Source    any    `json:"source"`
		Subject   string `json:"identifier"`
	}
	switch o.Model {
	case "authentik_stages_authenticator_totp.totpdevice", "authentik_stages_authenticator_static.staticdevice",
		"authentik_stages_authenticator_static.statictoken", "authentik_stages_authenticator_webauthn.webauthndevice",
		"authentik_core.usersourceconnection":
	default:
		return nil
	}
	if err := json.Unmarshal(o.Fields, &f); err != nil {
		return err
	}
	owner := name(f.User)
	switch o.Model {
	case "authentik_stages_authenticator_totp.totpdevice":
		seed, err := hex.DecodeString(f.Key)
		if err != nil || !f.Confirmed {
			return err
		}
		b.totp[owner] = append(b.totp[owner], fmt.Sprintf("otpauth://totp/account?secret=%s&digits=%d&period=%d",
			base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed), f.Digits, f.Step))
	case "authentik_stages_authenticator_static.staticdevice":
		b.static[name(o.Key)] = owner
	case "authentik_stages_authenticator_static.statictoken":
		b.codes[name(f.Device)] = append(b.codes[name(f.Device)], f.Token)
	case "authentik_core.usersourceconnection":
		b.links[owner] = append(b.links[owner], takeover.Link{Provider: b.source(f.Source), Subject: f.Subject})
	default:
		key, err := takeover.Key{ID: f.ID, PublicKey: f.PublicKey, SignCount: f.SignCount, Name: f.Name, AddedAt: f.Created}.JSON()
		if err != nil {
			b.notes[owner] = append(b.notes[owner], fmt.Sprintf("the key %q is not taken: %v", f.Name, err))
			return nil
		}
		b.keys[owner] = append(b.keys[owner], key)
	}
	return nil
}

func (b belongings) source(key any) string {
	if slug := b.sources[name(key)]; slug != "" {
		return slug
	}
	return name(key)
}

func (o object) user(of belongings) (takeover.User, error) {
	var u user
	if err := json.Unmarshal(o.Fields, &u); err != nil {
		return takeover.User{Key: name(o.Key)}, fmt.Errorf("user %s: %w", name(o.Key), err)
	}
	key := name(o.Key)
	out := takeover.User{
		Key: u.UUID, PasswordHash: u.Password, Disabled: !u.Active, CreatedAt: u.Joined, Links: of.links[key], Keys: of.keys[key], Notes: of.notes[key],
	}
	if out.Key == "" {
		out.Key = u.Username
	}
	if u.Password != "" && u.Password[0] == '!' { // Django's mark of an unusable one
		out.PasswordHash = ""
	}
	out.Set("preferred_username", u.Username)
	out.Set("name", u.Name)
	out.Set("email", u.Email)
	out.SetAll(u.Attributes)
	for i, seed := range of.totp[key] {
		if i > 0 {
			out.Note("a second authenticator app is not taken")
			continue
		}
		out.TOTP = seed
	}
	for device, owner := range of.static {
		if owner == key {
			out.RecoveryCodes = append(out.RecoveryCodes, of.codes[device]...)
		}
	}
	if u.Type == "service_account" || u.Type == "internal_service_account" {
		out.Note("is a service account")
	}
	return out, nil
}
