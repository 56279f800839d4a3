package config

import (
	"encoding/json"
	"maps"
	"slices"
)

// JSONSchema is the JSON Schema (draft 7) of configuration files, for editors that
// complete and check while one writes.
func JSONSchema() ([]byte, error) {
	t := newTable()
	root := t.schema("")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Symbolon configuration"
	root["description"] = "Settings of the identity server Symbolon. See docs/config.md."
	return json.MarshalIndent(root, "", "  ")
}

// schema describes a group. null counts as not given, so that a name may be
// left without value.
func (t *table) schema(group string) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, name := range t.groups[group] {
		path := join(group, name)
		k := t.byPath[path]
		if k == nil {
			properties[name] = t.schema(path)
			continue
		}
		properties[name] = t.keySchema(*k)
		if k.Secret() {
			properties[name+fileSuffix] = map[string]any{
				"type": "string", "description": "A file that holds " + path + "; relative to this file.",
			}
		}
		if k.Required && k.nested() && !k.Secret() {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["type"], s["required"] = "object", required
	}
	return s
}

func (t *table) keySchema(k Key) map[string]any {
	s := k.kind.schema()
	if k.kind == kindObjects {
		s["items"] = t.schema(k.Path + "[]")
	}
	if k.named != "" {
		item := t.schema(k.Path + "[]")
		delete(item["properties"].(map[string]any), k.named)
		item["required"] = slices.DeleteFunc(item["required"].([]string), func(name string) bool { return name == k.named })
		s = map[string]any{"type": "object", "additionalProperties": item}
	}
	constrained := s
	if list, ok := s["items"].(map[string]any); ok && k.kind != kindObjects {
		constrained = list
	}
	maps.Copy(constrained, k.must.schema)
	if k.must.different {
		s["uniqueItems"] = true
	}
	if k.kind == kindHooks {
		s["items"] = hookSchema(constrained)
	}
	s["description"] = k.description()
	if k.Default != "" {
		s["default"] = k.sample(k.Default)
	}
	if k.Example != "" && !k.Secret() {
		s["examples"] = []any{k.sample(k.Example)}
	}
	return s
}

// hookSchema allows {hook: name} beside the bare name, with the config of a web hook.
func hookSchema(name map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{name, map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"hook"},
		"properties": map[string]any{"hook": name, "config": webHookSchema()},
	}}}
}

// webHookSchema describes the config of a web hook; see docs/web-hooks.md.
func webHookSchema() map[string]any {
	text, truth := map[string]any{"type": "string"}, map[string]any{"type": "boolean"}
	group := func(properties map[string]any) map[string]any {
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	}
	return group(map[string]any{
		"id": text, "url": text, "method": text, "body": text, "can_interrupt": truth, "emit_analytics_event": truth,
		"headers":  map[string]any{"type": "object", "additionalProperties": text},
		"response": group(map[string]any{"ignore": truth, "parse": truth}),
		"auth": group(map[string]any{"type": map[string]any{"enum": []string{"basic_auth", "api_key"}}, "config": group(map[string]any{
			"user": text, "password": text, "name": text, "value": text, "in": map[string]any{"enum": []string{"header", "cookie"}},
		})}),
	})
}

func (k Key) description() string {
	text := k.Help
	if k.NoEffect != "" {
		text += " Has no effect: " + k.NoEffect + "."
	}
	return text
}

func (k kind) schema() map[string]any {
	var s map[string]any
	_ = json.Unmarshal([]byte(kinds[k].schema), &s)
	return s
}

// sample turns text as in the environment into the value that a file would
// have. Texts in the table are right by test.
func (k Key) sample(written string) any {
	n := &node{shape: loose, text: written}
	if k.kind == kindObjects {
		parsed, err := n.parsed()
		if err != nil {
			return written
		}
		return parsed.json()
	}
	pointer := k.fresh()
	if err := assign(k, pointer, n); err != nil {
		return written
	}
	if k.kind == kindHeaders { // whose values are secrets otherwise
		return json.RawMessage(written)
	}
	return shown(pointer)
}
