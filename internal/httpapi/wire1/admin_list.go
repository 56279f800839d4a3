package wire1

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// zeroID is the token of the first page of identities.
const zeroID = "00000000-0000-0000-0000-000000000000"

// maxIDs is how many identities one request names at most.
const maxIDs = 500

// listIdentities lists identities in the order of their ids.
func (w *Wire) listIdentities(out http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	wanted, err := wantedCredentials(r, false)
	if err != nil {
		return err
	}
	asked, err := identityQuery(q)
	if err != nil {
		return err
	}
	p := pageOf(q, defaultPage)
	asked.Limit, asked.Offset = p.size, 0
	if p.legacy {
		asked.After, asked.Offset = "", p.number*p.size
	} else {
		asked.NoTotal, asked.Limit = true, p.size+1 // one more tells whether there is a next page
	}
	found, total, err := w.parts.Identities.List(r.Context(), asked)
	if err != nil {
		return err
	}
	more := len(found) > p.size
	found = found[:min(len(found), p.size)]
	shown := make([]Identity, len(found))
	for i, one := range found {
		if len(wanted) == 0 && asked.Identifier == "" {
			shown[i] = w.identity(one)
		} else if shown[i], err = w.operatorIdentity(r.Context(), one, wanted); err != nil {
			return err
		}
		shown[i].MetadataAdmin = orNull(one.MetadataAdmin)
	}
	if p.legacy {
		p.numberedBriefly(out.Header(), r, total)
	} else {
		next := ""
		if more {
			next = found[len(found)-1].ID
		}
		p.tokens(out.Header(), r, zeroID, next)
	}
	return writeJSON(out, http.StatusOK, shown)
}

// identityQuery reads what selects identities.
func identityQuery(q url.Values) (identity.Query, error) {
	asked := identity.Query{IDs: q["ids"]}
	if size := cmp.Or(q.Get("page_size"), q.Get("per_page")); size != "" {
		if _, err := strconv.Atoi(size); err != nil {
			return asked, badRequest(err.Error())
		}
	}
	for _, id := range asked.IDs {
		if !secret.IsID(id) {
			return asked, badRequest(fmt.Sprintf("Invalid UUID value `%s` for parameter `ids`.", id))
		}
	}
	if len(asked.IDs) > maxIDs {
		return asked, badRequest(fmt.Sprintf("The number of ids to filter must not exceed %d.", maxIDs))
	}
	if org := q.Get("organization_id"); org != "" && !secret.IsID(org) {
		return asked, badRequest(fmt.Sprintf("Invalid UUID value `%s` for parameter `organization_id`.", org))
	}
	if token := q.Get("page_token"); token != "" {
		if !secret.IsID(token) {
			return asked, badRequest("The page token is invalid, do not craft your own page tokens")
		}
		asked.After = token
	}
	filters := 0
	for _, given := range []bool{len(asked.IDs) > 0, q.Has("credentials_identifier"), q.Has("preview_credentials_identifier_similar")} {
		if given {
			filters++
		}
	}
	if filters > 1 {
		return asked, badRequest("You cannot combine multiple filters in this API")
	}
	asked.Identifier = traits.Normalize(q.Get("credentials_identifier"))
	asked.Similar = traits.Normalize(q.Get("preview_credentials_identifier_similar"))
	asked.None = q.Get("organization_id") != ""
	return asked, nil
}

// numberedBriefly writes the links of the older paging of identities, which knows
// no tokens.
func (p page) numberedBriefly(h http.Header, r *http.Request, total int) {
	last := max(total-1, 0) / p.size
	links := ""
	add := func(number int, rel string) {
		q := r.URL.Query()
		q.Del("page_size")
		q.Set("page", strconv.Itoa(number))
		q.Set("per_page", strconv.Itoa(p.size))
		if links != "" {
			links += ","
		}
		links += fmt.Sprintf("<%s?%s>; rel=%q", r.URL.Path, q.Encode(), rel)
	}
	add(0, "first")
	if p.number < last {
		add(p.number+1, "next")
	}
	if p.number > 0 {
		add(min(p.number-1, last), "prev")
	}
	add(last, "last")
	h.Set("Link", links)
	h.Set("X-Total-Count", strconv.Itoa(total))
}
