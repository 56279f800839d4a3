package flow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/ui"
)

// shelf keeps flows as JSON, as a database does.
type shelf struct {
	flow.Store
	kept map[string][]byte
}

func (s *shelf) CreateFlow(_ context.Context, f *flow.Flow) error {
	f.Version++
	raw, err := json.Marshal(f)
	s.kept[f.ID] = raw
	return err
}

func (s *shelf) SaveFlow(ctx context.Context, f *flow.Flow) error { return s.CreateFlow(ctx, f) }

func (s *shelf) Flow(_ context.Context, id string) (*flow.Flow, error) {
	var f flow.Flow
	return &f, json.Unmarshal(s.kept[id], &f)
}

func TestSealForms(t *testing.T) {
	t.Parallel()
	sealer, err := secret.NewSealer("forms", []string{"a secret of a test that is long enough"})
	if err != nil {
		t.Fatal(err)
	}
	below := &shelf{kept: map[string][]byte{}}
	store := flow.SealForms(below, sealer)
	form := func(confidential bool) ui.Form {
		return ui.Form{Groups: []ui.Group{{Method: "totp", Nodes: []ui.Node{{Name: "totp_secret_key", Type: "text", Value: "JBSWY3DP", Confidential: confidential}}}}}
	}
	for id, confidential := range map[string]bool{"with a secret": true, "without": false} {
		f := &flow.Flow{ID: id, Form: form(confidential)}
		if err := store.CreateFlow(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if err := store.SaveFlow(t.Context(), f); err != nil || f.Version != 2 {
			t.Fatalf("SaveFlow = %v, version %d", err, f.Version)
		}
		if shown := strings.Contains(string(below.kept[id]), "JBSWY3DP"); shown == confidential {
			t.Errorf("%s: the value is in the database: %t", id, shown)
		}
		again, err := store.Flow(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(form(confidential), again.Form); diff != "" {
			t.Errorf("%s (-want +got)\n%s", id, diff)
		}
	}
	// The row of another flow opens nothing.
	below.kept["without"] = []byte(strings.ReplaceAll(string(below.kept["with a secret"]), "with a secret", "without"))
	if _, err := store.Flow(t.Context(), "without"); err == nil {
		t.Error("a form opens in another flow")
	}
}
