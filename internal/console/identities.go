package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// pageSize is how many entries a list shows.
const pageSize = 50

// identitiesBody is the list of identities.
type identitiesBody struct {
	Found      []person
	Identifier string // or a part of one
	Order      []navLink
	Oldest     bool
	Schema     string
	Schemas    []string
	Total      string // in words; empty but on the first page
	Filtered   bool
	Partial    bool   // the search does not have all identities yet
	First      string // where the list starts; empty on the first page
	Next       string // where it goes on; empty at the end
}

// person is an identity in a list.
type person struct {
	URL, Name, ID, Schema string
	FullName              string // as the traits have it; empty if they have none
	Created               time.Time
	Unverified            bool // none of their addresses is verified, and they have some
	Disabled              bool
}

// list shows identities by age, or those with an identifier that contains a text.
func (o *Console) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	body := identitiesBody{Identifier: strings.TrimSpace(query.Get("identifier")), Schema: query.Get("schema"), Schemas: o.Schemas.IDs()}
	if secret.IsID(body.Identifier) {
		return o.redirect(w, o.at("identities", body.Identifier))
	}
	body.Oldest = query.Get("order") == "oldest"
	q := identity.Query{SchemaID: body.Schema, Newest: !body.Oldest, After: query.Get("after"), Limit: pageSize + 1}
	if body.Identifier != "" {
		q.Similar = traits.Normalize(body.Identifier)
	}
	if q.After != "" && !secret.IsID(q.After) {
		return errs.ErrNotFound
	}
	q.NoTotal = q.After != "" || q.SchemaID != "" || q.Similar != ""
	found, total, err := o.Identities.List(r.Context(), q)
	if err != nil {
		return err
	}
	if q.Similar != "" {
		complete, err := o.Searchable(r.Context())
		if err != nil {
			return err
		}
		body.Partial = !complete
	}
	body.Filtered = body.Identifier != "" || body.Schema != ""
	if len(found) > pageSize {
		found = found[:pageSize]
		body.Next = o.identitiesAt(body, found[pageSize-1].ID)
	}
	if q.After != "" {
		body.First = o.identitiesAt(body, "")
	} else if !q.NoTotal {
		body.Total = plural(total, "identity", "identities")
	} else if body.Next == "" {
		body.Total = plural(len(found), "identity", "identities")
	}
	for _, i := range found {
		body.Found = append(body.Found, o.person(i))
	}
	newest, oldest := body, body
	newest.Oldest, oldest.Oldest = false, true
	body.Order = []navLink{
		{URL: o.identitiesAt(newest, ""), Text: "Newest first", Here: !body.Oldest},
		{URL: o.identitiesAt(oldest, ""), Text: "Oldest first", Here: body.Oldest},
	}
	p := o.pageFor(r, pageIdentities, "Identities")
	p.Done = confirmations[query.Get("done")]
	p.Body = body
	return o.write(w, http.StatusOK, p)
}

// identitiesAt is the address of a page of the same list.
func (o *Console) identitiesAt(b identitiesBody, after string) string {
	q := url.Values{}
	order := ""
	if b.Oldest {
		order = "oldest"
	}
	for name, value := range map[string]string{"identifier": b.Identifier, "schema": b.Schema, "order": order, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	to := o.at("identities")
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func (o *Console) person(i *identity.Identity) person {
	p := person{URL: o.at("identities", i.ID), Name: nameOf(i), ID: i.ID, Schema: i.SchemaID, FullName: fullName(i.Traits), Created: i.CreatedAt, Unverified: len(i.Verifiable) > 0, Disabled: i.Disabled()}
	for _, a := range i.Verifiable {
		p.Unverified = p.Unverified && !a.Verified
	}
	return p
}

// nameTraits are the traits that people are known by, the best first.
var nameTraits = []string{"email", "username", "user", "login", "name", "phone"}

// nameOf is what an operator knows an identity by: an address, else a trait, else
// its id.
func nameOf(i *identity.Identity) string {
	for _, known := range [][]identity.Address{i.Verifiable, i.Recovery} {
		if len(known) > 0 && known[0].Value != "" {
			return known[0].Value
		}
	}
	var values map[string]any
	if err := json.Unmarshal(i.Traits, &values); err != nil {
		return i.ID
	}
	for _, name := range nameTraits {
		if text, ok := values[name].(string); ok && text != "" {
			return text
		}
	}
	return i.ID
}

// fullName is the name of a person in traits of the usual shapes, empty if there is none.
func fullName(values json.RawMessage) string {
	var known struct {
		Name      any    `json:"name"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Given     string `json:"given_name"`
		Family    string `json:"family_name"`
	}
	if err := json.Unmarshal(values, &known); err != nil {
		return ""
	}
	switch name := known.Name.(type) {
	case string:
		return name
	case map[string]any:
		first, _ := name["first"].(string)
		last, _ := name["last"].(string)
		return strings.TrimSpace(first + " " + last)
	}
	return strings.TrimSpace(known.FirstName + known.Given + " " + known.LastName + known.Family)
}

// trait is one thing known of a person.
type trait struct{ Label, Value string }

// traitsOf lists traits in the order and the words of their schema. Without it, or
// what it does not name, they are listed as they are.
func traitsOf(schema *traits.Schema, values json.RawMessage) []trait {
	var out []trait
	if schema == nil {
		return out
	}
	titles := map[string]string{}
	for _, f := range schema.Fields() {
		titles[f.Name] = f.Title
	}
	for _, v := range schema.Flatten(values) {
		label := titles[v.Name]
		if label == "" {
			label = pagekit.PathLabel(v.Name)
		}
		out = append(out, trait{Label: label, Value: pagekit.ValueText(v.Value)})
	}
	return out
}
