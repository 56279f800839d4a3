package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	profileSubmit = regexp.MustCompile(`^/self-service/settings/methods/profile\?flow=`)
	// savedNow are the profile submissions that version 0.5 refused.
	savedNow = regexp.MustCompile(`^completeSelfServiceSettingsFlowWithProfileMethod\.api\.(nested-json|missing-required)$`)
	// failedBefore are fetches of a flow whose last submission failed, after one that had not.
	failedBefore = regexp.MustCompile(`^completeSelfServiceSettingsFlowWith(PasswordMethod\.browser\.get-method|ProfileMethod\.browser\.(no-csrf|empty|invalid))\.flow$`)
	elementField = regexp.MustCompile(`^(.*)\.(\d+)$`)
)

// settingsRules are the differences of settings flows.
func settingsRules() []*rule {
	return []*rule{
		{source: "surprises 1.3, surprises 2.1", reason: "nested traits are read, and those left out stay", rewrite: saveProfile},
		{source: "surprises 2.1", reason: "traits that are not submitted stay", rewrite: keepTraits},
		{
			source: "decision 2", reason: "each submission sets the state again",
			rewrite: func(_ *player, e entry, want *answer) bool {
				return eachSettingsFlow(want, func(flow map[string]any) bool {
					failed := failedBefore.MatchString(e.Name) || want.status == 400
					if !failed || flow["state"] != "success" {
						return false
					}
					flow["state"] = "show_form"
					return true
				})
			},
		},
		{source: "surprises 2.6", reason: "messages of an earlier submission go", rewrite: dropStaleMessages},
		{
			source: "surprises 2.6", reason: "no method is active after success",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachSettingsFlow(want, func(flow map[string]any) bool {
					if flow["state"] != "success" || flow["active"] == nil {
						return false
					}
					delete(flow, "active")
					return true
				})
			},
		},
		{
			source: "surprises 2.7", reason: "success is said",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachSettingsFlow(want, func(flow map[string]any) bool {
					if flow["state"] != "success" || flow["messages"] != nil {
						return false
					}
					flow["messages"] = []any{map[string]any{
						"id": json.Number("1050001"), "text": "Your changes have been saved!", "type": "info", "context": map[string]any{},
					}}
					return true
				})
			},
		},
		{source: "surprises 2.8", reason: "the form is built again from the schema and the identity", rewrite: rebuildProfile},
	}
}

// eachSettingsFlow changes the settings flows of a body.
func eachSettingsFlow(want *answer, change func(map[string]any) bool) bool {
	return eachObject(want.value, func(o map[string]any) bool {
		return o["request_url"] != nil && o["identity"] != nil && change(o)
	})
}

// saveProfile turns a refusal into a success.
func saveProfile(_ *player, e entry, want *answer) bool {
	flow, ok := want.value.(map[string]any)
	if !savedNow.MatchString(e.Name) || !ok {
		return false
	}
	flow["state"] = "success"
	config := methodConfig(flow, "profile")
	delete(config, "messages")
	eachField(config, func(f map[string]any) {
		delete(f, "messages")
		delete(f, "value")
	})
	identity, _ := flow["identity"].(map[string]any)
	want.status, want.value = 200, map[string]any{"flow": flow, "identity": maps.Clone(identity)}
	return true
}

// keepTraits follows what profile submissions change, and puts it into the identities of the answers that follow.
func keepTraits(p *player, e entry, want *answer) bool {
	if o, _ := want.value.(map[string]any); profileSubmit.MatchString(e.Request.Path) && want.status == 200 && o["flow"] != nil {
		identity, _ := o["identity"].(map[string]any)
		id := fmt.Sprint(identity["id"])
		if p.traits[id] == nil {
			known := parse(compact(p.identities[id]["traits"]))
			p.traits[id], _ = known.(map[string]any)
		}
		submitted := map[string]any{"traits": identity["traits"]} // as recorded, decoded
		if savedNow.MatchString(e.Name) {
			submitted, _ = parse(e.Request.Body).(map[string]any)
		}
		merge(p.traits[id], submitted)
	}
	return eachObject(want.value, func(o map[string]any) bool {
		kept := p.traits[fmt.Sprint(o["id"])]
		if kept == nil || o["schema_id"] == nil {
			return false
		}
		changed := compact(o["traits"]) != compact(kept)
		o["traits"] = parse(compact(kept))
		p.addAddresses(o)
		return changed
	})
}

// merge puts submitted values, nested or with dotted names, into traits.
func merge(traits, submitted map[string]any) {
	for name, value := range submitted {
		if nested, ok := value.(map[string]any); ok && name == "traits" {
			maps.Copy(traits, nested) // none of them goes deeper than the recording's
			continue
		}
		path := strings.Split(strings.TrimPrefix(name, "traits."), ".")
		at := traits
		for _, step := range path[:len(path)-1] {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[step] = next
			}
			at = next
		}
		at[path[len(path)-1]] = value
	}
}

// dropStaleMessages keeps messages on the method that was submitted last.
func dropStaleMessages(_ *player, _ entry, want *answer) bool {
	return eachSettingsFlow(want, func(flow map[string]any) bool {
		changed := false
		methods, _ := flow["methods"].(map[string]any)
		for name := range methods {
			config := methodConfig(flow, name)
			if name == flow["active"] {
				continue
			}
			changed = changed || config["messages"] != nil
			delete(config, "messages")
			eachField(config, func(f map[string]any) {
				changed = changed || f["messages"] != nil
				delete(f, "messages")
			})
		}
		return changed
	})
}

// rebuildProfile gives the profile form the types of the schema and the values of the identity where nothing else was submitted, and
// all forms of the flow one token.
func rebuildProfile(_ *player, _ entry, want *answer) bool {
	return eachSettingsFlow(want, func(flow map[string]any) bool {
		before := compact(flow["methods"])
		config := methodConfig(flow, "profile")
		identity, _ := flow["identity"].(map[string]any)
		var fields []any
		for _, f := range fieldsOf(config) {
			name := fmt.Sprint(f["name"])
			if elementField.MatchString(name) {
				continue
			}
			if typ, ok := map[string]string{"traits.email": "email", "traits.website": "url", "traits.birthday": "date"}[name]; ok {
				f["type"] = typ
			}
			fields = append(fields, f)
			list, value := traitValue(identity["traits"], name)
			if value != nil && f["value"] == nil {
				f["value"] = value
			}
			for i, element := range list {
				fields = append(fields, map[string]any{"name": name + "." + strconv.Itoa(i), "type": "text", "value": element})
			}
		}
		if fields != nil {
			config["fields"] = fields
		}
		shareToken(flow)
		return compact(flow["methods"]) != before
	})
}

// traitValue is the value of a trait by its dotted name: a list, or a single value.
func traitValue(traits any, name string) (list []any, value any) {
	at := traits
	path, isTrait := strings.CutPrefix(name, "traits.")
	for step := range strings.SplitSeq(path, ".") {
		o, _ := at.(map[string]any)
		at = o[step]
	}
	if !isTrait {
		return nil, nil
	}
	if list, ok := at.([]any); ok {
		return list, nil
	}
	return nil, at
}

// shareToken gives all forms the token that was made last.
func shareToken(flow map[string]any) {
	latest, number := "", -1
	eachField(flow, func(f map[string]any) {
		m := placeholder.FindStringSubmatch(fmt.Sprint(f["value"]))
		if f["name"] != "csrf_token" || m == nil {
			return
		}
		if n, err := strconv.Atoi(m[2]); err == nil && n > number {
			latest, number = m[0], n
		}
	})
	eachField(flow, func(f map[string]any) {
		if f["name"] == "csrf_token" && latest != "" {
			f["value"] = latest
		}
	})
}

func methodConfig(flow map[string]any, method string) map[string]any {
	methods, _ := flow["methods"].(map[string]any)
	m, _ := methods[method].(map[string]any)
	config, _ := m["config"].(map[string]any)
	return config
}

func fieldsOf(config map[string]any) []map[string]any {
	var fields []map[string]any
	eachField(config, func(f map[string]any) { fields = append(fields, f) })
	return slices.Clip(fields)
}
