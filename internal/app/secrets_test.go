package app

import (
	"slices"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
)

func TestSealingSecrets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given config.Secrets
		want  []string
	}{
		"of their own": {config.Secrets{Default: []config.Secret{"default"}, Cookie: []config.Secret{"cookie"}}, []string{"default"}},
		"cookie alone": {config.Secrets{Cookie: []config.Secret{"cookie", "older"}, Cipher: []config.Secret{"cipher"}}, []string{"cookie", "older"}},
	} {
		c := &config.Config{Secrets: test.given}
		if err := ensureSecrets(c, ""); err != nil {
			t.Fatal(err)
		}
		if got := (&composition{config: c}).sealingSecrets(); !slices.Equal(got, test.want) {
			t.Errorf("%s: mails are sealed by %v, want %v", name, got, test.want)
		}
	}
	none := &config.Config{}
	if err := ensureSecrets(none, ""); err != nil || none.Secrets.Unset() {
		t.Errorf("without any secret none is made: %v", err)
	}
}
