package ldif

import (
	"bufio"
	"bytes"
	"encoding/base64"
	endian "encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/takeover"
)

// claims are the attributes of people (RFC 4519, RFC 2798) as claims.
func claims() map[string]string {
	return map[string]string{
		"uid": "preferred_username", "samaccountname": "preferred_username", "mail": "email", "cn": "name", "givenname": "given_name",
		"sn": "family_name", "displayname": "nickname", "mobile": "phone_number", "telephonenumber": "phone_number", "preferredlanguage": "locale",
	}
}

// keys are attributes that name an entry for all time, the best first.
func keys() []string {
	return []string{"entryuuid", "nsuniqueid", "ipauniqueid", "objectguid", "uid", "mail"}
}

// people are the object classes whose entries are accounts.
func people() []string {
	return []string{"person", "organizationalperson", "inetorgperson", "posixaccount", "account", "user", "inetuser", "shadowaccount", "sambasamaccount"}
}

// others are the object classes whose entries are not accounts, no matter what else they are.
func others() []string { return []string{"computer", "contact"} }

// binary is where an entry keeps the names of attributes with values that are not text. No attribute has that name.
const binary = "\x00binary"

// elsewhere is where an entry keeps the names of attributes whose values are in other files.
const elsewhere = "\x00elsewhere"

// tooLong is where an entry keeps the names of attributes with values longer than maxLine, and stands for such a value.
const tooLong = "\x00long"

// opaque reports whether an attribute never is text: photographs, certificates, and what Active Directory computes with.
func opaque(name string) bool {
	switch name {
	case "jpegphoto", "photo", "audio", "thumbnailphoto", "thumbnaillogo", "usercertificate", "usersmimecertificate", "userpkcs12", "cacertificate",
		"objectsid", "sidhistory", "logonhours", "ms-ds-consistencyguid", "msexchmailboxguid", "msexchmailboxsecuritydescriptor", "krbprincipalkey", "krbextradata":
		return true
	}
	return false
}

// maxLine bounds an unfolded line, in bytes: photographs are longer and are skipped.
const maxLine = 1 << 20

// entry is an entry of the directory: its attributes without options, in lower case.
type entry map[string][]string

// Users reads a file. Entries that are not people are passed over; those that do not say what they are come as errors.
// Accounts that have expired at the time now are disabled.
func Users(r io.Reader, now time.Time) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		for e, err := range entries(r) {
			if err != nil {
				yield(takeover.User{}, err)
				return
			}
			var u takeover.User
			switch {
			case e.person() && e.key() == "":
				u, err = takeover.User{Key: "none"}, errors.New("an entry of a person has no dn and nothing else that names it")
			case e.person():
				u = e.neutral(now)
			case e.first("dn") != "" && len(e["objectclass"]) == 0:
				u, err = takeover.User{Key: e.first("dn")}, errors.New("has no objectClass, and may be of a person or not: export that attribute, too")
			default:
				continue
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

func (e entry) person() bool {
	is := func(classes []string) bool {
		return slices.ContainsFunc(e["objectclass"], func(class string) bool { return slices.Contains(classes, strings.ToLower(class)) })
	}
	return is(people()) && !is(others())
}

// first is the first value of an attribute; empty if there is none.
func (e entry) first(name string) string {
	if len(e[name]) == 0 {
		return ""
	}
	return e[name][0]
}

// key names the entry for all time.
func (e entry) key() string {
	for _, name := range append(keys(), "dn") {
		if value := e.first(name); value != "" {
			return value
		}
	}
	return ""
}

func (e entry) neutral(now time.Time) takeover.User {
	out := takeover.User{Key: e.key()}
	out.Set("dn", e.first("dn"))
	out.Disabled, out.CreatedAt = e.disabled() || e.expired(now), e.created()
	for _, name := range e[binary] {
		out.Note("a value of %s is not taken: it is not text", name)
	}
	for _, name := range e[elsewhere] {
		out.Note("a value of %s is not taken: it is in a file that the export names", name)
	}
	for _, name := range e[tooLong] {
		out.Note("a value of %s is not taken: it is longer than 1 MiB", name)
	}
	// What administers the directory wrote the address.
	out.Set("email_verified", e.first("mail") != "")
	e.setClaims(&out)
	for _, hash := range e["userpassword"] {
		if out.PasswordHash != "" {
			out.Note("a second password is not taken")
			continue
		}
		out.PasswordHash = hash
	}
	return out
}

// setClaims sets the claims, those of known attributes first: an entry may have another attribute of the name of a claim.
func (e entry) setClaims(out *takeover.User) {
	known, rest := claims(), map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(e)) {
		claim, values := known[name], e[name]
		first := claim != "" && out.Claims[claim] == nil
		if first {
			out.Set(claim, values[0])
		}
		switch {
		case name == "dn" || name == "userpassword" || name == "objectclass" || name == binary || name == elsewhere || name == tooLong:
		case len(values) > 1:
			rest[name] = values
		case !first:
			rest[name] = values[0]
		}
	}
	out.SetAll(rest)
}

// disabled reports whether the entry may not sign in: in Active Directory by the flag
// ACCOUNTDISABLE (MS-ADTS 2.2.16), in 389 and FreeIPA by nsAccountLock or a role, in OpenLDAP by a lock
// of its password policy without an end, in eDirectory by loginDisabled, in OpenDJ and PingDirectory by
// ds-pwp-account-disabled, in Oracle's by inetUserStatus.
func (e entry) disabled() bool {
	flags, err := strconv.ParseInt(e.first("useraccountcontrol"), 10, 64)
	const accountDisable = 2
	for _, name := range []string{"nsaccountlock", "logindisabled", "ds-pwp-account-disabled"} {
		if strings.EqualFold(e.first(name), "true") {
			return true
		}
	}
	for _, role := range slices.Concat(e["nsroledn"], e["nsrole"]) {
		name, _, _ := strings.Cut(strings.ToLower(role), ",")
		if name = strings.TrimSpace(name); name == "cn=nsmanageddisabledrole" || name == "cn=nsdisabledrole" {
			return true
		}
	}
	status := strings.ToLower(e.first("inetuserstatus"))
	return err == nil && flags&accountDisable != 0 || e.first("pwdaccountlockedtime") == "000001010000Z" || status == "inactive" || status == "deleted"
}

// expired reports whether the account has ended: by accountExpires in Active Directory, where 0 and the largest number
// stand for never (a FILETIME of MS-DTYP 2.3.3), by shadowExpire (RFC 2307), and by the times of FreeIPA, eDirectory,
// OpenDJ and PingDirectory.
func (e entry) expired(now time.Time) bool {
	const beforeUnix = 11_644_473_600 // seconds from 1601 to 1970
	var ends []time.Time
	if ticks, err := strconv.ParseInt(e.first("accountexpires"), 10, 64); err == nil && ticks > 0 && ticks < math.MaxInt64 {
		ends = append(ends, time.Unix(ticks/10_000_000-beforeUnix, 0))
	}
	if days, err := strconv.ParseInt(e.first("shadowexpire"), 10, 32); err == nil && days > 0 {
		ends = append(ends, time.Unix(days*24*60*60, 0))
	}
	for _, name := range []string{"krbprincipalexpiration", "loginexpirationtime", "ds-pwp-account-expiration-time"} {
		if end := takeover.Moment(e.first(name)); !end.IsZero() {
			ends = append(ends, end)
		}
	}
	return slices.ContainsFunc(ends, func(end time.Time) bool { return !now.Before(end) })
}

// created is when the entry was made; zero if it does not say so.
func (e entry) created() time.Time {
	for _, name := range []string{"createtimestamp", "whencreated"} {
		if len(e[name]) > 0 {
			return takeover.Moment(e[name][0])
		}
	}
	return time.Time{}
}

// entries unfolds lines and splits at empty ones.
func entries(r io.Reader) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		current, n := entry{}, 0
		flush := func() bool {
			done := current
			current = entry{}
			if len(done) == 0 {
				return true
			}
			if dn, ok := done["dn"]; ok && dn[0] == "" { // the root of the server (RFC 4512, section 5.1) is no account
				return true
			}
			return yield(done, nil)
		}
		for line, err := range unfolded(r) {
			n++
			if begins(line) && current["dn"] != nil && !flush() { // there was no empty line between them
				return
			}
			if err == nil && line != "" {
				err = current.add(line)
			}
			if err != nil {
				yield(nil, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if line == "" && !flush() {
				return
			}
		}
		flush()
	}
}

// begins reports whether a line is the first of an entry.
func begins(line string) bool { return len(line) > 3 && strings.EqualFold(line[:3], "dn:") }

// unfolded joins lines that continue (RFC 2849, note 2), and drops comments. A value that
// makes a line longer than maxLine is tooLong.
func unfolded(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		lines := bufio.NewReader(r)
		takeover.SkipMark(lines)
		var (
			pending []byte
			have    bool
		)
		emit := func() bool {
			line, ok := shortened(pending)
			return !have || !ok || yield(line, nil)
		}
		for begins := true; ; {
			part, more, err := lines.ReadLine()
			if err != nil {
				if ok := emit(); ok && !errors.Is(err, io.EOF) {
					yield("", err)
				}
				return
			}
			continues := begins && have && len(pending) > 0 && bytes.HasPrefix(part, []byte(" "))
			switch {
			case continues:
				part = part[1:]
			case begins:
				if !emit() {
					return
				}
				pending, have = pending[:0], true
			}
			if len(pending) <= maxLine {
				pending = append(pending, part...)
			}
			begins = !more
		}
	}
}

// shortened is a line whose value is tooLong if the line is longer than maxLine. It is not ok for a comment, and for a long
// line without a value.
func shortened(line []byte) (text string, ok bool) {
	if bytes.HasPrefix(line, []byte("#")) {
		return "", false
	}
	if len(line) <= maxLine {
		return string(line), true
	}
	name, _, ok := bytes.Cut(line, []byte(":"))
	return string(name) + ":" + tooLong, ok
}

// guid writes the 16 bytes of Active Directory as it does: its first three fields are
// little-endian (MS-DTYP 2.3.4).
func guid(b []byte) string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", endian.LittleEndian.Uint32(b), endian.LittleEndian.Uint16(b[4:]), endian.LittleEndian.Uint16(b[6:]), b[8:10], b[10:])
}

func (e entry) add(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return errors.New("has no colon: the file is no LDIF")
	}
	name, _, _ = strings.Cut(strings.ToLower(name), ";") // options such as languages
	switch {
	case name == "version":
		return nil
	case name == "changetype" && strings.EqualFold(strings.TrimSpace(value), "add"):
		return nil
	case name == "changetype":
		return errors.New("the file has changes, not entries: export the entries")
	case value == tooLong:
		if !slices.Contains(e[tooLong], name) && !opaque(name) {
			e[tooLong] = append(e[tooLong], name)
		}
		return nil
	case strings.HasPrefix(value, "<"):
		if !slices.Contains(e[elsewhere], name) && !opaque(name) {
			e[elsewhere] = append(e[elsewhere], name)
		}
		return nil
	case strings.HasPrefix(value, ":"):
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value[1:]))
		if err != nil {
			return fmt.Errorf("the value of %s is no base64", name)
		}
		value = string(raw)
		if name == "objectguid" && len(raw) == 16 {
			value = guid(raw)
		}
	default:
		value = strings.TrimLeft(value, " ")
	}
	switch {
	case utf8.ValidString(value):
		e[name] = append(e[name], value)
	case !slices.Contains(e[binary], name) && !opaque(name):
		e[binary] = append(e[binary], name)
	}
	return nil
}
