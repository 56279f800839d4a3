package storetest

import (
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

func signOutTests() []test {
	return []test{{"an operator who signed out stays so", signOutStays}}
}

func signOutStays(t *testing.T, s Store) {
	gone, here := secret.NewID(), secret.NewID()
	must(t, s.SignOut(t.Context(), gone, Now))
	must(t, s.SignOut(t.Context(), gone, Now))
	for id, want := range map[string]bool{gone: true, here: false} {
		if out := got(s.SignedOut(t.Context(), id))(t); out != want {
			t.Errorf("signed out is %v, want %v", out, want)
		}
	}
}
