package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"symbolon/internal/takeover"
)

// The columns that are no claims. Any other is a claim of its name; a name with dots
// is a member of an object.
const (
	columnKey      = "id"
	columnHash     = "password_hash"
	columnTOTP     = "totp_secret"
	columnCodes    = "recovery_codes" // separated by blanks
	columnLinks    = "providers"      // provider:subject, separated by blanks
	columnDisabled = "disabled"
	columnCreated  = "created_at" // RFC 3339
)

// booleans are the claims that are true or false.
func booleans() []string { return []string{"email_verified", "phone_number_verified"} }

// Users reads a file whose first line names the columns. Commas, semicolons and tabs
// separate.
func Users(r io.Reader) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		buffered := bufio.NewReader(r)
		rows := csv.NewReader(buffered)
		rows.Comma = separator(buffered)
		names, err := rows.Read()
		if err == nil {
			names, err = columns(names)
		}
		if err != nil {
			yield(takeover.User{}, fmt.Errorf("line 1: %w", err))
			return
		}
		for n := 2; ; n++ {
			values, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, csv.ErrFieldCount) {
				yield(takeover.User{}, err)
				return
			}
			u, err := user(names, values, err)
			if err != nil {
				err = fmt.Errorf("row %d: %w", n, err)
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// separator looks at the first line.
func separator(r *bufio.Reader) rune {
	head, _ := r.Peek(4096) // less where the file is short
	line, _, _ := strings.Cut(string(head), "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

func columns(names []string) ([]string, error) {
	for i, name := range names {
		names[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
	}
	if !slices.Contains(names, columnKey) && !slices.Contains(names, "email") && !slices.Contains(names, "preferred_username") {
		return nil, errors.New("names no column id, email or preferred_username")
	}
	return names, nil
}

func user(names, values []string, err error) (takeover.User, error) {
	if err != nil {
		return takeover.User{}, fmt.Errorf("has %d values where line 1 names %d", len(values), len(names))
	}
	var u takeover.User
	for i, name := range names {
		if err := set(&u, name, values[i]); err != nil {
			return takeover.User{Key: u.Key}, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, claim := range []string{"email", "preferred_username"} {
		if text, ok := u.Claims[claim].(string); ok && u.Key == "" {
			u.Key = text
		}
	}
	if u.Key == "" {
		return u, errors.New("has neither id nor e-mail address nor user name")
	}
	return u, nil
}

func set(u *takeover.User, name, value string) (err error) {
	switch {
	case value == "":
	case name == columnKey:
		u.Key = value
	case name == columnHash:
		u.PasswordHash = value
	case name == columnTOTP:
		u.TOTP = value
	case name == columnCodes:
		u.RecoveryCodes = strings.Fields(value)
	case name == columnLinks:
		for link := range strings.FieldsSeq(value) {
			provider, subject, ok := strings.Cut(link, ":")
			if !ok {
				return fmt.Errorf("%q is not provider:subject", link)
			}
			u.Links = append(u.Links, takeover.Link{Provider: provider, Subject: subject})
		}
	case name == columnDisabled:
		u.Disabled, err = strconv.ParseBool(value)
	case name == columnCreated:
		u.CreatedAt, err = time.Parse(time.RFC3339, value)
	case slices.Contains(booleans(), name):
		var flag bool
		flag, err = strconv.ParseBool(value)
		u.Set(name, flag)
	default:
		u.Set(name, value)
	}
	return err
}
