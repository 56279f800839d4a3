package wire1_test

import (
	"testing"
)

// valueOf is the value of an input.
func (a answer) valueOf(name string) any {
	nodes, _ := a.at("ui.nodes").([]any)
	for _, n := range nodes {
		if attributes := n.(map[string]any)["attributes"].(map[string]any); attributes["name"] == name {
			return attributes["value"]
		}
	}
	return nil
}

// What was typed waits in the form beside the code: clients send the whole form with it.
func TestCode_traitsStay(t *testing.T) {
	t.Parallel()
	s := newSite(t, "SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED=true", "SELFSERVICE_FLOWS_REGISTRATION_AFTER_CODE_HOOKS=session",
		"SELFSERVICE_FLOWS_REGISTRATION_ENABLE_LEGACY_ONE_STEP=true")
	for name, c := range map[string]*client{"script": s.script(), "native": s.native()} {
		mail := name + "@example.org"
		sent := c.submit(t, c.start(t, "registration", ""), map[string]any{"method": "code", "traits": map[string]any{"email": mail, "name": map[string]any{"first": "Ada"}}})
		again := func(code string) answer {
			return c.submit(t, sent, map[string]any{"method": "code", "code": code, "traits": map[string]any{
				"email": sent.valueOf("traits.email"), "name": map[string]any{"first": sent.valueOf("traits.name.first")},
			}})
		}
		for when, form := range map[string]answer{"once it was sent": sent, "after a wrong one": again("000000")} {
			if got := form.valueOf("traits.email"); got != mail || form.valueOf("traits.name.first") != "Ada" {
				t.Errorf("%s, %s: the address is %v: %s", name, when, got, form.Body)
			}
		}
		want(t, name, again(sixDigits.FindString(s.mailed(t, mail))), 200, `"session"`)
	}
}
