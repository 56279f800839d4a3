package flow_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/message"
)

func TestLookups(t *testing.T) {
	t.Parallel()
	w, _ := one(t, always(flow.Prepared{}))
	f := w.Browser().Start(flow.Login)
	if k, c, err := w.KindOf(t.Context(), f.ID); err != nil || k != flow.Login || c != flow.Browser {
		t.Errorf("%s, %s, %v", k, c, err)
	}
	if _, _, err := w.KindOf(t.Context(), "nonsense"); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if r, err := w.Inspect(t.Context(), flow.Login, f.ID); err != nil || r.Flow.ID != f.ID || r.Outcome != flow.FormShown {
		t.Errorf("an operator: %+v, %v", r, err)
	}
	if _, err := w.Inspect(t.Context(), flow.Recovery, f.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a flow of another kind: %v", err)
	}
	if got := w.Methods(flow.Login); !slices.Equal(got, []string{identity.TypePassword}) {
		t.Errorf("%v", got)
	}
	if _, err := w.Get(t.Context(), flow.Settings, f.ID, flow.Caller{}); !isA[*flow.LoginRequired](err) {
		t.Errorf("settings without a session: %v", err)
	}
	w.Advance(w.Config.Kinds[flow.Login].Lifespan)
	if _, err := w.Inspect(t.Context(), flow.Login, f.ID); !isA[*flow.Expired](err) {
		t.Errorf("a flow that is over: %v", err)
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestStepOf(t *testing.T) {
	t.Parallel()
	for memory, want := range map[string]string{`{"step":"two"}`: "two", `{}`: "", `[]`: "", `{"step":7}`: ""} {
		f := &flow.Flow{Private: map[string]json.RawMessage{"m": json.RawMessage(memory)}}
		if got := f.StepOf("m"); got != want || f.StepOf("other") != "" {
			t.Errorf("%s: %q, want %q", memory, got, want)
		}
	}
}

func TestValidateReturnTo(t *testing.T) {
	t.Parallel()
	w, _ := one(t, always(flow.Prepared{}))
	bye := w.Config.PublicURL.JoinPath("bye")
	for _, c := range []struct{ raw, want string }{
		{"", "https://id.example.org/bye"},
		{"https://app.example.org/", "https://app.example.org/"},
		{"https://evil.example.org/", ""},
	} {
		if got, err := w.ValidateReturnTo(c.raw, bye); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q leads to %q, %v", c.raw, got, err)
		}
	}
	if got, err := w.ValidateReturnTo("", nil); err != nil || got != "https://app.example.org/" {
		t.Errorf("without a page of its own: %q, %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	f := &flow.Flow{Kind: flow.Login}
	for want, err := range map[string]error{
		"login: a session exists already":             &flow.LoggedIn{Kind: flow.Login},
		"settings: no session":                        &flow.LoginRequired{Kind: flow.Settings},
		"login flow is over":                          &flow.Expired{Flow: f},
		"login flow was started again":                &flow.Restarted{Flow: f},
		"session is too old to change credentials":    &flow.Reauthenticate{Flow: f},
		"submission rejected; field missing: a cause": &flow.Rejected{Messages: []flow.FieldMessage{{Field: "field", Message: message.Missing("x")}}, Cause: errors.New("a cause")},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
