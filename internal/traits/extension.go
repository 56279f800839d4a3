package traits

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/message"

	"github.com/symbolon/symbolon/internal/address"
)

// keyword is the schema keyword that gives traits their meaning.
const keyword = "ory.sh/kratos"

// ownKeyword is the schema keyword for what v0.5 does not know. Its one member so
// far is "writable": with "admin" the person it belongs to may not set the trait.
const ownKeyword = "x-symbolon"

// The channels that addresses have.
const (
	viaEmail = "email"
	viaSMS   = "sms"
)

// extension is what the keyword says about one schema. Unknown members are
// tolerated, as are members of a wrong type.
type extension struct {
	identifier   bool
	adminOnly    bool   // x-symbolon: {"writable": "admin"}
	verification string // the value of via, empty if absent
	recovery     string
	factors      factorMarks
}

// vocabulary makes the compiler read the keyword.
func vocabulary() *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL: "urn:symbolon:vocabulary:traits",
		Compile: func(_ *jsonschema.CompilerContext, schema map[string]any) (jsonschema.SchemaExt, error) {
			e := readExtension(schema)
			if e == nil {
				return nil, nil
			}
			return e, nil
		},
	}
}

func readExtension(schema map[string]any) *extension {
	e, value := extension{}, schema[keyword]
	writable, _ := member(schema[ownKeyword], "writable").(string)
	e.adminOnly = writable == "admin"
	e.identifier, _ = member(value, "credentials", "password", "identifier").(bool)
	e.verification, _ = member(value, "verification", "via").(string)
	e.recovery, _ = member(value, "recovery", "via").(string)
	e.factors = readFactorMarks(value)
	if e == (extension{}) {
		return nil
	}
	return &e
}

// member follows names into nested objects, nil where one is missing.
func member(value any, names ...string) any {
	for _, name := range names {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// Validate implements jsonschema.SchemaExt. As in v0.5 only the first objection
// is raised.
func (e *extension) Validate(ctx *jsonschema.ValidatorContext, value any) {
	for _, use := range []struct{ name, via string }{{"verification", e.verification}, {"recovery", e.recovery}} {
		switch {
		case use.via == "" || value == nil:
		case use.via != viaEmail && use.via != viaSMS:
			ctx.AddError(&unknownVia{use: use.name, via: use.via})
			return
		case use.via == viaEmail && !isEmailValue(value):
			ctx.AddError(&kind.Format{Got: value, Want: viaEmail})
			return
		case use.via == viaSMS && !isPhoneValue(value):
			ctx.AddError(&kind.Format{Got: value, Want: "tel"})
			return
		}
	}
}

func isEmailValue(value any) bool {
	s, ok := value.(string)
	return ok && IsEmail(s)
}

func isPhoneValue(value any) bool {
	s, isText := value.(string)
	_, ok := address.Phone(s)
	return isText && ok
}

// extensionOf returns what the keyword says about a compiled schema, nil if it
// is absent.
func extensionOf(s *jsonschema.Schema) *extension {
	for _, x := range s.Extensions {
		if e, ok := x.(*extension); ok {
			return e
		}
	}
	return nil
}

// deferredFormat checks a format after all other keywords. The library stops at the
// first wrong format; a person wants to hear everything that is wrong.
type deferredFormat struct{ format *jsonschema.Format }

// Validate implements jsonschema.SchemaExt.
func (f deferredFormat) Validate(ctx *jsonschema.ValidatorContext, value any) {
	if err := f.format.Validate(value); err != nil {
		ctx.AddError(&kind.Format{Got: value, Want: f.format.Name, Err: err})
	}
}

// delayFormats moves the formats of all schemas behind the other keywords.
func delayFormats(schemas []*jsonschema.Schema) {
	for _, s := range schemas {
		if s.Format != nil {
			s.Extensions = append([]jsonschema.SchemaExt{deferredFormat{s.Format}}, s.Extensions...)
			s.Format = nil
		}
	}
}

// formatOf returns the name of a schema's asserted format.
func formatOf(s *jsonschema.Schema) string {
	for _, x := range s.Extensions {
		if f, ok := x.(deferredFormat); ok {
			return f.format.Name
		}
	}
	if s.Format != nil {
		return s.Format.Name
	}
	return ""
}

// unknownVia objects to a channel that does not exist. It is reported when a
// value is judged and not when the schema is read: v0.5 files carry such values
// on properties that are never set.
type unknownVia struct{ use, via string }

// KeywordPath implements jsonschema.ErrorKind.
func (u *unknownVia) KeywordPath() []string { return []string{u.use + ".via"} }

// LocalizedString implements jsonschema.ErrorKind.
func (u *unknownVia) LocalizedString(*message.Printer) string { return u.text() }

func (u *unknownVia) text() string {
	return fmt.Sprintf("%s.via has unknown value %q", u.use, u.via)
}
