package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// identityRules are the differences in what answers say of an identity.
func identityRules() []*rule {
	return []*rule{
		{
			source: "surprises 1.11", reason: "the identity in a settings flow is whole",
			rewrite: func(p *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					if o["schema_url"] != "" {
						return false
					}
					o["schema_url"] = fmt.Sprintf("http://%s/schemas/%s", hosts["public"], o["schema_id"])
					p.addAddresses(o)
					return true
				})
			},
		},
		{
			source: "decision 40", reason: "numbered names of a form are the elements of an array",
			rewrite: func(_ *player, e entry, want *answer) bool {
				return e.Name == "registration.indexed-array-form" && eachObject(want.value, func(o map[string]any) bool {
					traits, ok := o["traits"].(map[string]any)
					if ok {
						traits["tags"] = []any{"a", "b"}
					}
					return ok
				})
			},
		},
		{
			source: "decision 7", reason: "a used recovery link proves its address",
			rewrite: func(p *player, e entry, want *answer) bool {
				p.prove(recoveredBy[e.Name])
				return eachObject(want.value, func(o map[string]any) bool {
					if !p.proved[fmt.Sprint(o["id"])] || o["status"] != "pending" {
						return false
					}
					o["verified"], o["status"], o["verified_at"] = true, "completed", "{{time}}"
					return true
				})
			},
		},
	}
}

// recoveredBy says whom a use of a recovery link signs in.
var recoveredBy = map[string]string{
	"completeSelfServiceRecoveryFlowWithLinkMethod.token.ok.other-browser": "{{id.57}}",
	"completeSelfServiceRecoveryFlowWithLinkMethod.admin-link.use":         "{{id.57}}",
	"imported.recovery":         "{{id.13}}",
	"recovery.two-links.second": "{{id.3}}",
}

// addAddresses completes an identity from the last whole one of its id. An address that is new gets a placeholder of its own.
func (p *player) addAddresses(identity map[string]any) {
	traits, _ := identity["traits"].(map[string]any)
	known := p.identities[fmt.Sprint(identity["id"])]
	for _, list := range []string{"verifiable_addresses", "recovery_addresses"} {
		addresses, _ := known[list].([]any)
		first, ok := firstObject(addresses)
		email := fmt.Sprint(traits["email"])
		if ok && strings.EqualFold(fmt.Sprint(first["value"]), email) {
			first = maps.Clone(first)
			first["value"] = email
			identity[list] = []any{first}
			continue
		}
		p.invented++
		address := map[string]any{"id": fmt.Sprintf("{{id.%d}}", 9000+p.invented), "value": traits["email"], "via": "email"}
		if list == "verifiable_addresses" {
			address["verified"], address["status"] = false, "pending"
		}
		identity[list] = []any{address}
	}
}

func firstObject(list []any) (map[string]any, bool) {
	if len(list) == 0 {
		return nil, false
	}
	o, ok := list[0].(map[string]any)
	return o, ok
}

// learn keeps the whole identities and the flows of an expected answer.
func (p *player) learn(want answer) {
	eachObject(want.value, func(o map[string]any) bool {
		if o["verifiable_addresses"] != nil && o["schema_id"] != nil {
			p.identities[fmt.Sprint(o["id"])] = maps.Clone(o)
		}
		if o["request_url"] != nil {
			p.flows[fmt.Sprint(o["id"])] = o
		}
		return false
	})
}

// prove notes that the pending addresses of an identity are proved from now on.
func (p *player) prove(identity string) {
	addresses, _ := p.identities[identity]["verifiable_addresses"].([]any)
	for _, a := range slices.All(addresses) {
		if a, ok := a.(map[string]any); ok {
			p.proved[fmt.Sprint(a["id"])] = true
		}
	}
}
