package app

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// posted keeps what was enqueued.
type posted []courier.Message

func (p *posted) Enqueue(_ context.Context, m courier.Message) error {
	*p = append(*p, m)
	return nil
}

var errDisk = errors.New("disk on fire")

// owners answers identities by id.
type owners map[string]string

func (o owners) ByID(_ context.Context, id string) (*identity.Identity, error) {
	if id == "broken" {
		return nil, errDisk
	}
	traits, ok := o[id]
	if !ok {
		return nil, errs.ErrNotFound
	}
	return &identity.Identity{ID: id, Traits: json.RawMessage(traits)}, nil
}

func TestAMailIsWrittenInTheLanguageOfWhoeverReadsIt(t *testing.T) {
	t.Parallel()
	people := owners{"german": `{"language":"de-AT"}`, "silent": `{}`, "strange": `{"language":"tlh-x"}`}
	tests := []struct {
		name, trait, owner string
		chosen, asked      string
		want               string
	}{
		{"a trait before the request", "language", "german", "fr", "it", "de"},
		{"what was chosen before what the browser asks for", "language", "silent", "fr", "it", "fr"},
		{"what the browser asks for", "language", "silent", "", "it-CH, de;q=0.5", "it"},
		{"an unknown address", "language", "", "", "pl", "pl"},
		{"an identity that is gone", "language", "gone", "", "pl", "pl"},
		{"no trait configured", "", "german", "", "nl", "nl"},
		{"nothing known", "language", "silent", "", "", "en"},
	}
	for _, tt := range tests {
		var out posted
		a := localizedQueue{outbox: &out, choice: locale.NewChoice(), identities: people, trait: tt.trait}
		ctx := reqctx.With(t.Context(), &reqctx.Request{Language: tt.chosen, Languages: tt.asked})
		if err := a.Enqueue(ctx, courier.Message{Template: courier.Test, IdentityID: tt.owner}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(out) != 1 || out[0].Language != tt.want {
			t.Errorf("%s: %+v, want one mail in %s", tt.name, out, tt.want)
		}
	}
	broken := localizedQueue{outbox: &posted{}, choice: locale.NewChoice(), identities: people, trait: "language"}
	if err := broken.Enqueue(t.Context(), courier.Message{IdentityID: "broken"}); !errors.Is(err, errDisk) {
		t.Errorf("trouble of storage: %v", err)
	}
}

func TestTheConfigurationOffersEveryLanguageThatThereIs(t *testing.T) {
	t.Parallel()
	key, ok := config.Find("ui.languages")
	if want := "one of " + strings.Join(locale.Tags(), ", "); !ok || !strings.HasPrefix(key.Allowed(), want) {
		t.Errorf("ui.languages allows %q, want %q", key.Allowed(), want)
	}
}
