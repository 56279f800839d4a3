package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/ui"
)

// SealForms returns a store that keeps forms which show a secret, such as the seed of an authenticator app, sealed. Each
// is bound to its flow.
func SealForms(s Store, sealer *secret.Sealer) Store { return &sealedStore{Store: s, sealer: sealer} }

type sealedStore struct {
	Store
	sealer *secret.Sealer
}

// sealedName is the one node of a form that is sealed.
const sealedName = "sealed"

func boundForm(f *Flow) string { return "form " + f.ID }

// shut returns the flow as it is stored.
func (s *sealedStore) shut(f *Flow) (*Flow, error) {
	if !f.Form.Confidential() {
		return f, nil
	}
	raw, err := json.Marshal(f.Form)
	if err != nil {
		return nil, fmt.Errorf("seal form: %w", err)
	}
	stored := *f
	node := ui.Node{Name: sealedName, Type: "hidden", Value: s.sealer.Seal(string(raw), boundForm(f))}
	stored.Form = ui.Form{Groups: []ui.Group{{Method: sealedName, Nodes: []ui.Node{node}}}}
	return &stored, nil
}

// open gives a flow that was read its form.
func (s *sealedStore) open(f *Flow, err error) (*Flow, error) {
	if err != nil || f == nil || len(f.Form.Groups) != 1 || f.Form.Groups[0].Method != sealedName {
		return f, err
	}
	text, _ := f.Form.Groups[0].Nodes[0].Value.(string)
	plain, err := s.sealer.Open(text, boundForm(f))
	if err != nil {
		return nil, fmt.Errorf("open form of flow %s: %w", f.ID, err)
	}
	f.Form = ui.Form{}
	if err := json.Unmarshal([]byte(plain), &f.Form); err != nil {
		return nil, fmt.Errorf("read form of flow %s: %w", f.ID, err)
	}
	return f, nil
}

// CreateFlow implements Store.
func (s *sealedStore) CreateFlow(ctx context.Context, f *Flow) error {
	stored, err := s.shut(f)
	if err != nil {
		return err
	}
	err = s.Store.CreateFlow(ctx, stored)
	f.Version = stored.Version
	return err
}

// SaveFlow implements Store.
func (s *sealedStore) SaveFlow(ctx context.Context, f *Flow) error {
	stored, err := s.shut(f)
	if err != nil {
		return err
	}
	err = s.Store.SaveFlow(ctx, stored)
	f.Version = stored.Version
	return err
}

// Flow implements Store.
func (s *sealedStore) Flow(ctx context.Context, id string) (*Flow, error) {
	return s.open(s.Store.Flow(ctx, id))
}

// FlowByResume implements Store.
func (s *sealedStore) FlowByResume(ctx context.Context, hash string) (*Flow, error) {
	return s.open(s.Store.FlowByResume(ctx, hash))
}
