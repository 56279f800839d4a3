package flow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
)

// A transient_payload that hooks can't read is refused before anything happens. What they get
// is plain JSON.
func TestHook_transient(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
	}
	for name, test := range map[string]struct{ sent, told string }{
		"plain":          {`{"a":1}`, `{"a":1}`},
		"nothing":        {`null`, `{}`},
		"angle brackets": {`{"a":"` + strings.Repeat("<", 12000) + `"}`, `{"a":"` + strings.Repeat("<", 12000) + `"}`},
		"half a pair":    {`{"a":"\ud800"}`, "{\"a\":\"\ufffd\"}"},
		"twice":          {`{"a":1,"a":2}`, `{"a":2}`},
		"64 levels":      {nested(64), nested(64)},
		"65 levels":      {nested(65), ""},
		"large number":   {`{"a":1e999}`, ""},
		"large text":     {`{"a":"` + strings.Repeat("x", 17000) + `"}`, ""},
		"list":           {`[1]`, ""},
		"text":           {`"a"`, ""},
	} {
		after := &program{}
		w, _ := one(t, newcomer, hooked(flow.Registration, nil, after))
		b := w.Browser()
		f := b.Start(flow.Registration)
		object := map[string]json.RawMessage{"transient_payload": json.RawMessage(test.sent)}
		for field, value := range newPerson {
			object[field], _ = json.Marshal(value)
		}
		object["csrf_token"], _ = json.Marshal(secret.MaskCSRF(b.CSRF))
		r, err := b.Send(f, identity.TypePassword, flow.JSONInput(object))
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case test.told == "":
			if r.Outcome != flow.FormRejected || r.Identity != nil || len(after.calls) != 0 {
				t.Errorf("%s: %+v", name, r)
			}
		case r.Outcome != flow.Completed || len(after.calls) != 1 || string(after.calls[0].Transient) != test.told:
			t.Errorf("%s: %+v, %+v", name, r, after.calls)
		}
	}
}

// A login that goes on as a registration has its hooks.
func TestHook_transient_switch(t *testing.T) {
	t.Parallel()
	after := &program{}
	w, stub := one(t, func(context.Context, *flowtest.World, flow.Submission) (flow.Fact, error) {
		return flow.ProvedExternalAccount{
			Account: flow.ExternalAccount{Type: identity.TypeOIDC, Identifier: "acme:1", Provider: "Acme"},
			Traits:  json.RawMessage(`{"email":"new@example.org"}`), Factor: session.Factor{Method: "oidc"},
		}, nil
	}, hooked(flow.Registration, nil, after))
	b := w.Browser()
	token, _ := json.Marshal(secret.MaskCSRF(b.CSRF))
	r, err := b.Send(b.Start(flow.Login), stub.Name, flow.JSONInput(map[string]json.RawMessage{"transient_payload": json.RawMessage(`[1]`), "csrf_token": token}))
	if err != nil || r.Outcome != flow.FormRejected || len(after.calls) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
