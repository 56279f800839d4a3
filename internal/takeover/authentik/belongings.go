package authentik

import (
	"cmp"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/symbolon/symbolon/internal/takeover"
)

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

// unconfirmed reports whether its owner never proved to have it.
func (d device) unconfirmed() bool { return d.Confirmed != nil && !bool(*d.Confirmed) }

// assign gives devices and links to their users, after all of these were read.
func (d *dump) assign() {
	for _, raw := range d.All(tableParts) {
		k := restored(raw)
		var part device
		if json.Unmarshal(k.Fields, &part) != nil {
			var of struct {
				User any `json:"user"`
			}
			_ = json.Unmarshal(k.Fields, &of) // without a user it belongs to none
			d.give(of.User, raw)
			continue
		}
		switch {
		case k.isLink():
			d.Add(tableLinks, k.Key, raw)
			if part.User != nil {
				d.give(part.User, raw)
			}
			continue
		case k.Model == "statictoken":
			d.Add(tableCodes, name(part.Device), []byte(part.Token))
			continue
		case k.Model == "staticdevice":
			for _, name := range k.names() {
				d.Add(tableDevices, name, nil)
			}
		}
		if !part.unconfirmed() {
			d.give(part.User, raw)
		}
	}
}

// give adds an object to the belongings of the user to which it refers. If there is none, it is lost, and orphans says so.
func (d *dump) give(ref any, raw []byte) {
	switch owner, found := d.owner(ref); {
	case found:
		d.Add(tableBelongings, owner, raw)
	case ref == nil:
		d.Add(tableLeft, "none", nil)
	default:
		d.Add(tableLeft, cmp.Or(name(ref), "none"), nil)
	}
}

// belongings are what objects of other models say of a user.
type belongings struct {
	totp  []string // otpauth URLs
	codes []string // recovery codes
	keys  []json.RawMessage
	links []string // keys of links
	notes []string
}

func (d *dump) belongings(owner string) (b belongings) {
	for _, raw := range d.Values(tableBelongings, owner) {
		b.add(d, restored(raw))
	}
	return b
}

func (b *belongings) add(all *dump, k kept) {
	var d device
	if err := json.Unmarshal(k.Fields, &d); err != nil {
		b.note(k.Model+" "+k.Key, err)
		return
	}
	switch {
	case k.isLink():
		b.links = append(b.links, k.Key)
	case k.Model == "staticdevice":
		for _, name := range k.names() {
			for _, code := range all.Values(tableCodes, name) {
				b.codes = append(b.codes, string(code))
			}
		}
	case k.Model == "totpdevice":
		seed, err := d.totp()
		if b.note("an authenticator app", err); err == nil {
			b.totp = append(b.totp, seed)
		}
	case k.Model == "webauthndevice":
		key, err := takeover.Key{ID: d.ID, PublicKey: d.PublicKey, SignCount: d.SignCount, Name: d.Name, AddedAt: takeover.Moment(string(cmp.Or(d.CreatedOn, d.Created)))}.JSON()
		if b.note("the key "+strconv.Quote(d.Name), err); err == nil {
			b.keys = append(b.keys, key)
		}
	default:
		b.note("a second factor ("+k.Model+")", errors.New("there is no counterpart"))
	}
}

// note tells that a part is not taken, if there is an error.
func (b *belongings) note(part string, err error) {
	if err != nil {
		b.notes = append(b.notes, fmt.Sprintf("%s is not taken: %v", part, err))
	}
}

// totp is the otpauth URL of an authenticator app.
func (d device) totp() (string, error) {
	seed, err := hex.DecodeString(d.Key)
	if err != nil {
		return "", errors.New("its key is not hexadecimal")
	}
	return fmt.Sprintf("otpauth://totp/account?secret=%s&digits=%d&period=%d",
		base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed), cmp.Or(d.Digits, 6), cmp.Or(d.Step, 30)), nil
}

// connection is an account at a source. A dump holds it as two objects with one key: the members that all sources have,
// and those of its kind of source.
func (d *dump) connection(key string) (source, subject string) {
	for _, raw := range d.Values(tableLinks, key) {
		var half device
		_ = json.Unmarshal(restored(raw).Fields, &half) // assign could
		if half.Source != nil {
			source = cmp.Or(d.sources[name(half.Source)], name(half.Source))
		}
		subject = string(cmp.Or(half.Subject, half.LDAP, takeover.Text(subject)))
	}
	return source, subject
}
