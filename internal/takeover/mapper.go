package takeover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/traits"
)

// SchemaMapper fills the traits of a schema with claims of the same meaning: by the whole
// path of a trait, by its last name, and by the names that schemas commonly have for the
// standard claims. Claims without a trait are dropped, which Lost tells. A trait that the schema
// reserves for administrators gets no claim that the person may have written.
type SchemaMapper struct{ Schema *traits.Schema }

// Lost implements Mapper. It also names the claims of which a trait gets the first value alone, and those that a
// reserved trait does not get.
func (m SchemaMapper) Lost(u User) []string {
	var lost []string
	used := map[string]bool{}
	m.each(u, func(f traits.Field, name string, texts []string) {
		used[name] = true
		if len(texts) > 1 && !f.Multiple {
			lost = append(lost, name+" (all but the first value)")
		}
		switch own, all := search(u.Claims, f); {
		case f.AdminOnly && own != name:
			used[own] = true
			lost = append(lost, own+" (people write it themselves, and only administrators may set its trait)")
		case len(texts) < len(all) && (name == "" || own == name):
			used[own] = true
			lost = append(lost, own+" (e-mail addresses that only the person wrote)")
		}
	})
	lost = append(lost, unused("", u.Claims, used)...)
	slices.Sort(lost)
	return slices.Compact(lost)
}

// unused returns the claims below a path that no trait gets; of one that holds others, those that no trait gets if a trait
// gets some of them.
func unused(below string, claims map[string]any, used map[string]bool) (lost []string) {
	for name, value := range claims {
		path := below + name
		inner, holds := value.(map[string]any)
		switch {
		case used[path] || proofs()[path] != "":
		case holds && slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(one string) bool { return strings.HasPrefix(one, path+".") }):
			lost = append(lost, unused(path+".", inner, used)...)
		default:
			lost = append(lost, path)
		}
	}
	return lost
}

// Traits implements Mapper.
func (m SchemaMapper) Traits(u User) (json.RawMessage, error) {
	form := map[string][]string{}
	m.each(u, func(f traits.Field, _ string, texts []string) {
		if len(texts) > 1 && !f.Multiple {
			texts = texts[:1]
		}
		if len(texts) > 0 {
			form[f.Name] = texts
		}
	})
	made, err := m.Schema.Decode(traits.Input{Form: form, EmptyIsAbsent: true, Admin: true})
	if err != nil {
		return nil, fmt.Errorf("its claims do not fit the schema: %s", causes(err))
	}
	return made, nil
}

// each visits the traits that claims can fill, with the claim that each gets and its texts; both are empty for none.
func (m SchemaMapper) each(u User, visit func(f traits.Field, name string, texts []string)) {
	known := u.known()
	for _, f := range m.Schema.Fields() {
		if f.Structured {
			continue
		}
		values := u.Claims
		if f.AdminOnly || names(f, known) {
			values = known
		}
		name, texts := search(values, f)
		if (identifies(f) || f.Address) && member(known, name) == nil {
			texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return isOwnAddress(text, known) })
		}
		if len(texts) == 0 {
			name = ""
		}
		visit(f, name, texts)
	}
}

// names reports whether a trait names the person by what the system knows: an identifier, an e-mail address or a phone number. That
// goes before what the person wrote under another name of it, or people would choose whom they are taken for.
func names(f traits.Field, known map[string]any) bool {
	claim, _ := find(known, path(f), identifies(f) && f.Type == "email")
	return claim != "" && (identifies(f) || !f.Multiple && (f.Type == "email" || claim == "email" || claim == "phone_number"))
}

func identifies(f traits.Field) bool { return f.Identifier || f.CodeIdentifier }

// isOwnAddress reports whether a text is an e-mail address that the person alone wrote, in any spelling. Nothing that identifies
// or recovers an account is filled with such a one: the account of its owner would be refused as the second one, and the owner's
// recovery would lead to this one. What else the system knows of the person, such as a name, may be of their choice too.
func isOwnAddress(text string, known map[string]any) bool {
	email, _ := known["email"].(string)
	address := traits.Normalize(text)
	return traits.IsEmail(address) && address != traits.Normalize(email)
}

// search returns the claim that a trait means, and its texts.
func search(values map[string]any, f traits.Field) (name string, _ []string) {
	return find(values, path(f), f.Type == "email")
}

func path(f traits.Field) string { return strings.TrimPrefix(f.Name, "traits.") }

// find returns the claim that a trait of that path means, and its texts.
func find(values map[string]any, path string, email bool) (name string, _ []string) {
	leaf := path[strings.LastIndex(path, ".")+1:]
	plain := strings.NewReplacer("_", "", "-", "")
	candidates := append([]string{path, leaf}, synonyms(strings.ToLower(plain.Replace(path)))...)
	if leaf != path {
		candidates = append(candidates, synonyms(strings.ToLower(plain.Replace(leaf)))...)
	}
	if email {
		candidates = append(candidates, "email")
	}
	for _, name = range candidates {
		if texts := texts(member(values, name)); len(texts) > 0 {
			return name, texts
		}
	}
	return "", nil
}

// member finds a value by its name, or by a dotted path.
func member(values map[string]any, path string) any {
	if value, ok := values[path]; ok {
		return value
	}
	head, rest, dotted := strings.Cut(path, ".")
	inner, ok := values[head].(map[string]any)
	if !dotted || !ok {
		return nil
	}
	return member(inner, rest)
}

// texts are the scalars of a value as a form would send them.
func texts(value any) []string {
	switch v := value.(type) {
	case nil, map[string]any:
		return nil
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case []string:
		return v
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, texts(one)...)
		}
		return all
	case float64:
		return []string{string(mustJSON(v))}
	default:
		return []string{fmt.Sprint(v)}
	}
}
