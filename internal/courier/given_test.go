package courier_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

// given returns what the sender of a message is shown that an outbox has queued.
func given(t *testing.T, o *courier.Outbox, m courier.Message) (courier.Rendered, map[string]any) {
	t.Helper()
	if err := o.Enqueue(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	all, err := o.List(t.Context(), courier.Filter{Recipient: m.To, Limit: 1})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	_, r, err := o.Get(t.Context(), all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Data
}

func TestEnqueue_dataForSenders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "memory")
	m := courier.Message{
		Template: courier.RecoveryCode, To: "+12025550123", Code: "271828", IdentityID: "known", Expires: time.Now().Add(time.Hour),
		Request: "https://id.shop.test/self-service/recovery/api", Transient: json.RawMessage(`{"shop":"7"}`),
	}
	if _, data := given(t, w.outbox, m); data["identity"] != nil || data["request_url"] != nil {
		t.Errorf("without Describe the data are %v", data)
	}
	w.outbox.Describe(func(_ context.Context, id string) (map[string]any, error) {
		if id != "known" {
			return nil, errs.ErrNotFound
		}
		return map[string]any{"id": id, "traits": map[string]any{"name": "Ada"}}, nil
	})
	_, data := given(t, w.outbox, m)
	want := map[string]any{
		"to": "+12025550123", "recovery_code": "271828", "verification_code": "271828", "expires_in_minutes": float64(60),
		"identity":    map[string]any{"id": "known", "traits": map[string]any{"name": "Ada"}},
		"request_url": m.Request, "request_url_domain": "id.shop.test", "transient_payload": map[string]any{"shop": "7"},
	}
	if diff := cmp.Diff(want, data); diff != "" {
		t.Error(diff)
	}
	newcomer := courier.Message{Template: courier.RegistrationCode, To: "+12025550124", Code: "314159", Traits: json.RawMessage(`{"phone":"+12025550124"}`)}
	_, data = given(t, w.outbox, newcomer)
	if diff := cmp.Diff(map[string]any{"phone": "+12025550124"}, data["identity"]); diff != "" || data["transient_payload"] == nil {
		t.Errorf("%v %s", data, diff)
	}
	m.IdentityID, m.To = "gone", "+12025550125"
	if _, data = given(t, w.outbox, m); data["identity"] != nil || data["recovery_code"] != "271828" {
		t.Errorf("of an account that is gone: %v", data)
	}
}

// Templates of v26 name the identity, also in messages about none.
func TestRender_identity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "memory")
	w.templates = templatesIn(t, map[string]string{
		"login_code/valid/email.subject.gotmpl":   "For {{ .Identity.traits.name }}",
		"login_code/valid/email.body.gotmpl":      "<p>{{ .Identity.traits.name }}, {{ .Traits.name }}, {{ .TransientPayload.shop }}, {{ .RequestURL }}, {{ .LoginCode }}</p>",
		"login_code/valid/sms.body.gotmpl":        "{{ .Identity.traits.name }}: {{ .LoginCode }}",
		"registration_code/valid/sms.body.gotmpl": "{{ .Traits.name }}: {{ .RegistrationCode }}",
	})
	o := w.newOutbox(w.db, testSecrets...)
	o.Describe(func(context.Context, string) (map[string]any, error) {
		return map[string]any{"traits": map[string]any{"name": "<Ada>"}}, nil
	})
	r, _ := given(t, o, courier.Message{
		Template: courier.LoginCode, To: "ada@example.org", Code: "271828", IdentityID: "known", Request: "https://id.shop.test/x", Transient: json.RawMessage(`{"shop":"7"}`),
	})
	if r.Subject != "For <Ada>" || r.HTML != "<p>&lt;Ada&gt;, &lt;Ada&gt;, 7, https://id.shop.test/x, 271828</p>" {
		t.Errorf("%q %q", r.Subject, r.HTML)
	}
	r, _ = given(t, o, courier.Message{Template: courier.RegistrationCode, To: "+12025550124", Code: "314159", Traits: json.RawMessage(`{"name":"Bob"}`)})
	if r.Text != "Bob: 314159" {
		t.Errorf("%q", r.Text)
	}
}
