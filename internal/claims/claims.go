package claims

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of what a provider says.
const (
	maxText  = 4096 // bytes of one standard claim
	maxDepth = 32   // levels of objects and arrays within all claims
)

// Claims are the standard claims of OpenID Connect Core 5.1, and last_name, which
// some providers use for family_name. What is empty, zero or false is left out of
// JSON, so programs ask for it with 'email' in claims.
type Claims struct {
	Issuer              string `json:"iss,omitempty"`
	Subject             string `json:"sub,omitempty"`
	Name                string `json:"name,omitempty"`
	GivenName           string `json:"given_name,omitempty"`
	FamilyName          string `json:"family_name,omitempty"`
	LastName            string `json:"last_name,omitempty"`
	MiddleName          string `json:"middle_name,omitempty"`
	Nickname            string `json:"nickname,omitempty"`
	PreferredUsername   string `json:"preferred_username,omitempty"`
	Profile             string `json:"profile,omitempty"`
	Picture             string `json:"picture,omitempty"`
	Website             string `json:"website,omitempty"`
	Email               string `json:"email,omitempty"`
	EmailVerified       bool   `json:"email_verified,omitempty"`
	Gender              string `json:"gender,omitempty"`
	Birthdate           string `json:"birthdate,omitempty"`
	Zoneinfo            string `json:"zoneinfo,omitempty"`
	Locale              string `json:"locale,omitempty"`
	PhoneNumber         string `json:"phone_number,omitempty"`
	PhoneNumberVerified bool   `json:"phone_number_verified,omitempty"`
	UpdatedAt           int64  `json:"updated_at,omitempty"` // seconds since 1970
	// Raw is every claim as the provider sent it, numbers as json.Number.
	Raw map[string]any `json:"raw_claims,omitempty"`
}

// Decode reads claims from the JSON object that a provider sent. Text that is sent as
// a number, truth and times that are sent as text are taken for what they mean. A
// standard claim of any other type is as good as absent, except the subject: whom an
// answer is about is never guessed.
func Decode(raw []byte) (Claims, error) {
	all, err := object(raw)
	if err != nil {
		return Claims{}, err
	}
	var c Claims
	for name, field := range map[string]*string{
		"iss": &c.Issuer, "sub": &c.Subject, "name": &c.Name, "given_name": &c.GivenName, "family_name": &c.FamilyName,
		"last_name": &c.LastName, "middle_name": &c.MiddleName, "nickname": &c.Nickname,
		"preferred_username": &c.PreferredUsername, "profile": &c.Profile, "picture": &c.Picture, "website": &c.Website,
		"email": &c.Email, "gender": &c.Gender, "birthdate": &c.Birthdate, "zoneinfo": &c.Zoneinfo, "locale": &c.Locale,
		"phone_number": &c.PhoneNumber,
	} {
		*field = Text(all[name])
	}
	c.EmailVerified, c.PhoneNumberVerified = Truth(all["email_verified"]), Truth(all["phone_number_verified"])
	c.UpdatedAt = moment(all["updated_at"])
	if _, sent := all["sub"]; sent && c.Subject == "" {
		return Claims{}, errors.New("the claim sub is not a text")
	}
	c.Raw = all
	return c, nil
}

// object decodes a JSON object of bounded depth. Unlike with a struct, names count in
// their exact case, so no claim can pass for another.
func object(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var all map[string]any
	if err := decoder.Decode(&all); err != nil {
		// The error of package json may quote what it read.
		return nil, errors.New("the claims are not a JSON object")
	}
	if all == nil || decoder.More() {
		return nil, errors.New("the claims are not one JSON object")
	}
	if err := sound(all, maxDepth); err != nil {
		return nil, err
	}
	return all, nil
}

// sound tells whether a value has at most so many levels, and numbers that programs
// can hold.
func sound(v any, levels int) error {
	var inner []any
	switch v := v.(type) {
	case map[string]any:
		inner = slices.Collect(maps.Values(v))
	case []any:
		inner = v
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return errors.New("the claims have a number beyond all measure")
		}
		return nil
	default:
		return nil
	}
	if levels == 0 {
		return fmt.Errorf("the claims are nested in more than %d levels", maxDepth)
	}
	for _, element := range inner {
		if err := sound(element, levels-1); err != nil {
			return err
		}
	}
	return nil
}

// Text reads a text, or a number as text. Anything else, and what is too long, is
// empty.
func Text(v any) string {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	if len(text) > maxText {
		return ""
	}
	return text
}

// Truth reads a boolean, or one as text. Anything else is false.
func Truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true") || v == "1"
	case json.Number:
		return v == "1"
	}
	return false
}

// moment reads seconds since 1970, as number or text, or a time in the form of
// RFC 3339. Anything else is 0.
func moment(v any) int64 {
	text := Text(v)
	const most = 1 << 53 // what every reader of JSON can count to
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > -most && seconds < most {
		return int64(seconds)
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.Unix()
	}
	return 0
}
