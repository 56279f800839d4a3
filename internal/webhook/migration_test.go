package webhook

import (
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		answer string
		want   bool
		code   errs.Code
	}{
		"right":      {200, `{"status":"password_match"}`, true, errs.Internal},
		"other word": {200, `{"status":"nope"}`, false, errs.Internal},
		"no JSON":    {200, "x", false, errs.Internal},
		"wrong":      {403, "{}", false, errs.Internal},
		"no such":    {404, "{}", false, errs.Upstream},
		"no content": {204, "", false, errs.Upstream},
		"broken":     {500, "", false, errs.Upstream},
	} {
		s := &sink{status: []int{test.status}, answer: test.answer}
		m := &Migration{hook(t, s, Config{})}
		got, err := m.Matches(t.Context(), flow.HookCall{Flow: &flow.Flow{ID: "f1"}}, "a@example.org", `p<"&`)
		if got != test.want || (err != nil) != (test.code == errs.Upstream) || err != nil && errs.Of(err) != test.code {
			t.Errorf("%s: %t, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "p<") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
		if s.bodies[0] != `{"identifier":"a@example.org","password":"p<\"&"}` {
			t.Errorf("%s: sent %s", name, s.bodies[0])
		}
	}
}

func TestMatches_body(t *testing.T) {
	t.Parallel()
	s := &sink{status: []int{403}}
	m := &Migration{hook(t, s, Config{Body: body(t, `function(ctx) { u: ctx.identifier, p: ctx.password, f: ctx.flow.id }`)})}
	if _, err := m.Matches(t.Context(), flow.HookCall{Flow: &flow.Flow{ID: "f1"}}, "ada", "pw"); err != nil || !strings.Contains(s.bodies[0], `"p": "pw"`) || !strings.Contains(s.bodies[0], `"u": "ada"`) {
		t.Errorf("%v, %v", s.bodies, err)
	}
}
