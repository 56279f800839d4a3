package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// The bounds of a page of identities.
const (
	defaultPage = 250
	maxPage     = 1000
)

// listIdentities answers a page of identities, oldest first. Pages are numbered
// from 0 (page, per_page); page_token continues after the last identity of the
// page before and costs the same however far it leads.
func (m *mount) listIdentities(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	list, err := m.listQuery(query)
	if err != nil {
		return err
	}
	list.NoTotal = list.After != "" || query.Has("page_size")
	found, total, err := m.Identities.List(r.Context(), list)
	if err != nil {
		return err
	}
	w.Header().Set("Link", m.links(query, list, found, total))
	return writeJSON(w, http.StatusOK, m.identities(found))
}

func (m *mount) listQuery(query url.Values) (identity.Query, error) {
	size := query.Get("per_page")
	if given := query.Get("page_size"); given != "" {
		size = given
	}
	list := identity.Query{
		Limit:      bounded(size, defaultPage, 1, maxPage),
		Identifier: query.Get("credentials_identifier"),
		Similar:    traits.Normalize(query.Get("preview_credentials_identifier_similar")),
		SchemaID:   query.Get("schema_id"),
	}
	if token := query.Get("page_token"); token != "" {
		after, ok := m.pages.Open(token)
		if !ok || !secret.IsID(after) {
			return list, errs.New(errs.Invalid, "page_token_invalid", "The page_token is not one that this server has made. Start again without it.")
		}
		list.After = after
		return list, nil
	}
	list.Offset = bounded(query.Get("page"), 0, 0, 1<<31) * list.Limit
	return list, nil
}

// bounded reads a number, taking the default for anything that is none.
func bounded(text string, byDefault, least, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return byDefault
	}
	return min(max(n, least), most)
}

// links names the pages around the present one (RFC 8288).
func (m *mount) links(query url.Values, list identity.Query, found []*identity.Identity, total int) string {
	if list.NoTotal {
		return m.tokenLinks(query, list, found)
	}
	page, last := list.Offset/list.Limit, max(total-1, 0)/list.Limit
	links := []string{m.pageLink(query, list, 0, "first")}
	if page < last {
		links = append(links, m.pageLink(query, list, page+1, "next"))
	}
	if page > 0 {
		links = append(links, m.pageLink(query, list, min(page-1, last), "prev"))
	}
	return strings.Join(append(links, m.pageLink(query, list, last, "last")), ",")
}

func (m *mount) pageLink(query url.Values, list identity.Query, page int, rel string) string {
	q := filters(query)
	q.Set("page", strconv.Itoa(page))
	q.Set("per_page", strconv.Itoa(list.Limit))
	return m.link(q, rel)
}

func (m *mount) tokenLinks(query url.Values, list identity.Query, found []*identity.Identity) string {
	q := filters(query)
	q.Set("page_size", strconv.Itoa(list.Limit))
	links := m.link(q, "first")
	if len(found) == list.Limit {
		q.Set("page_token", m.pages.Sign(found[len(found)-1].ID))
		links += "," + m.link(q, "next")
	}
	return links
}

func (m *mount) link(q url.Values, rel string) string {
	u := m.config.AdminURL.JoinPath("identities")
	u.RawQuery = q.Encode()
	return fmt.Sprintf("<%s>; rel=%q", u, rel)
}

// filters keeps what selects identities and drops what selects a page.
func filters(query url.Values) url.Values {
	q := url.Values{}
	for _, name := range []string{"credentials_identifier", "schema_id"} {
		if v := query.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return q
}
