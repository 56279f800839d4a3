package identifier_test

import (
	"context"
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/method/identifier"
)

// directory counts who is looked up, and finds a phone number alone.
type directory struct {
	asked    int
	err      error
	unproven bool
	mail     bool // the owner has proven a mail address
}

func (d *directory) ByIdentifier(context.Context, string, string) (*identity.Identity, *identity.Credential, error) {
	d.asked++
	if d.err != nil {
		return nil, nil, d.err
	}
	return nil, nil, errs.ErrNotFound
}

func (d *directory) ByAddress(_ context.Context, _ identity.Purpose, via, typed string) (*identity.Identity, *identity.Address, error) {
	if d.asked++; via == identity.ViaSMS && typed == "+4930123456" {
		number := identity.Address{Via: via, Normalized: typed, Verified: !d.unproven}
		mail := identity.Address{Via: identity.ViaEmail, Normalized: "ada@example.org", Verified: d.mail}
		return &identity.Identity{ID: "ada", Verifiable: []identity.Address{number, mail}}, &number, nil
	}
	return nil, nil, errs.ErrNotFound
}

// submit runs the method's own step, without an engine.
func submit(t *testing.T, d *directory, tells bool, fields map[string]string) (flow.Fact, error) {
	t.Helper()
	var fact flow.Fact
	var err error
	m := identifier.New(d, tells)
	stub := &flowtest.Stub{Name: "password", Roles: map[flow.Kind]flow.Role{flow.Login: flow.FirstFactor}}
	stub.Fact = func(ctx context.Context, s flow.Submission) (flow.Fact, error) {
		fact, err = m.Steps()[flow.Login].Submit(ctx, s)
		return flow.Prepared{}, nil
	}
	w := flowtest.New(t, func(*flowtest.World) []flow.Method { return []flow.Method{stub} })
	b := w.Browser()
	b.MustSubmit(b.Start(flow.Login), "password", fields)
	return fact, err
}

func TestMethod(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		typed  string
		back   string
		tells  bool
		err    error // of the directory
		want   string
		owner  string
		lookup int
		reject bool
		// unproven: the owner has not proven the number; mail: but a mail address.
		unproven, mail bool
	}{
		"no account is looked up": {typed: " ada@example.org ", want: "ada@example.org"},
		"missing":                 {reject: true},
		"blank":                   {typed: "  ", reject: true},
		"back":                    {typed: "ada@example.org", back: "previous", tells: true},
		"another screen":          {typed: "ada", back: "next", want: "ada"},
		"unknown, and told so":    {typed: "ada@example.org", tells: true, lookup: 2, reject: true},
		"a phone number":          {typed: "+4930123456", tells: true, want: "+4930123456", owner: "ada", lookup: 2},
		"nothing is proven":       {typed: "+4930123456", tells: true, unproven: true, want: "+4930123456", owner: "ada", lookup: 2},
		"an unproven number":      {typed: "+4930123456", tells: true, unproven: true, mail: true, lookup: 2, reject: true},
		"the directory is broken": {typed: "ada", tells: true, err: broken, lookup: 1, reject: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &directory{err: test.err, unproven: test.unproven, mail: test.mail}
			fact, err := submit(t, d, test.tells, map[string]string{"identifier": test.typed, "screen": test.back})
			if (err != nil) != test.reject || d.asked != test.lookup || test.err != nil && !errors.Is(err, broken) {
				t.Fatalf("%v, %d look-ups", err, d.asked)
			}
			named, _ := fact.(flow.Named)
			owner := ""
			if named.Owner != nil {
				owner = named.Owner.ID
			}
			if named.Identifier != test.want || owner != test.owner {
				t.Errorf("%+v", fact)
			}
		})
	}
}
