package wire1

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The sizes of pages, and what their tokens say.
const (
	defaultPage    = 250
	messagesOnPage = 10
	largestPage    = 500
	offsetVersion  = 2       // of offsetToken
	farthestPage   = 1 << 31 // whose number times a size is a number still
)

// page is which part of a list is asked for.
type page struct {
	number int // from 0
	size   int
	token  string
	legacy bool // asked for by number
}

// pageOf reads which page is asked for. Numbers that can't be read are ignored;
// a list that refuses them does so first.
func pageOf(q url.Values, size int) page {
	by := sizeParameter(q)
	p := page{size: size, token: q.Get("page_token")}
	p.legacy = q.Has("page") || by == "per_page" && p.token == ""
	if n, err := strconv.Atoi(q.Get(by)); err == nil && n > 0 {
		p.size = min(n, largestPage)
	}
	if offset, ok := offsetOf(p.token); ok {
		p.number = min(offset/p.size, farthestPage)
		return p
	}
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n <= 0 {
		return p
	}
	p.number = min(n, farthestPage)
	if by == "page_size" && q.Has(by) { // which counts from 1
		p.number--
	}
	return p
}

// pageOfSessions reads which page of the sessions of one person is asked for. Their pages count from 1, whichever parameter
// says how long they are; 0 is the first one, too.
func pageOfSessions(q url.Values) page {
	p := pageOf(q, defaultPage)
	_, byToken := offsetOf(p.token)
	if counted := sizeParameter(q) == "page_size" && q.Has("page_size"); !byToken && !counted {
		p.number = max(p.number-1, 0)
	}
	return p
}

// sizeParameter is the parameter that says how long a page is. client-go sends both, with
// the default in the one that its caller did not set.
func sizeParameter(q url.Values) string {
	unset := !q.Has("page_size") || q.Get("page_size") == strconv.Itoa(defaultPage)
	if q.Has("per_page") && unset && q.Get("per_page") != q.Get("page_size") {
		return "per_page"
	}
	return "page_size"
}

// offsetToken is the token of a page of a numbered list.
type offsetToken struct {
	Offset  int `json:"offset,string"`
	Version int `json:"v"`
}

func (o offsetToken) String() string {
	text, _ := json.Marshal(o) // of two numbers
	return base64.RawURLEncoding.EncodeToString(text)
}

func offsetOf(token string) (offset int, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	var o offsetToken
	if err != nil || json.Unmarshal(text, &o) != nil || o.Version != offsetVersion || o.Offset < 0 {
		return 0, false
	}
	return o.Offset, true
}

// window returns the page of a whole list.
func window[T any](all []T, p page) []T {
	from := min(p.number*p.size, len(all))
	return all[from:min(from+p.size, len(all))]
}

// numbered writes the links to the pages around the present one (RFC 8288) and
// the length of the list.
func (p page) numbered(h http.Header, r *http.Request, total int) {
	size := p.size
	if total > 0 {
		size = min(size, total)
	}
	last := max(total-1, 0) / size
	link := func(number int, rel string) string {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(number))
		q.Set("page_size", strconv.Itoa(size))
		q.Set("per_page", strconv.Itoa(size))
		q.Set("page_token", offsetToken{Offset: number * size, Version: offsetVersion}.String())
		return fmt.Sprintf("<%s?%s>; rel=%q", r.URL.Path, q.Encode(), rel)
	}
	var links []string
	if p.number > 0 || last == 0 {
		links = append(links, link(0, "first"))
	}
	if p.number < last {
		links = append(links, link(p.number+1, "next"))
	}
	if p.number > 0 {
		links = append(links, link(min(p.number-1, last), "prev"))
	}
	if p.number < last {
		links = append(links, link(last, "last"))
	}
	h.Set("Link", strings.Join(links, ","))
	h.Set("X-Total-Count", strconv.Itoa(total))
}

// tokens writes the links to the first page and the next one; an empty next is the
// end of the list.
func (p page) tokens(h http.Header, r *http.Request, first, next string) {
	link := func(token, rel string) string {
		q := r.URL.Query()
		q.Set("page_size", strconv.Itoa(p.size))
		q.Set("page_token", token)
		return fmt.Sprintf("<%s?%s>; rel=%q", r.URL.Path, q.Encode(), rel)
	}
	links := link(first, "first")
	if next != "" {
		links += "," + link(next, "next")
	}
	h.Set("Link", links)
}
