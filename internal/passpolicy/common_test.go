package passpolicy

import (
	"slices"
	"strings"
	"testing"
)

func TestTheListIsWhatTheSearchReliesOn(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSuffix(commonList, "\n"), "\n")
	if len(lines) < 10_000 || !strings.HasSuffix(commonList, "\n") {
		t.Errorf("%d passwords, and the last line ends: %v", len(lines), strings.HasSuffix(commonList, "\n"))
	}
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) || strings.ToLower(commonList) != commonList || lines[0] == "" {
		t.Error("the list is not sorted, distinct, in lower case and without empty lines")
	}
	for _, line := range lines {
		if !common(line) {
			t.Errorf("%q is on the list and not found", line)
		}
	}
}

func TestOnlyWholePasswordsOfTheListAreCommon(t *testing.T) {
	t.Parallel()
	first, last := lineAt(0), lineAt(len(commonList)-1)
	for password, want := range map[string]bool{
		"123456": true, "password": true, "PassWord": true, "QWERTYUIOP": true, first: true, last: true,
		"": false, "\n": false, "password\n": false, "password\npassword1": false, "password-": false, "-password": false, " password": false,
		first[:len(first)-1]: false, last + "~": false, "\xff": false, "uncommon-secret-1": false, strings.Repeat("z", 1<<16): false,
	} {
		if got := common(password); got != want {
			t.Errorf("%.40q: common %v, want %v", password, got, want)
		}
	}
}

func BenchmarkCommon(b *testing.B) {
	for b.Loop() {
		common("correct horse battery staple")
	}
}
