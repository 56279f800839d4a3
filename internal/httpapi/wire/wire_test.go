package wire

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
)

func TestSpeaksJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept, sends string
		want          bool
	}{
		{"", "", false},
		{"application/json", "", true},
		{"", "application/json", true},
		{"*/*", "application/x-www-form-urlencoded", false},
		{"text/html", "multipart/form-data; boundary=x", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Accept", c.accept)
		r.Header.Set("Content-Type", c.sends)
		if got := SpeaksJSON(r); got != c.want {
			t.Errorf("Accept %q, Content-Type %q: %v, want %v", c.accept, c.sends, got, c.want)
		}
	}
}

func TestWithQuery(t *testing.T) {
	t.Parallel()
	u := &url.URL{Scheme: "https", Host: "x", RawQuery: "a=1&id=old"}
	if got := WithQuery(u, "id", "b c&"); got != "https://x?a=1&id=b+c%26" {
		t.Errorf("got %s", got)
	}
	if u.RawQuery != "a=1&id=old" {
		t.Errorf("the URL itself changed: %s", u)
	}
}

func TestRoute_unsafe(t *testing.T) {
	t.Parallel()
	for verb, want := range map[string]bool{
		http.MethodGet: false, http.MethodHead: false, http.MethodOptions: false, http.MethodTrace: false,
		http.MethodPost: true, http.MethodDelete: true, "": true,
	} {
		if got := (Route{Verb: verb}).Unsafe(); got != want {
			t.Errorf("%q: %v, want %v", verb, got, want)
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[errs.Code]int{
		errs.Internal: 500, errs.Invalid: 400, errs.Unauthorized: 401, errs.Forbidden: 403, errs.NotFound: 404,
		errs.Conflict: 409, errs.Gone: 410, errs.TooLarge: 413, errs.TooMany: 429, errs.Unavailable: 503, errs.Code(200): 500,
	} {
		if got := Status(code); got != want {
			t.Errorf("code %d: %d, want %d", code, got, want)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	if a := JSON(201, "x"); a.Status != 201 || a.Body != "x" || a.Err != nil {
		t.Errorf("JSON: %+v", a)
	}
	if a := Redirect("/x"); a.Location != "/x" || a.Body != nil {
		t.Errorf("Redirect: %+v", a)
	}
	if a, b := Fail(errs.ErrStale), FailOnPage(errs.ErrStale); a.Err == nil || a.ErrorPage || b.Err == nil || !b.ErrorPage {
		t.Errorf("Fail: %+v, FailOnPage: %+v", a, b)
	}
}
