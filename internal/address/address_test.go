package address_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/address"
)

func TestASCII(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"Anna@münchen.example":        "Anna@xn--mnchen-3ya.example",
		"anna@MÜNCHEN.example":        "anna@xn--mnchen-3ya.example",
		"anna@mu\u0308nchen.example":  "anna@xn--mnchen-3ya.example",
		"anna@xn--mnchen-3ya.example": "anna@xn--mnchen-3ya.example",
		"anna@straße.example":         "anna@xn--strae-oqa.example",
		"用户@例え。jp":                    "用户@xn--r8jz45g.jp",
		"Anna@Example.org":            "Anna@Example.org",
		"zoë@example.org":             "zoë@example.org",
		"no address":                  "no address",
		"a@\u202eexample.org":         "a@\u202eexample.org",
		"a@b@münchen.example":         "a@b@xn--mnchen-3ya.example",
		"anna@" + "ü.ü.ü.example":     "anna@xn--tda.xn--tda.xn--tda.example",
	} {
		if got := address.ASCII(typed); got != want {
			t.Errorf("%q gives %q, want %q", typed, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"+49 151 12345678": "+4915112345678", "+49 (0) 30 901820": "+4930901820", "+1-202-555-0123": "+12025550123", " +442079460958 ": "+442079460958",
		"+39 06 698 12345": "+390669812345", "＋4915112345678": "", "015112345678": "", "+1": "", "+999123456789": "", "+49 151": "", "hello": "", "": "", "+12025550123 ext. 7": "",
	} {
		got, ok := address.Phone(typed)
		if got != want || ok != (want != "") {
			t.Errorf("%q gives %q, %v, want %q", typed, got, ok, want)
		}
	}
}
