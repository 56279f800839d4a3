package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func decode(contentType, body string) (string, bool, string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	in, err := decodeSubmission(r)
	if err != nil {
		return "", false, err.Error()
	}
	return in.Text("identifier")
}

func TestEveryMediaTypeOfTheWireIsDecoded(t *testing.T) {
	t.Parallel()
	multipart := "--x\r\nContent-Disposition: form-data; name=\"identifier\"\r\n\r\njane\r\n--x--\r\n"
	for name, c := range map[string][2]string{
		"JSON":              {"application/json", `{"identifier":"jane"}`},
		"JSON with charset": {"application/json; charset=utf-8", `{"identifier":"jane"}`},
		"form":              {"application/x-www-form-urlencoded", "identifier=jane"},
		"multipart":         {"multipart/form-data; boundary=x", multipart},
	} {
		if got, ok, kind := decode(c[0], c[1]); !ok || got != "jane" {
			t.Errorf("%s: got %q, %v, %q", name, got, ok, kind)
		}
	}
}

func TestAMemberThatStandsTwiceIsRefused(t *testing.T) {
	t.Parallel()
	if _, ok, _ := decode("application/json", `{"identifier":"jane","identifier":"john"}`); ok {
		t.Error("a member that stands twice was accepted")
	}
}

// FuzzDecodeBody checks that no body makes decoding panic, and that what comes
// out of it is text.
func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []struct{ contentType, body string }{
		{"application/json", `{"identifier":"jane","password":"x"}`},
		{"application/json", `{"identifier":"a","identifier":"b"}`},
		{"application/json", "{\"identifier\":\"\xff\"}"},
		{"application/json", `[{}]`},
		{"application/json", `{"a":` + strings.Repeat("[", 200)},
		{"application/x-www-form-urlencoded", "identifier=%ff&a=%zz"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"identifier\"\r\n\r\nv\r\n--x--"},
		{"multipart/form-data", "x"},
		{"a;b=;;", ""},
	} {
		f.Add(seed.contentType, seed.body)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		text, _, _ := decode(contentType, body)
		if !utf8.ValidString(text) {
			t.Fatalf("a field that is no text came out: %q", text)
		}
	})
}

func FuzzCookies(f *testing.F) {
	for _, seed := range []string{"csrf_token=x", "ory_kratos_session=AAAA", "csrf_token=\"; =", "a=b; csrf_token=" + strings.Repeat("A", 44)} {
		f.Add(seed)
	}
	k, err := newCookies(CookieConfig{SessionName: "ory_kratos_session"}, &url.URL{Scheme: "http", Host: "127.0.0.1:4433", Path: "/"}, []string{"a secret of sixteen bytes"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		if tokens := k.sessionTokens(r); len(tokens) > 0 {
			t.Fatalf("a cookie that was not signed gave the tokens %q", tokens)
		}
		if token := k.continuityToken(r); token != "" {
			t.Fatalf("a cookie that was not signed gave the continuity %q", token)
		}
	})
}
