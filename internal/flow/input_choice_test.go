package flow_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
)

func TestInput_chosen(t *testing.T) {
	t.Parallel()
	object := func(text string) flow.Input {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatal(err)
		}
		return flow.JSONInput(fields)
	}
	cases := map[string]struct {
		in     flow.Input
		chosen bool
		blob   string
	}{
		"form":         {flow.FormInput(url.Values{"b": {"true"}}), true, "true"},
		"form value":   {flow.FormInput(url.Values{"b": {"ab12"}}), true, "ab12"},
		"form false":   {flow.FormInput(url.Values{"b": {"false"}}), false, "false"},
		"form empty":   {flow.FormInput(url.Values{"b": {""}}), false, ""},
		"form without": {flow.FormInput(url.Values{}), false, ""},
		"true":         {object(`{"b":true}`), true, "boolean"},
		"false":        {object(`{"b":false}`), false, "boolean"},
		"null":         {object(`{"b":null}`), false, ""},
		"text":         {object(`{"b":"true"}`), true, "true"},
		"object":       {object(`{"b":{"id":"x"}}`), false, `{"id":"x"}`},
		"number":       {object(`{"b":1}`), false, "number"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.in.Chosen("b"); got != c.chosen {
				t.Errorf("Chosen = %t, want %t", got, c.chosen)
			}
			if got := c.in.Blob("b"); got != c.blob {
				t.Errorf("Blob = %q, want %q", got, c.blob)
			}
		})
	}
}
