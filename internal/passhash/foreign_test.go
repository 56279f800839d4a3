package passhash_test

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/passhash"
)

// foreignHash is a hash that another program made of foreignPassword: passlib, Django,
// Werkzeug, argon2-cffi, libxcrypt and OpenSSL.
type foreignHash struct{ name, hash string }

const foreignPassword = "maple-Kettle 42"

func foreignHashes(t testing.TB) []foreignHash {
	t.Helper()
	f, err := os.Open("testdata/foreign.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []foreignHash
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, hash, _ := strings.Cut(lines.Text(), "\t")
		all = append(all, foreignHash{name, strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(hash)})
	}
	if len(all) < 50 {
		t.Fatalf("%d hashes", len(all))
	}
	return all
}

func TestVerify_foreign(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	for _, f := range foreignHashes(t) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, stored := range []string{f.hash, f.hash + "\n", " " + f.hash} {
				if err := h.Check(stored); err != nil {
					t.Fatalf("import: %v", err)
				}
				r, err := h.Verify(t.Context(), stored, foreignPassword)
				if err != nil || !r.Match || !r.Outdated && !strings.Contains(f.name, "argon2id") && !strings.Contains(strings.ToLower(f.hash), "argon2id") {
					t.Errorf("right password: %+v, %v", r, err)
				}
				for _, wrong := range []string{foreignPassword + "x", "", "maple-kettle 42"} {
					if r, err := h.Verify(t.Context(), stored, wrong); err != nil || r.Match {
						t.Errorf("%q: %+v, %v", wrong, r, err)
					}
				}
			}
		})
	}
}

func TestVerify_firebaseSample(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	const sample = "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==" +
		"$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
	if r, err := h.Verify(t.Context(), sample, "user1password"); err != nil || !r.Match {
		t.Errorf("%+v, %v", r, err)
	}
}

// A hash that is cut, lengthened or of absurd parameters is refused or does not match;
// nothing panics and nothing is computed without bounds.
func TestVerify_damagedForeign(t *testing.T) {
	t.Parallel()
	h := newHasher(t)
	for _, f := range foreignHashes(t) {
		hash := strings.TrimSpace(f.hash)
		for at := len(f.name) % 7; at < len(hash); at += 7 {
			for _, damaged := range []string{hash[:at], hash[:at] + "$" + hash[at:], hash[:at] + "\x00" + hash[at+1:]} {
				if r, err := h.Verify(t.Context(), damaged, "another password"); err == nil && r.Match {
					t.Fatalf("%s, damaged at %d, matches another password", f.name, at)
				}
			}
		}
	}
	for _, hash := range []string{
		"$6$rounds=999999999$salt$" + strings.Repeat("a", 86), "$P$R12345678" + strings.Repeat("a", 22), "$7$zzzzzzzzzzzsalt$" + strings.Repeat("a", 43),
		"pbkdf2_sha256$2000000000$salt$" + strings.Repeat("A", 43), "scrypt:1073741824:8:1$salt$" + strings.Repeat("a", 64),
		"$firescrypt$ln=30,r=8,p=1$c2FsdA$" + strings.Repeat("A", 64) + "$Bw$" + strings.Repeat("A", 64), "scrypt$1073741824$salt$8$1$" + strings.Repeat("A", 44),
	} {
		var limit *passhash.LimitError
		if err := h.Check(hash); !errors.As(err, &limit) {
			if format := (*passhash.FormatError)(nil); !errors.As(err, &format) {
				t.Errorf("%.40s: %v", hash, err)
			}
		}
	}
	for _, plain := range []string{"secret", "hunter2", "$", "{", "{}", "{PLAIN}secret", "deadbeef", strings.Repeat("{CRYPT}", 100)} {
		if h.Check(plain) == nil {
			t.Errorf("%.20q was taken for a hash", plain)
		}
	}
}
