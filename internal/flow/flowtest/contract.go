package flowtest

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
)

// RunMethod checks the contract of a method in each kind that it serves. Its steps have a
// role. Empty, broken or ill-typed submissions and tampered memory are rejected on the form,
// change nothing and are never a failure of the server. Other kinds do not know the method.
// open returns a world with the method, and a person who has what the method needs.
func RunMethod(t *testing.T, method string, open func(testing.TB) (*World, Person)) {
	t.Helper()
	w, _ := open(t)
	for _, k := range flow.Kinds {
		served := contains(w.Methods(k), method)
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			if !served {
				notServed(t, method, k, open)
				return
			}
			t.Run("badInput", func(t *testing.T) { badInput(t, method, k, open) })
			t.Run("tampered", func(t *testing.T) { tampered(t, method, k, open) })
			t.Run("forgotten", func(t *testing.T) { forgotten(t, method, k, open) })
			t.Run("foreign", func(t *testing.T) { foreign(t, method, k, open) })
		})
	}
}

func contains(all []string, one string) bool {
	return strings.Contains(" "+strings.Join(all, " ")+" ", " "+one+" ")
}

func start(t testing.TB, k flow.Kind, open func(testing.TB) (*World, Person)) (*World, *Browser, *flow.Flow) {
	t.Helper()
	w, p := open(t)
	b := w.Browser()
	if k == flow.Settings {
		b.SignIn(p)
	}
	return w, b, b.Start(k)
}

func notServed(t *testing.T, method string, k flow.Kind, open func(testing.TB) (*World, Person)) {
	t.Helper()
	_, b, f := start(t, k, open)
	if _, err := b.Submit(f, method, nil); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a kind that it does not serve: %v", err)
	}
}

// badInput is what methods are sent by mistake or malice.
func badInput(t *testing.T, method string, k flow.Kind, open func(testing.TB) (*World, Person)) {
	t.Helper()
	w, b, f := start(t, k, open)
	token := b.Form(nil).Form().Get("csrf_token")
	names := []string{"csrf_token"}
	if group := f.Form.Group(method); group != nil {
		for _, n := range group.Nodes {
			names = append(names, n.Name)
		}
	}
	ill := map[string]json.RawMessage{}
	long := url.Values{}
	for _, name := range names {
		ill[name] = json.RawMessage(`{"a":[1,null]}`)
		long.Set(name, strings.Repeat("x", 60_000))
	}
	ill["csrf_token"] = json.RawMessage(`"` + token + `"`)
	long.Set("csrf_token", token)
	w.Mail.Take()
	for name, in := range map[string]flow.Input{
		"empty":  b.Form(nil),
		"broken": flow.BrokenInput(message.Of(message.KeyBodyEmpty)),
		"ill":    flow.JSONInput(ill),
	} {
		if result, err := b.Send(f, method, in); err == nil && result.Outcome != flow.FormRejected || err != nil && errs.Of(err) == errs.Internal {
			t.Errorf("%s: outcome %d, %v", name, result.Outcome, err)
		}
	}
	if sent := w.Mail.Take(); len(sent) > 0 {
		t.Errorf("mail went out: %v", sent)
	}
	for name, in := range map[string]flow.Input{ // which some methods may take
		"overlong": flow.FormInput(long),
		"no text":  flow.FormInput(url.Values{"csrf_token": {token}, names[len(names)-1]: {"\x00\xff"}}),
	} {
		if _, err := b.Send(f, method, in); err != nil && errs.Of(err) == errs.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// tampered submits while the memory of the method is not what it wrote.
func tampered(t *testing.T, method string, k flow.Kind, open func(testing.TB) (*World, Person)) {
	t.Helper()
	for _, memory := range []string{`null`, `{}`, `[]`, `"x"`, `{"identity_id":7}`} {
		w, b, f := start(t, k, open)
		f.Private = map[string]json.RawMessage{method: json.RawMessage(memory)}
		if err := w.DB.SaveFlow(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if result, err := b.Submit(f, method, map[string]string{"code": "123456", "answer": "x"}); err == nil && result.Outcome == flow.Completed {
			t.Errorf("memory %s: it was completed", memory)
		}
	}
}

// forgotten submits to a flow that remembers nothing of the method: it began before the
// method was switched on, or while there was nothing to remember.
func forgotten(t *testing.T, method string, k flow.Kind, open func(testing.TB) (*World, Person)) {
	t.Helper()
	w, b, f := start(t, k, open)
	fields := map[string]string{"traits.email": "new@example.org"}
	if group := f.Form.Group(method); group != nil {
		for _, n := range group.Nodes {
			if n.Name != "csrf_token" && n.Type != "submit" && fields[n.Name] == "" {
				fields[n.Name] = "123456"
			}
		}
	}
	delete(f.Private, method)
	if err := w.DB.SaveFlow(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Submit(f, method, fields); err != nil && errs.Of(err) == errs.Internal {
		t.Error(err)
	}
}

// foreign submits a flow of another browser.
func foreign(t *testing.T, method string, k flow.Kind, open func(testing.TB) (*World, Person)) {
	t.Helper()
	w, _, f := start(t, k, open)
	if k == flow.Settings {
		return // is tied to its owner, see the engine's tests
	}
	before, stranger := w.Stored(f), w.Browser()
	for name, in := range map[string]flow.Input{
		"with its own token": stranger.Form(nil),
		"broken":             flow.BrokenInput(message.Of(message.KeyBodyEmpty)),
	} {
		if _, err := stranger.Send(f, method, in); !errors.Is(err, errs.ErrCSRF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := w.Stored(f); after.Version != before.Version || after.CSRF != before.CSRF {
		t.Errorf("the flow changed: version %d to %d", before.Version, after.Version)
	}
}
