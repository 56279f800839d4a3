package traits

import "github.com/santhosh-tekuri/jsonschema/v6"

// factorMarks is what the keyword says about second factors and keys.
type factorMarks struct {
	totpName, webauthnName, passkeyName bool
	codeIdentifier                      bool   // credentials.code.identifier
	codeVia                             string // credentials.code.via, empty if absent
}

func readFactorMarks(value any) factorMarks {
	var m factorMarks
	m.totpName, _ = member(value, "credentials", "totp", "account_name").(bool)
	m.webauthnName, _ = member(value, "credentials", "webauthn", "identifier").(bool)
	m.passkeyName, _ = member(value, "credentials", "passkey", "display_name").(bool)
	m.codeIdentifier, _ = member(value, "credentials", "code", "identifier").(bool)
	m.codeVia, _ = member(value, "credentials", "code", "via").(string)
	return m
}

// identifyByKeys makes the identifier of security keys the login identifier, if the schemas have no other: it is what
// people type who sign in.
func identifyByKeys(all []*jsonschema.Schema) {
	var marked []*extension
	for _, s := range all {
		e := extensionOf(s)
		switch {
		case e == nil:
		case e.identifier:
			return
		case e.factors.webauthnName:
			marked = append(marked, e)
		}
	}
	for _, e := range marked {
		e.identifier = true
	}
}

// names reports whether the trait is what authenticators of the method show. A passkey goes by the name of security
// keys where it has none of its own.
func (m factorMarks) names(method string) bool {
	switch method {
	case "totp":
		return m.totpName
	case "webauthn":
		return m.webauthnName
	case "passkey":
		return m.passkeyName || m.webauthnName
	}
	return false
}

func (c *collector) markFactors(m factorMarks, a Address) {
	for _, method := range []string{"totp", "webauthn", "passkey"} {
		if m.names(method) && c.once("name/"+method, "") {
			if c.found.Names == nil {
				c.found.Names = map[string]string{}
			}
			c.found.Names[method] = a.Value
		}
	}
}

// NameField returns the field of a form that holds what authenticators of the method show: the one that is marked, else
// the first login identifier, else the first address; empty if the schema has none of them.
func (s *Schema) NameField(method string) string {
	for _, p := range s.leaves {
		for _, applied := range withApplied(p.schemas) {
			if e := extensionOf(applied); e != nil && e.factors.names(method) {
				return p.path
			}
		}
	}
	for _, f := range s.fields {
		if f.Identifier && !f.Multiple {
			return f.Name
		}
	}
	for _, f := range s.fields {
		if f.Type == "email" {
			return f.Name
		}
	}
	return ""
}
