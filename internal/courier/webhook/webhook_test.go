package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/courier/webhook"
	"github.com/symbolon/symbolon/internal/outgoing"
	"github.com/symbolon/symbolon/internal/program"
)

func message() courier.Rendered {
	return courier.Rendered{
		ID: "0198c0de-0000-7000-8000-000000000001", Type: courier.SMS, Template: courier.LoginCode, To: "+12025550123",
		Subject: "Your code", Text: "271828 is your code", Data: map[string]any{"to": "+12025550123", "login_code": "271828"},
	}
}

// service answers with a status and keeps the last request.
func service(t *testing.T, status int) (url string, last *http.Request, body *string) {
	t.Helper()
	last, body = &http.Request{}, new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*last, *body = *r, string(raw)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}))
	t.Cleanup(server.Close)
	return server.URL, last, body
}

func channel(t *testing.T, c webhook.Config) *webhook.Channel {
	t.Helper()
	c.Timeout = 10 * time.Second
	ch, err := webhook.New(c, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestDeliver_defaultBody(t *testing.T) {
	t.Parallel()
	url, last, body := service(t, http.StatusAccepted)
	c := channel(t, webhook.Config{URL: url + "/send?key=1", Auth: outgoing.Auth{Type: "basic_auth", User: "u", Password: "p"}})
	if err := c.Deliver(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	user, password, _ := last.BasicAuth()
	if last.Method != http.MethodPost || last.URL.String() != "/send?key=1" || user != "u" || password != "p" ||
		last.Header.Get("Idempotency-Key") != message().ID || last.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", last.Method, last.URL, last.Header)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(*body), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"recipient": "+12025550123", "template_type": "login_code_valid", "message_type": "sms", "subject": "Your code", "body": "271828 is your code",
		"template_data": map[string]any{"to": "+12025550123", "login_code": "271828"}, "request_headers": map[string]any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDeliver_program(t *testing.T) {
	t.Parallel()
	p, err := program.Compile("sms.jsonnet", `function(ctx) {To: ctx.recipient, Body: ctx.body, Code: ctx.template_data.login_code, N: 1}`, 2)
	if err != nil {
		t.Fatal(err)
	}
	url, last, body := service(t, http.StatusOK)
	c := channel(t, webhook.Config{
		URL: url, Method: "PUT", Body: func(context.Context) (*program.Program, error) { return p, nil }, Headers: map[string]string{"content-type": "application/x-www-form-urlencoded", "X-A": "b"},
		Auth: outgoing.Auth{Type: "api_key", Name: "key", Value: "v", In: "cookie"},
	})
	if err := c.Deliver(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if want := "Body=271828+is+your+code&Code=271828&N=1&To=%2B12025550123"; *body != want {
		t.Errorf("body is %s", *body)
	}
	if last.Method != http.MethodPut || last.Header.Get("X-A") != "b" || last.Header.Get("Cookie") != "key=v" {
		t.Errorf("%s %v", last.Method, last.Header)
	}
}

func TestDeliver_refusals(t *testing.T) {
	t.Parallel()
	for status, permanent := range map[int]bool{400: true, 422: true, 401: false, 403: false, 404: false, 429: false, 500: false, 503: false} {
		url, _, _ := service(t, status)
		err := channel(t, webhook.Config{URL: url}).Deliver(t.Context(), message())
		if err == nil || errors.Is(err, courier.ErrPermanent) != permanent || strings.Contains(err.Error(), "271828") {
			t.Errorf("%d: %v", status, err)
		}
	}
	err := channel(t, webhook.Config{URL: "http://user:secret@127.0.0.1:1/?key=secret"}).Deliver(t.Context(), message())
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func TestNew_mistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]webhook.Config{
		"no url": {}, "scheme": {URL: "ftp://example.org"}, "method": {URL: "https://example.org", Method: "a b"},
		"auth": {URL: "https://example.org", Auth: outgoing.Auth{Type: "bearer"}}, "key": {URL: "https://example.org", Auth: outgoing.Auth{Type: "api_key"}},
	} {
		if _, err := webhook.New(c, http.DefaultClient); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
