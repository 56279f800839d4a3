package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// sendTests queues test messages to addresses.
func (s *site) sendTests(t *testing.T, addresses ...string) {
	t.Helper()
	for _, to := range addresses {
		a := s.app1().json(t, s.admin.URL+"/courier/messages", map[string]string{"to": to})
		if a.StatusCode != http.StatusCreated || a.Header.Get("Location") != s.admin.URL+"/courier/messages/"+a.text(t, "id") {
			t.Fatalf("test message to %s: %d %s", to, a.StatusCode, a.body)
		}
	}
}

// list decodes a page of messages and returns the address of the next one.
func messages(t *testing.T, a answer) (found []map[string]any, next string) {
	t.Helper()
	if err := json.Unmarshal(a.body, &found); err != nil || a.StatusCode != http.StatusOK || found == nil {
		t.Fatalf("%s: %d %s", a.Request.URL, a.StatusCode, a.body)
	}
	for link := range strings.SplitSeq(a.Header.Get("Link"), ",") {
		if address, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
			next = strings.TrimPrefix(address, "<")
		}
	}
	return found, next
}

func TestTheMetricsTellHowTheQueueIsDoing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	wants := func(lines ...string) {
		t.Helper()
		got := string(s.app1().get(t, s.admin.URL+"/metrics/prometheus").body)
		for _, line := range lines {
			if !strings.Contains(got, "\n"+line) {
				t.Errorf("no line %s among the metrics", line)
			}
		}
	}
	wants(`symbolon_courier_messages{status="queued"} 0`, `symbolon_courier_messages{status="dead"} 0`, "symbolon_courier_oldest_age_seconds 0")
	s.sendTests(t, "a@example.org", "b@example.org")
	s.pass(time.Hour)
	wants(`symbolon_courier_messages{status="queued"} 2`, "symbolon_courier_oldest_age_seconds 360")
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(`symbolon_courier_messages{status="queued"} 0`, `symbolon_courier_messages{status="sent"} 2`)
}

func TestMessagesAreListedAPageAtATime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.app1()
	if found, next := messages(t, c.get(t, s.admin.URL+"/courier/messages")); len(found) != 0 || next != "" {
		t.Errorf("before anything was sent: %v %s", found, next)
	}
	s.sendTests(t, "a@example.org", "b@example.org", "c@example.org", "a@example.org", "e@example.org")
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.sendTests(t, "f@example.org")
	var seen []string
	for next := s.admin.URL + "/courier/messages?page_size=4"; next != ""; {
		var found []map[string]any
		found, next = messages(t, c.get(t, next))
		for _, m := range found {
			seen = append(seen, fmt.Sprintf("%s %s", m["recipient"], m["status"]))
			if m["text"] != nil || m["html"] != nil {
				t.Errorf("a list tells what a message says: %v", m)
			}
		}
	}
	if want := "[f@example.org queued e@example.org sent a@example.org sent c@example.org sent b@example.org sent a@example.org sent]"; fmt.Sprint(seen) != want {
		t.Errorf("listed %v, want %s", seen, want)
	}
	for query, want := range map[string]int{
		"status=queued": 1, "status=sent": 5, "status=dead": 0, "recipient=a@example.org": 2, "recipient=a@example.org&status=queued": 0,
		"page_size=0": 1, "page_size=x": 6, "recipient=%27%20OR%201=1--": 0, "recipient=%25": 0,
	} {
		if found, _ := messages(t, c.get(t, s.admin.URL+"/courier/messages?"+query)); len(found) != want {
			t.Errorf("?%s lists %d, want %d", query, len(found), want)
		}
	}
}

// Operators find the messages to an address by each form that people type.
func TestMessages_forms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sendTests(t, "jane@xn--bcher-kva.example", "joe@example.org")
	typed := url.QueryEscape("Jane@BÜCHER.example")
	for _, path := range []string{"/courier/messages?recipient=", "/admin/courier/messages?recipient="} {
		if found, _ := messages(t, s.app1().get(t, s.admin.URL+path+typed)); len(found) != 1 {
			t.Errorf("%s lists %v", path, found)
		}
	}
	s.app1().console(t, "/messages?recipient="+typed).says(t, http.StatusOK, "jane@xn--bcher-kva.example")
}

func TestPageTokensAreWorthNothingElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "a@example.org")
	s.register(t, "b@example.org")
	s.sendTests(t, "a@example.org", "b@example.org")
	c := s.app1()
	_, next := messages(t, c.get(t, s.admin.URL+"/courier/messages?page_size=1"))
	ofMessages, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	_, next = messages(t, c.get(t, s.admin.URL+"/identities?page_size=1"))
	ofIdentities, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	for path, token := range map[string]string{
		"/courier/messages": ofIdentities.Query().Get("page_token"),
		"/identities":       ofMessages.Query().Get("page_token"),
	} {
		a := c.get(t, s.admin.URL+path+"?page_token="+token)
		if token == "" || a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s takes the token %q of the other list: %d %s", path, token, a.StatusCode, a.body)
		}
	}
	for _, forged := range []string{"x", "00000000-0000-7000-8000-000000000000", strings.Repeat("A", 500), ofMessages.Query().Get("page_token") + "A"} {
		if a := c.get(t, s.admin.URL+"/courier/messages?page_token="+forged); a.StatusCode != http.StatusBadRequest {
			t.Errorf("the token %.60s is taken: %d", forged, a.StatusCode)
		}
	}
}

func TestAMessageIsReadWhileItIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sendTests(t, "a@example.org")
	c := s.app1()
	found, _ := messages(t, c.get(t, s.admin.URL+"/courier/messages"))
	address := s.admin.URL + "/courier/messages/" + found[0]["id"].(string)
	waiting := c.get(t, address)
	if waiting.text(t, "status") != "queued" || waiting.text(t, "next_try") == "" || !strings.Contains(waiting.text(t, "text"), "a@example.org") || !strings.Contains(waiting.text(t, "html"), "<h1") {
		t.Errorf("while it waits: %s", waiting.body)
	}
	if a := c.do(t, http.MethodPost, address+"/retry", ""); a.StatusCode != http.StatusConflict || !strings.Contains(a.text(t, "error.reason"), "The message is queued.") {
		t.Errorf("retried although it waits: %d %s", a.StatusCode, a.body)
	}
	for _, unknown := range []string{"x", "00000000-0000-7000-8000-000000000000", "%00", "a%2Fb"} {
		for _, a := range []answer{c.get(t, s.admin.URL+"/courier/messages/"+unknown), c.do(t, http.MethodPost, s.admin.URL+"/courier/messages/"+unknown+"/retry", "")} {
			if a.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %d %s", a.Request.Method, a.Request.URL, a.StatusCode, a.body)
			}
		}
	}
}

func TestAMessageThatWasGivenUpIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, "COURIER_SMTP_CONNECTION_URI=smtp://127.0.0.1:1/", "COURIER_MAX_TRIES=2")
	s.sendTests(t, "a@example.org")
	c := s.app1()
	deliver := func() map[string]any {
		t.Helper()
		if _, err := s.app.DeliverMail(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, _ := messages(t, c.get(t, s.admin.URL+"/courier/messages"))
		return found[0]
	}
	if m := deliver(); m["status"] != "queued" || m["tries"] != 1.0 || m["last_error"] == nil {
		t.Errorf("after the first try: %v", m)
	}
	s.pass(time.Hour)
	dead := deliver()
	if dead["status"] != "dead" || dead["next_try"] != nil {
		t.Errorf("after the last try: %v", dead)
	}
	detail := c.get(t, s.admin.URL+"/health/detail")
	if detail.StatusCode != http.StatusOK || detail.text(t, "courier.dead") != "1" || !strings.Contains(detail.text(t, "courier.last_error"), "127.0.0.1:1") ||
		detail.text(t, "courier.channel") != "smtp" || detail.text(t, "courier.oldest") != "" {
		t.Errorf("the detail says %s", detail.body)
	}
	again := c.do(t, http.MethodPost, s.admin.URL+"/courier/messages/"+dead["id"].(string)+"/retry", "")
	if again.StatusCode != http.StatusOK || again.text(t, "status") != "queued" || again.text(t, "tries") != "0" {
		t.Errorf("sent again: %d %s", again.StatusCode, again.body)
	}
	if detail := c.get(t, s.admin.URL+"/health/detail"); detail.text(t, "courier.queued") != "1" || detail.text(t, "courier.oldest") == "" || detail.text(t, "courier.next_try") == "" {
		t.Errorf("the detail says then %s", detail.body)
	}
}

func TestTestMessagesGoToAddressesAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, to := range []any{"", "x", "a@example.org, b@example.org", "Jane <a@example.org>", "a@example.org\r\nBcc: b@example.org", 7, nil, []string{"a@example.org"}, strings.Repeat("a", 70000) + "@example.org"} {
		a := s.app1().json(t, s.admin.URL+"/courier/messages", map[string]any{"to": to})
		if a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("to %.60v: %d %s", to, a.StatusCode, a.body)
		}
	}
	if found, _ := messages(t, s.app1().get(t, s.admin.URL+"/courier/messages")); len(found) != 0 {
		t.Errorf("something was queued: %v", found)
	}
}

// A page that an administrator visits must not send mail in their name, where
// the listener asks for no token.
func TestPagesOfOtherOriginsCannotSendMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sendTests(t, "a@example.org")
	found, _ := messages(t, s.app1().get(t, s.admin.URL+"/courier/messages"))
	for _, path := range []string{"/courier/messages", "/courier/messages/" + found[0]["id"].(string) + "/retry"} {
		for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
			a := s.app1().do(t, http.MethodPost, s.admin.URL+path, `{"to":"b@example.org"}`, "Content-Type", "application/json", name, value)
			if a.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s %s: %d %s", path, name, value, a.StatusCode, a.body)
			}
		}
	}
}

func TestTheCourierAsksForTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SERVE_ADMIN_TOKEN=a-very-long-and-random-token")
	for _, path := range []string{"/courier/messages", "/courier/messages/x", "/health/detail", "/mailbox", "/mailbox/x", "/mailbox/x/html"} {
		if a := s.app1().get(t, s.admin.URL+path); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", path, a.StatusCode)
		}
	}
	if a := s.app1().get(t, s.admin.URL+"/health/detail", "Authorization", "Bearer a-very-long-and-random-token"); a.StatusCode != http.StatusOK {
		t.Errorf("with the token: %d %s", a.StatusCode, a.body)
	}
}

func TestTheMailboxLetsAnAccountBeRecovered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register(t, "jane@example.org")
	c := s.browser(t)
	action, token := c.startBrowser(t, "recovery", "link", "")
	c.form(t, action, map[string]string{"email": "jane@example.org", "csrf_token": token})
	if _, err := s.app.DeliverMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := string(c.get(t, s.admin.URL+"/mailbox").body)
	_, rest, found := strings.Cut(list, `<li><a href="`)
	path, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no mail in\n%s", list)
	}
	mail := string(c.get(t, s.admin.URL+path).body)
	_, rest, found = strings.Cut(mail, `<a href="`+s.public.URL)
	link, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("no link in\n%s", mail)
	}
	if a := c.opens(t, strings.ReplaceAll(link, "&amp;", "&")); a.StatusCode/100 != 3 || c.get(t, "/sessions/whoami").StatusCode != http.StatusOK {
		t.Errorf("the link leads to %d %s", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestTheMailboxIsServedWhereMailStaysOrNobodyElseReachesIt(t *testing.T) {
	t.Parallel()
	const smtp = "COURIER_SMTP_CONNECTION_URI=smtp://127.0.0.1:1/"
	for name, test := range map[string]struct {
		settings []string
		want     int
	}{
		"without a mail server":             {nil, http.StatusOK},
		"with one, on loopback":             {[]string{smtp}, http.StatusOK},
		"with one, where others reach it":   {[]string{smtp, "SERVE_ADMIN_HOST=0.0.0.0", "SERVE_ADMIN_INSECURE=true"}, http.StatusNotFound},
		"without one where others reach it": {[]string{"SERVE_ADMIN_HOST=0.0.0.0", "SERVE_ADMIN_INSECURE=true"}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.settings...)
			if a := s.app1().get(t, s.admin.URL+"/mailbox"); a.StatusCode != test.want {
				t.Errorf("%d, want %d", a.StatusCode, test.want)
			}
			if a := s.app1().get(t, s.public.URL+"/mailbox"); a.StatusCode != http.StatusNotFound {
				t.Errorf("the public listener answers %d", a.StatusCode)
			}
		})
	}
}
