package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var verificationLink = regexp.MustCompile(`https://id\.shop\.test(/self-service/verification/\S+token=\S+)`)

// A mail scanner opens a link before its reader does, and neither has a cookie.
func TestVerificationLink_twice(t *testing.T) {
	t.Parallel()
	s := newSite(t, "LINK_CONFIRM=false")
	s.browser().register(t, "jane@example.org")
	list := s.browser().admin(t, http.MethodGet, "/courier/messages", "").Body.String()
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(list)
	if id == nil {
		t.Fatalf("no mail in %s", list)
	}
	text := s.browser().admin(t, http.MethodGet, "/courier/messages/"+id[1], "").text(t, "text")
	link := verificationLink.FindStringSubmatch(text)
	if link == nil {
		t.Fatalf("no link in %s", text)
	}
	for _, who := range []string{"the scanner", "the reader"} {
		visitor := s.browser()
		opened := visitor.do(t, http.MethodGet, link[1], "")
		shown := visitor.with("Accept", "text/html").do(t, http.MethodGet, opened.Header().Get("Location"), "")
		if !strings.Contains(shown.Body.String(), "Your e-mail address is confirmed") {
			t.Errorf("%s is led to %s, which shows %d: %.200s", who, opened.Header().Get("Location"), shown.Code, shown.Body)
		}
	}
}
