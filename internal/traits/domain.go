package traits

import (
	"strings"

	"golang.org/x/net/idna"
)

// domains converts names as they are looked up: mapped to lower case and normal
// form, checked as registries do (UTS 46 non-transitional, RFC 5891 section 5.4).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false))

// asciiDomain returns the ASCII form (RFC 5890, A-label) of a domain, empty if it
// has none.
func asciiDomain(domain string) string {
	if plain(domain) {
		return strings.ToLower(domain)
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil {
		return ""
	}
	return ascii
}
