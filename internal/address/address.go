package address

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
)

// ASCIIDomain returns the ASCII form (A-labels, RFC 5890) of a domain in lower case,
// empty if it has none. Names are mapped and checked as for a look-up (RFC 5891
// section 5.4).
func ASCIIDomain(domain string) string {
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false))
	ascii, err := profile.ToASCII(domain)
	if err != nil {
		return ""
	}
	return ascii
}

// Split cuts an e-mail address at its last @; ok is false without one.
func Split(email string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return email, "", false
	}
	return email[:at], email[at+1:], true
}

// ASCII returns an e-mail address with its domain in the ASCII form, which every mail
// server takes. An address whose domain has none stays as it is.
func ASCII(email string) string {
	local, domain, _ := Split(email)
	if plain(domain) {
		return email
	}
	if ascii := ASCIIDomain(domain); ascii != "" {
		return local + "@" + ascii
	}
	return email
}

// Phone returns a phone number in the form of ITU-T E.164. The number must begin with
// + and the country, as no country is assumed; blanks, dashes and the like are left out.
// ok is false for what is not a valid number.
func Phone(typed string) (number string, ok bool) {
	typed = strings.TrimSpace(typed)
	if !strings.HasPrefix(typed, "+") || len(typed) > 40 {
		return "", false
	}
	parsed, err := phonenumbers.Parse(typed, "ZZ")
	if err != nil || !phonenumbers.IsValidNumber(parsed) || parsed.GetExtension() != "" {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

func plain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
