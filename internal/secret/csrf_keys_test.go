package secret_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

func TestCSRFKeys(t *testing.T) {
	t.Parallel()
	newKeys := func(secrets ...string) *secret.CSRFKeys {
		k, err := secret.NewCSRFKeys(secrets)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	keys := newKeys("first-secret-0123")
	anonymous, jane := keys.Issue(""), keys.Issue("jane")
	flipped := []byte(jane)
	flipped[3] ^= 1
	for name, c := range map[string]struct {
		keys          *secret.CSRFKeys
		cookie, owner string
		want          bool
	}{
		"of a browser that is signed out": {keys, anonymous, "", true},
		"of the identity":                 {keys, jane, "jane", true},
		"issued before the sign-in":       {keys, anonymous, "jane", false},
		"after signing out":               {keys, jane, "", true},
		"of another identity":             {keys, jane, "john", false},
		"without a MAC":                   {keys, secret.NewCSRF(), "", false},
		"of no identity, for an identity": {keys, anonymous, "john", false},
		"changed":                         {keys, string(flipped), "jane", false},
		"empty":                           {keys, "", "", false},
		"secret rotated":                  {newKeys("second-secret-0123", "first-secret-0123"), jane, "jane", true},
		"secret removed":                  {newKeys("second-secret-0123"), jane, "jane", false},
	} {
		if got := c.keys.Valid(c.cookie, c.owner); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if !secret.CheckCSRF(secret.MaskCSRF(jane), jane) {
		t.Error("a bound value can't be masked as others can")
	}
	if _, err := secret.NewCSRFKeys(nil); err == nil {
		t.Error("keys without a secret")
	}
}
