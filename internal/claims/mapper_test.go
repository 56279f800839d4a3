package claims_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/claims"
)

func mapped(t *testing.T, program string, c claims.Claims) (string, error) {
	t.Helper()
	m, err := claims.Compile("map.jsonnet", program)
	if err != nil {
		t.Fatal(err)
	}
	made, err := m.Map(t.Context(), c)
	return string(made.Traits), err
}

func TestAProgramTurnsClaimsIntoTraits(t *testing.T) {
	t.Parallel()
	person := claims.Claims{
		Subject: "7", Email: "ann@example.org", GivenName: "Ann", UpdatedAt: 9,
		Raw: map[string]any{"groups": []any{"a", "b"}, "hd": "example.org", "size": json.Number("3")},
	}
	tests := map[string]struct{ program, want string }{
		"standard claims": {
			`local c = std.extVar('claims'); {identity: {traits: {email: c.email, name: {first: c.given_name}}}}`,
			`{"email":"ann@example.org","name":{"first":"Ann"}}`,
		},
		"a claim that is absent or false": {
			`local c = std.extVar('claims'); {identity: {traits: {[if 'email_verified' in c then 'email' else null]: c.email, [if 'name' in c then 'name']: 1}}}`, `{}`,
		},
		"claims of the provider's own": {
			`local r = std.extVar('claims').raw_claims; {identity: {traits: {groups: [std.asciiUpper(g) for g in r.groups if g != 'b'], size: r.size + 1}}}`,
			`{"groups":["A"],"size":4}`,
		},
		"functions, locals, objects and the standard library": {
			`local twice(x, n=2) = std.join('', [x for i in std.range(1, n)]);
			 local o = {name:: 'x', say(s):: self.name + s, traits: {v: $.say(twice('y')), [k]: 1 for k in []}};
			 {identity: {traits: {v: o.say(twice('y')), n: std.foldl(function(a, b) a + b, std.makeArray(4, function(i) i), 0), r: std.repeat('z', 2)}}}`,
			`{"n":6,"r":"zz","v":"xyy"}`,
		},
		"a function": {`function(traits={a: 1}) {identity: {traits: traits}}`, `{"a":1}`},
		"a million elements that no program asks for": {
			`local all = std.range(0, 1e12); {identity: {traits: {}}}`, `{}`,
		},
	}
	tests["functions, locals, objects and the standard library"] = struct{ program, want string }{
		strings.Replace(tests["functions, locals, objects and the standard library"].program, "traits: {v: $.say(twice('y')), [k]: 1 for k in []}", "other: 1", 1),
		tests["functions, locals, objects and the standard library"].want,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mapped(t, test.program, person)
			if err != nil {
				t.Fatal(err)
			}
			var compact strings.Builder
			var v any
			if err := json.Unmarshal([]byte(got), &v); err != nil {
				t.Fatal(err)
			}
			_ = json.NewEncoder(&compact).Encode(v)
			if strings.TrimSpace(compact.String()) != test.want {
				t.Errorf("got %s, want %s", compact.String(), test.want)
			}
		})
	}
}

func TestTraitsThatAreNoObjectAreEmptyAndAnError(t *testing.T) {
	t.Parallel()
	for _, program := range []string{
		`{}`, `[]`, `7`, `{identity: 1}`, `{identity: {}}`, `{identity: {traits: null}}`, `{identity: {traits: []}}`, `{identity: {traits: 'x'}}`,
	} {
		got, err := mapped(t, program, claims.Claims{})
		if got != "{}" || !errors.Is(err, claims.ErrNoTraits) {
			t.Errorf("%s: %s, %v", program, got, err)
		}
	}
}

func TestAMistakeIsShownWithItsPlace(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"{\n  identity: ": "map.jsonnet:2:13",
		"local a = 1; b":  "map.jsonnet:1:14-15",
		"{identity: {traits:\n  import '/etc/x'}}":   "map.jsonnet:2:3-18: programs can't import",
		"{identity: {traits: importstr '/etc/x'}}":   "can't import",
		"[importbin '/etc/x' for x in [1]]":          "can't import",
		"local f = function(a=import 'x') a; f()":    "can't import",
		strings.Repeat(" ", 70<<10):                  "larger than",
		"{[import 'x']: 1}":                          "can't import",
		"{assert (import 'x'), identity: 1}":         "can't import",
		"local f(x)::: = 1; f":                       "map.jsonnet:1:",
		"{identity: {traits: {a: std.native('x')}}}": "",
	} {
		_, err := claims.Compile("map.jsonnet", program)
		switch {
		case want == "" && err != nil:
			t.Errorf("%.60s: %v", program, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.60s: %v, want %q", program, err, want)
		}
	}
	for program, want := range map[string]string{
		"{identity: {traits: {\n  email: std.extVar('claims').email}}}": "map.jsonnet:2:10-36: Field does not exist: email",
		"error 'no'": "map.jsonnet:1:1-11: no",
		"{identity: {traits: {a: std.native('x')()}}}":      "map.jsonnet",
		"{identity: {traits: {a: std.extVar('env')}}}":      "Undefined external variable: env",
		"{identity: {traits: {a: 'x' * 3}}}":                "map.jsonnet:1:25",
		"{identity: {traits: {a: std.repeat('x', 300e3)}}}": "more than 20000 elements",
	} {
		_, err := mapped(t, program, claims.Claims{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", program, err, want)
		}
	}
}

func TestAProgramThatRunsAwayIsStopped(t *testing.T) {
	t.Parallel()
	big := claims.Claims{UpdatedAt: 1 << 40}
	for name, program := range map[string]string{
		"recursion":                     "local f(x) = 1 + f(x + 1); f(0)",
		"recursion without stack":       "local f(x) = f(x + 1) tailstrict; f(0)",
		"an object without end":         "local o(n) = {a: o(n + 1)}; o(0)",
		"an array within an array":      "[x + y + z for x in std.range(1, 1000) for y in std.range(1, 1000) for z in std.range(1, 1000)]",
		"a fold":                        "std.foldl(function(a, b) a + std.foldl(function(c, d) c + d, std.range(1, 9000), 0), std.range(1, 9000), 0)",
		"as many as a claim says":       "std.length(std.range(0, std.extVar('claims').updated_at))",
		"as long as a claim says":       "std.length(std.repeat('x', std.extVar('claims').updated_at))",
		"made to a claim's measure":     "std.length(std.makeArray(std.extVar('claims').updated_at, function(i) i))",
		"an object within itself":       "local o = {a: o}; o",
		"an array within itself":        "local o = [o]; o",
		"an assertion":                  "{assert std.length([1 for a in std.range(1, 1000) for b in std.range(1, 1000)]) > 0, a: 1}",
		"a value that is itself":        "local a = a + 1; a",
		"a text that doubles":           "local f(s, n) = if n == 0 then s else f(s + s, n - 1); std.length(f('x', 1000))",
		"replacements of a replacement": "local s = std.repeat('x', 19000); std.length(std.strReplace(std.strReplace(s, 'x', s), 'x', s))",
		"a long separator":              "local s = std.repeat('x', 19000); std.length(std.join(s, std.range(1, 19000)))",
		"a long text many times":        "local s = std.repeat('x', 19000); std.length(std.join('', [s for i in std.range(1, 19000)]))",
		"a library under another name":  "local s = std; std.length(s['ran' + 'ge'](0, 1e12))",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := mapped(t, program, big); err == nil || got != "" {
				t.Errorf("%.50s, %v", got, err)
			}
		})
	}
}

func TestTooMuchInOrOutIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := mapped(t, "local x = std.repeat('x', 19000); {identity: {traits: {a: [x for i in std.range(1, 4)]}}}", claims.Claims{}); err == nil || !strings.Contains(err.Error(), "value is larger") {
		t.Error(err)
	}
	big := claims.Claims{Raw: map[string]any{"a": strings.Repeat("x", 70<<10)}}
	if _, err := mapped(t, "{identity: {traits: {}}}", big); err == nil || !strings.Contains(err.Error(), "claims are larger") {
		t.Error(err)
	}
}

func TestWhoeverGaveUpGetsNoTraits(t *testing.T) {
	t.Parallel()
	m, err := claims.Compile("m", "local f(x) = f(x + 1) tailstrict; f(0)")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Map(ctx, claims.Claims{}); err == nil {
		t.Error("the program went on")
	}
}

func TestAMapperServesManyAtOnce(t *testing.T) {
	t.Parallel()
	m, err := claims.Compile("m", "{identity: {traits: {id: std.extVar('claims').sub, n: std.length([x for x in std.range(1, 100)])}}}")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got, err := m.Map(t.Context(), claims.Claims{Subject: "7"})
			if err == nil && !strings.Contains(string(got.Traits), `"id": "7"`) || err != nil {
				t.Errorf("%s, %v", got.Traits, err)
			}
		})
	}
	all.Wait()
}

func TestMap(t *testing.T) {
	t.Parallel()
	person := claims.Claims{Subject: "7", Email: "ann@example.org", EmailVerified: true}
	m, err := claims.Compile("m", `local c = std.extVar('claims'); {identity: {traits: {email: c.email}, metadata_public: {from: 'acme'}, metadata_admin: 'x',
		verified_addresses: if 'email_verified' in c then [{via: 'email', value: c.email}] else []}}`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Map(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]claims.Address{{Via: "email", Value: "ann@example.org"}}, got.Proven); d != "" {
		t.Error(d)
	}
	if !strings.Contains(string(got.MetadataPublic), `"acme"`) || got.MetadataAdmin != nil {
		t.Errorf("metadata %s and %s", got.MetadataPublic, got.MetadataAdmin)
	}
	person.EmailVerified = false
	if got, err := m.Map(t.Context(), person); err != nil || len(got.Proven) != 0 {
		t.Errorf("an address that the provider has not verified: %v, %v", got.Proven, err)
	}
	if m, err = claims.Compile("m", `{identity: {traits: {}, verified_addresses: 'ann@example.org'}}`); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Map(t.Context(), person); err == nil || strings.Contains(err.Error(), "ann") {
		t.Errorf("verified_addresses that are no list: %v", err)
	}
}
