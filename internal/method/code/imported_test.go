package code_test

import (
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/code"
	"github.com/symbolon/symbolon/internal/secret"
)

// A code that another server sent works in the browser that types it, until a newer one takes its place.
func TestImported(t *testing.T) {
	t.Parallel()
	for _, k := range []flow.Kind{flow.Recovery, flow.Verification} {
		for _, newer := range []bool{false, true} {
			c := everything()
			c.ImportedHashes = func(typed string) []string { return []string{"theirs:" + typed} }
			w := openAs(t, c)
			p := w.Person(ada, true)
			f := &flow.Flow{
				ID: secret.NewID(), Kind: k, Client: flow.Browser, IssuedAt: w.Now(), ExpiresAt: w.Now().Add(time.Hour), IdentityID: p.ID,
			}
			if err := f.Await(code.ID, code.Imported(k, "theirs:123456", p.ID, p.Verifiable[0], f.ExpiresAt, 1), true); err != nil {
				t.Fatal(err)
			}
			if err := w.DB.CreateFlow(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			if newer {
				b := w.Browser()
				b.MustSubmit(b.Start(k), code.ID, fields(k, ada))
			}
			b := w.Browser()
			shown, err := w.Get(t.Context(), k, f.ID, b.Caller)
			if err != nil || flowtest.Said(shown, code.ID) != message.KeyCodeSentPrefix+string(k) || shown.Flow.Form.Group(code.ID).Node("code") == nil {
				t.Fatalf("%s: %+v, %v", k, shown, err)
			}
			if r := b.MustSubmit(f, code.ID, map[string]string{"code": "654321"}); r.Outcome != flow.FormRejected {
				t.Errorf("%s: a wrong code: outcome %d", k, r.Outcome)
			}
			want := flow.Completed
			if newer && k == flow.Recovery {
				want = flow.FormRejected
			}
			if r := b.MustSubmit(f, code.ID, map[string]string{"code": "123456"}); r.Outcome != want {
				t.Errorf("%s, a newer one %t: outcome %d, %s", k, newer, r.Outcome, said(r))
			}
		}
	}
}
