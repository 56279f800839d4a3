package wire1_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"
)

// twoMailboxes is a schema whose people have two addresses that let them back in.
const twoMailboxes = `{"$id":"https://shop.test/two.schema.json","type":"object","properties":{"traits":{"type":"object","properties":{
	"email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"recovery":{"via":"email"}}},
	"spare":{"type":"string","format":"email","ory.sh/kratos":{"recovery":{"via":"email"}}}},"required":["email"]}}}`

// chosen returns the value of the button that chooses an address.
func chosen(t testing.TB, form answer, masked string) any {
	t.Helper()
	nodes, _ := form.at("ui.nodes").([]any)
	for _, n := range nodes {
		one := answer{body: n.(map[string]any)}
		if one.at("meta.label.text") == masked {
			return one.at("attributes.value")
		}
	}
	t.Fatalf("no %s in %s", masked, form.Body)
	return nil
}

func TestRecovery_choice(t *testing.T) {
	t.Parallel()
	s := newSite(t, "FEATURE_FLAGS_CHOOSE_RECOVERY_ADDRESS=true", "SELFSERVICE_FLOWS_RECOVERY_UI_URL=https://app.shop.test/recovery",
		"IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.StdEncoding.EncodeToString([]byte(twoMailboxes)))
	want(t, "two addresses", s.script().operate(t, http.MethodPost, "/admin/identities",
		`{"schema_id":"default","traits":{"email":"first@example.org","spare":"spare@example.org"}}`), 201, "spare@")
	want(t, "one address", s.script().operate(t, http.MethodPost, "/admin/identities", `{"schema_id":"default","traits":{"email":"only@example.org"}}`), 201, "only@")
	for _, by := range []struct {
		name string
		*client
	}{{"script", s.script()}, {"native", s.native()}} {
		name, c := by.name, by.client
		form := c.start(t, "recovery", "")
		send := func(step string, fields map[string]any, status int, says string) answer {
			t.Helper()
			fields["method"] = "code"
			a := c.submit(t, form, fields)
			want(t, name+": "+step, a, status, says)
			return a
		}
		if form.text("state") != "recovery_awaiting_address" {
			t.Fatalf("%s: %s", name, form.Body)
		}
		send("nothing", map[string]any{}, 400, `"Property recovery_address is missing."`)
		send("no account", map[string]any{"recovery_address": "ghost@example.org"}, 200, `"masked_address":"gh****@example.org"`)
		send("back", map[string]any{"screen": "previous"}, 200, `"recovery_awaiting_address"`)
		send("one address", map[string]any{"recovery_address": "only@example.org"}, 200, `"masked_address":"on****@example.org"`)
		send("back again", map[string]any{"screen": "previous", "code": ""}, 200, `"recovery_awaiting_address"`)
		choice := send("several", map[string]any{"recovery_address": "first@example.org"}, 200, `"recovery_awaiting_address_choice"`)
		other := chosen(t, choice, "sp****@example.org")
		send("the other", map[string]any{"recovery_address": "first@example.org", "recovery_select_address": other}, 200, `"recovery_confirming_address"`)
		send("not in full", map[string]any{"recovery_address": "first@example.org"}, 400, `"Property recovery_confirm_address is missing."`)
		send("another", map[string]any{"recovery_confirm_address": "guess@example.org"}, 200, `"masked_address":"gu****@example.org"`)
		send("in full", map[string]any{"recovery_confirm_address": "spare@example.org"}, 200, `"masked_address":"sp****@example.org"`)
		code := sixDigits.FindString(s.mailed(t, "spare@example.org"))
		if name == "script" {
			send("wrong code", map[string]any{"code": other6(code)}, 200, "4060006")
			continue // the first proof of an address leaves the other one without a say
		}
		send("right code", map[string]any{"code": code}, 422, "settings")
	}
}

// Of a recovery that an operator started there is no step to go back to: its code stays good.
func TestRecovery_choiceOffered(t *testing.T) {
	t.Parallel()
	s := newSite(t, "FEATURE_FLAGS_CHOOSE_RECOVERY_ADDRESS=true", "SELFSERVICE_FLOWS_RECOVERY_UI_URL=https://app.shop.test/recovery")
	id := s.script().register(t, "offered@example.org").text("identity.id")
	offer := s.script().operate(t, http.MethodPost, "/admin/recovery/code", map[string]any{"identity_id": id})
	page, err := url.Parse(offer.text("recovery_link"))
	if err != nil {
		t.Fatal(err)
	}
	c := s.script()
	form := c.ask(t, http.MethodGet, "/self-service/recovery/flows?id="+page.Query().Get("flow"), nil)
	for name, fields := range map[string]map[string]any{
		"back": {"method": "code", "screen": "previous"}, "an address": {"method": "code", "recovery_address": "offered@example.org"},
	} {
		want(t, name, c.submit(t, form, fields), 200, `"Property code is missing."`)
	}
	want(t, "right code", c.submit(t, form, map[string]any{"method": "code", "code": offer.text("recovery_code")}), 422, "settings")
}

// other6 is a code that is not this one.
func other6(code string) string { return string('0'+('9'-code[0])%10) + code[1:] }
