package wire

import (
	"strings"
	"testing"
)

// samples are values that the placeholders of the recording can have.
var samples = map[string]string{
	"id": "00000000-0000-4000-8000-000000000001", "uuid": "00000000-0000-4000-8000-000000000001", "time": "2026-11-23T03:43:06.2Z", "past": "2026-11-23T03:43:06.2Z",
	"token": strings.Repeat("t", 32), "link": strings.Repeat("l", 32), "mask": strings.Repeat("m", 86) + "==", "minutes": "0.02",
}

// The description must fit what version 0.5 really sent, with the differences of decision 1: it is not written from the old
// description alone.
func TestTheDescriptionFitsTheRecording(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	all, err := recording()
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	p := &player{rules: newRules(), identities: map[string]map[string]any{}, traits: map[string]map[string]any{}, flows: map[string]map[string]any{}}
	for _, e := range all {
		want := recorded(e.Response)
		if e.Kind == kindMail || want.value == nil {
			continue
		}
		p.rewrite(e, &want)
		p.learn(want)
		value, err := decodeJSON(placeholder.ReplaceAllStringFunc(compact(tidied(want.value)), func(p string) string {
			kind, _, _ := strings.Cut(strings.Trim(p, "{}"), ".")
			return samples[kind]
		}))
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		want.value = value
		for _, broken := range c.judge(e.Request.Method, e.Request.Path, want) {
			t.Errorf("%s (%s %s, %d): %s", e.Name, e.Request.Method, e.Request.Path, want.status, broken)
		}
		judged++
	}
	if judged < 400 {
		t.Errorf("only %d answers were judged", judged)
	}
}

// tidied is a recorded body as this server would send it (decision 1): a flow has its messages, all else that is empty is left out.
func tidied(value any) any {
	switch value := value.(type) {
	case map[string]any:
		o := settled(value)
		for name, member := range o {
			o[name] = tidied(member)
		}
		if _, isFlow := o["request_url"]; isFlow && o["messages"] == nil {
			o["messages"] = []any{}
		}
		return o
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = tidied(value[i])
		}
		return list
	}
	return value
}
