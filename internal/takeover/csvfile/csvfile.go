package csvfile

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// The columns that are not claims. Any other is a claim of its name; a name with dots
// is a member of an object.
const (
	columnKey      = "id"
	columnHash     = "password_hash"
	columnTOTP     = "totp_secret"
	columnCodes    = "recovery_codes" // separated by blanks
	columnLinks    = "providers"      // provider:subject, separated by blanks
	columnDisabled = "disabled"
	columnCreated  = "created_at"
	columnEnabled  = "enabled"         // the opposite of disabled
	columnPublic   = "metadata_public" // JSON
	columnAdmin    = "metadata_admin"
)

// standard are the names that a file need not write exactly.
func standard() []string {
	return append([]string{
		columnKey, columnHash, columnTOTP, columnCodes, columnLinks, columnDisabled, columnEnabled, columnCreated, columnPublic, columnAdmin,
		"email", "preferred_username", "given_name", "family_name", "name", "phone_number",
	}, booleans()...)
}

// booleans are the claims that are true or false.
func booleans() []string { return []string{"email_verified", "phone_number_verified"} }

// Users reads a file whose first line names the columns. Commas, semicolons and tabs
// separate; quotes are those of RFC 4180.
func Users(r io.Reader) iter.Seq2[takeover.User, error] {
	return func(yield func(takeover.User, error) bool) {
		buffered := bufio.NewReader(r)
		takeover.SkipMark(buffered)
		rows := table{Reader: csv.NewReader(buffered)}
		rows.Comma, rows.before = separator(buffered)
		rows.FieldsPerRecord = -1
		names, err := rows.Read()
		if err == nil {
			names, err = named(names)
		}
		if err != nil {
			yield(takeover.User{}, fmt.Errorf("line %d: %w", rows.before+1, err))
			return
		}
		for {
			u, err := rows.next(names)
			if errors.Is(err, io.EOF) || !yield(u, err) || u.Key == "" {
				return
			}
		}
	}
}

// table is a file while it is read.
type table struct {
	*csv.Reader
	before int // lines before the first one that the reader counts
}

// next reads a row. What is wrong with it comes with a user that has a key alone; an error without a user ends the file:
// it can't be read, or a quoted value has swallowed the rows that follow it.
func (t table) next(names []string) (takeover.User, error) {
	values, err := t.Read()
	var quotes *csv.ParseError
	switch {
	case errors.As(err, &quotes) && quotes.StartLine == quotes.Line:
		return takeover.User{Key: fmt.Sprintf("line %d", t.before+quotes.Line)}, fmt.Errorf("line %d: a quote stands inside a value: put the value in quotes and double those in it", t.before+quotes.Line)
	case errors.As(err, &quotes):
		return takeover.User{}, fmt.Errorf("the quoted value that begins in line %d does not end where a value may end (line %d)", t.before+quotes.StartLine, t.before+quotes.Line)
	case err != nil:
		return takeover.User{}, err
	}
	line, _ := t.FieldPos(0)
	line += t.before
	u, err := user(names, values)
	if err != nil {
		return takeover.User{Key: cmp.Or(u.Key, fmt.Sprintf("line %d", line))}, fmt.Errorf("line %d: %w", line, err)
	}
	if more := strings.Count(strings.Join(values, ""), "\n"); more > 0 {
		u.Note("a quoted value spans lines %d to %d: see whether it has other rows in it", line, line+more)
	}
	return u, nil
}

// separator looks at the first line, and reads it if it names the separator alone, as spreadsheets write it ("sep=;").
// before is how many lines it read.
func separator(r *bufio.Reader) (best rune, before int) {
	begin, _ := r.Peek(4096) // less where the file is short
	line, _, _ := strings.Cut(string(begin), "\n")
	if named, ok := strings.CutPrefix(strings.ToLower(strings.TrimRight(line, "\r")), "sep="); ok && len(named) == 1 {
		_, _ = r.Discard(len(line) + 1)
		return rune(named[0]), 1
	}
	best = ','
	for _, c := range ";\t" {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best, 0
}

// named are the columns of the first line.
func named(names []string) ([]string, error) {
	for i, name := range names {
		if name = strings.TrimSpace(name); name != "" && slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("names the column %s twice", name)
		}
		names[i] = name
	}
	there := strings.Join(names, ", ")
	names = columns(names)
	if !slices.Contains(names, columnKey) && !slices.Contains(names, "email") && !slices.Contains(names, "preferred_username") {
		return nil, fmt.Errorf("names no column id, email or preferred_username, but %.200s: rename the columns", there)
	}
	return names, nil
}

func user(names, values []string) (takeover.User, error) {
	var u takeover.User
	if len(values) != len(names) {
		return u, fmt.Errorf("has %d values where line 1 names %d", len(values), len(names))
	}
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
	value = strings.TrimSpace(value)
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
		var disabled bool
		disabled, err = takeover.ParseFlag(value)
		u.Disabled = u.Disabled || disabled
	case name == columnEnabled:
		var enabled bool
		enabled, err = takeover.ParseFlag(value)
		u.Disabled = u.Disabled || !enabled
	case name == columnCreated:
		if u.CreatedAt = takeover.Moment(value); u.CreatedAt.IsZero() {
			u.Note("created_at %q is no time", value)
		}
	case name == columnPublic:
		err = json.Unmarshal([]byte(value), &u.MetadataPublic)
	case name == columnAdmin:
		err = json.Unmarshal([]byte(value), &u.MetadataAdmin)
	case slices.Contains(booleans(), name):
		var flag bool
		flag, err = takeover.ParseFlag(value)
		u.Set(name, flag)
	default:
		u.Set(name, value)
	}
	return err
}
