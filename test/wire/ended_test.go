package wire

import (
	"fmt"
	"testing"
)

// The replay starts a fresh flow where the recording uses one twice, so what the server answers to a second use is checked here
// (decision 2): what it answers for a flow that has expired.
func TestAFlowThatHasEndedAnswersAsAnExpiredOne(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, "main", nil, nil)
	bodies := map[string]string{
		"registration": `{"traits.email":"ended@example.org","password":"uncommon-secret-1"}`,
		"login":        `{"identifier":"ended@example.org","password":"uncommon-secret-1"}`,
	}
	for _, test := range []struct{ kind, message string }{{"registration", "4040001"}, {"login", "4010001"}} {
		const flow = "{{id.1}}"
		base := "/self-service/" + test.kind
		submit := request{
			Method: "POST", API: "public", Path: base + "/methods/password?flow=" + flow, Body: bodies[test.kind],
			Headers: map[string]string{"Content-Type": "application/json"},
		}
		if err := p.bindFlow(flow, p.answer(t, request{Method: "GET", API: "public", Path: base + "/api"})); err != nil {
			t.Fatal(err)
		}
		if got := p.answer(t, submit); got.status != 200 {
			t.Fatalf("%s: %d %s", test.kind, got.status, show(got))
		}
		if got := p.answer(t, request{Method: "GET", API: "public", Path: base + "/flows?id=" + flow}); got.status != 410 {
			t.Errorf("%s: the flow is fetched with %d, want 410", test.kind, got.status)
		}
		again := p.answer(t, submit)
		delete(p.bound, "id.2")
		if err := p.bound.match("http://"+hosts["public"]+base+"/flows?id={{id.2}}", again.header("Location")); again.status != 302 || err != nil {
			t.Fatalf("%s: submitted again: %d: %v", test.kind, again.status, err)
		}
		o, _ := p.answer(t, request{Method: "GET", API: "public", Path: base + "/flows?id={{id.2}}"}).value.(map[string]any)
		messages, _ := o["messages"].([]any)
		if m, ok := firstObject(messages); !ok || fmt.Sprint(m["id"]) != test.message || o["id"] == p.bound["id.1"] {
			t.Errorf("%s: the flow that takes its place says %v, want %s", test.kind, messages, test.message)
		}
	}
}

// answer sends a request that must be answered.
func (p *player) answer(t *testing.T, r request) answer {
	t.Helper()
	got, err := p.send(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
