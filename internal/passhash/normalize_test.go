package passhash_test

import (
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"
)

func TestVerify_normalForms(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	for _, password := range []string{"Größenwahn-Übung 7", "Mật khẩu dài lắm", "한국어 비밀번호", "blank\u00a0and\u3000blank", "😀 caf\u0065\u0301", "nul\x00ü", "\xff ü"} {
		stored := mustHash(t, h, password)
		for name, typed := range map[string]string{"as it was": password, "NFC": norm.NFC.String(password), "NFD": norm.NFD.String(password)} {
			if r, err := h.Verify(t.Context(), stored, typed); err != nil || !r.Match || r.Outdated {
				t.Errorf("%q typed in %s: %+v, %v", password, name, r, err)
			}
		}
		if r, err := h.Verify(t.Context(), stored, password+"ü"); err != nil || r.Match {
			t.Errorf("%q and more: %+v, %v", password, r, err)
		}
	}
}

func TestVerify_hashOfAnotherNormalForm(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	const password = "Größenwahn-Übung\u00a07"
	for name, made := range map[string]string{"typed": password, "NFC": norm.NFC.String(password), "NFD": norm.NFD.String(password)} {
		stored, err := bcrypt.GenerateFromPassword([]byte(made), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		for _, typed := range []string{norm.NFC.String(password), norm.NFD.String(password)} {
			if r, err := h.Verify(t.Context(), string(stored), typed); err != nil || !r.Match || !r.Outdated {
				t.Errorf("made of %s, typed %+q: %+v, %v", name, typed, r, err)
			}
		}
	}
}
