package wire1_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// reservedTraits is a schema with traits that operators alone may set, at the top, in a group and as a whole group.
const reservedTraits = `{"$id":"https://shop.test/reserved.schema.json","type":"object","properties":{"traits":{"type":"object","properties":{
	"email":{"type":"string","format":"email","ory.sh/kratos":{"credentials":{"password":{"identifier":true}}}},
	"name":{"type":"string"},
	"role":{"type":"string","x-symbolon":{"writable":"admin"}},
	"shop":{"type":"object","properties":{"city":{"type":"string"},"limit":{"type":"integer","x-symbolon":{"writable":"admin"}}}},
	"flags":{"type":"object","x-symbolon":{"writable":"admin"},"properties":{"suspended":{"type":"boolean"}}}}}}}`

// People can neither set, change nor remove the traits that are reserved for operators.
func TestTraits_reserved(t *testing.T) {
	t.Parallel()
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.StdEncoding.EncodeToString([]byte(reservedTraits)),
		`SELFSERVICE_FLOWS_REGISTRATION_AFTER_PASSWORD_HOOKS=[{"hook":"session"}]`)
	n := s.native()
	form := n.start(t, "registration", "")
	up := n.submit(t, form, map[string]any{"method": "password", "password": password, "traits.shop.limit": 9, "traits": map[string]any{
		"email": "mallory@example.org", "role": "admin", "shop": map[string]any{"limit": 9}, "flags": map[string]any{"suspended": false},
	}})
	want(t, "sign up", up, 200, "mallory@")
	id := up.text("identity.id")
	is := func(when, traits string) {
		t.Helper()
		got := s.script().operate(t, http.MethodGet, "/admin/identities/"+id, nil)
		if !strings.Contains(got.Body.String(), `"traits":`+traits) {
			t.Errorf("%s: %s", when, got.Body)
		}
	}
	is("sign-up", `{"email":"mallory@example.org","shop":{}}`)
	want(t, "an operator", s.script().operate(t, http.MethodPatch, "/admin/identities/"+id, `[
		{"op":"add","path":"/traits/role","value":"user"},{"op":"add","path":"/traits/shop","value":{"limit":5}},
		{"op":"add","path":"/traits/flags","value":{"suspended":true}}]`), 200, "user")
	n.header.Set("X-Session-Token", up.text("session_token"))
	for name, fields := range map[string]map[string]any{
		"leaves them out": {"traits": map[string]any{"email": "mallory@example.org"}},
		"sends others": {"traits": map[string]any{
			"email": "mallory@example.org", "role": "admin", "shop": map[string]any{"limit": 9}, "flags": map[string]any{"suspended": false},
		}},
		"sends nulls":       {"traits": map[string]any{"email": "mallory@example.org", "role": nil, "shop": nil, "flags": nil}},
		"sends other types": {"traits": map[string]any{"email": "mallory@example.org", "role": []any{"admin"}, "shop": map[string]any{}, "flags": true}},
		"sends a flat form": {"traits.email": "mallory@example.org", "traits.role": "admin", "traits.shop.limit": 9, "traits.flags.suspended": false},
	} {
		fields["method"] = "profile"
		want(t, name, n.submit(t, n.start(t, "settings", ""), fields), 200, "success")
		is(name, `{"email":"mallory@example.org","role":"user","shop":{"limit":5},"flags":{"suspended":true}}`)
	}
	n.submit(t, n.start(t, "settings", ""), map[string]any{"method": "profile", "traits": map[string]any{
		"email": "mallory@example.org", "name": "M", "shop": map[string]any{"city": "Bern", "limit": 9},
	}})
	is("with traits of their own", `{"email":"mallory@example.org","name":"M","role":"user","shop":{"city":"Bern","limit":5},"flags":{"suspended":true}}`)
}
