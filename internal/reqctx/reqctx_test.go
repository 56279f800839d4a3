package reqctx_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/reqctx"
)

func TestFactsAreKeptInOrderForTheLineOfTheirRequest(t *testing.T) {
	t.Parallel()
	one, other := &reqctx.Request{ID: "1", Address: "192.0.2.1"}, &reqctx.Request{ID: "2"}
	ctx := reqctx.With(t.Context(), one)
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	reqctx.Note(ctx, slog.String("flow", "a"))
	reqctx.Note(inner, slog.Int("n", 1), slog.Int("m", 2))
	reqctx.Note(reqctx.With(ctx, other), slog.String("flow", "b"))

	if reqctx.From(inner) != one {
		t.Errorf("found %+v, want the request itself", reqctx.From(inner))
	}
	for r, want := range map[*reqctx.Request][]string{one: {"flow=a", "n=1", "m=2"}, other: {"flow=b"}} {
		var got []string
		for _, a := range r.Attrs {
			got = append(got, a.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("request %s (-want +got)\n%s", r.ID, diff)
		}
	}
}

func TestOutsideOfARequestThereIsAnEmptyOneThatKeepsNothing(t *testing.T) {
	t.Parallel()
	reqctx.Note(t.Context(), slog.String("flow", "a"))
	if diff := cmp.Diff(&reqctx.Request{}, reqctx.From(t.Context()), cmp.AllowUnexported(slog.Value{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
