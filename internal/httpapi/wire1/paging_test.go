package wire1

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A page far beyond the end is empty, however its number times the size is computed.
func TestWindow_far(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"page=4611686018427387905&per_page=3", "page=9223372036854775807&per_page=500", "page=9223372036854775807", "page_size=3&page=6148914691236517206",
		"page_token=" + offsetToken{Offset: 1<<63 - 1, Version: offsetVersion}.String() + "&page_size=1",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []page{pageOf(q, defaultPage), pageOfSessions(q)} {
			if shown := window([]int{1, 2}, p); len(shown) != 0 {
				t.Errorf("%s shows %v", query, shown)
			}
			out := httptest.NewRecorder()
			p.numbered(out.Header(), httptest.NewRequest(http.MethodGet, "/schemas?"+query, nil), 2)
			if strings.Contains(out.Header().Get("Link"), "-") {
				t.Errorf("%s is linked to %s", query, out.Header().Get("Link"))
			}
		}
	}
}

// client-go sends the sizes of both ways to page, 250 for the one that its caller did not set.
func TestPageOf(t *testing.T) {
	t.Parallel()
	const token = "5eadc21d-0d9d-409a-8f23-d891b7f40f4a"
	for query, want := range map[string]page{
		"":                                        {size: 250},
		"page_size=2":                             {size: 2},
		"page_size=9999":                          {size: 500},
		"page_size=x":                             {size: 250},
		"per_page=2":                              {size: 2, legacy: true},
		"per_page=2&page=1":                       {size: 2, legacy: true, number: 1},
		"page_size=2&page=1":                      {size: 2, legacy: true},
		"page_size=2&page=3":                      {size: 2, legacy: true, number: 2},
		"per_page=250&page_size=250":              {size: 250},
		"per_page=250&page_size=2":                {size: 2},
		"per_page=250&page_size=2&page=2":         {size: 2, legacy: true, number: 1},
		"per_page=2&page_size=250":                {size: 2, legacy: true},
		"per_page=2&page_size=250&page=1":         {size: 2, legacy: true, number: 1},
		"page_token=" + token:                     {size: 250, token: token},
		"per_page=7&page_token=" + token:          {size: 7, token: token},
		"page_token=eyJvZmZzZXQiOiI0In0":          {size: 250, token: "eyJvZmZzZXQiOiI0In0"},
		"page_token=eyJvZmZzZXQiOiItNCIsInYiOjJ9": {size: 250, token: "eyJvZmZzZXQiOiItNCIsInYiOjJ9"},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := pageOf(q, defaultPage); got != want {
			t.Errorf("%q is %+v, want %+v", query, got, want)
		}
	}
}

// The links of a numbered list lead through it, as they are or by their token alone.
func TestNumbered_links(t *testing.T) {
	t.Parallel()
	all := []int{0, 1, 2, 3, 4}
	link := regexp.MustCompile(`<[^?]+\?([^>]+)>; rel="next"`)
	for _, first := range []string{"page_size=2", "per_page=2", "per_page=250&page_size=2"} {
		for name, next := range map[string]func(url.Values) url.Values{
			"the link":  func(q url.Values) url.Values { return q },
			"its token": func(q url.Values) url.Values { return url.Values{"page_size": {"2"}, "page_token": q["page_token"]} },
		} {
			q, err := url.ParseQuery(first)
			var seen []int
			for range all {
				if err != nil {
					t.Fatal(err)
				}
				p := pageOf(q, defaultPage)
				seen = append(seen, window(all, p)...)
				h := http.Header{}
				p.numbered(h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sessions?"+q.Encode(), nil), len(all))
				more := link.FindStringSubmatch(h.Get("Link"))
				if more == nil {
					break
				}
				q, err = url.ParseQuery(more[1])
				q = next(q)
			}
			if !slices.Equal(seen, all) {
				t.Errorf("from %s by %s: %v", first, name, seen)
			}
		}
	}
}
