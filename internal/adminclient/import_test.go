package adminclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/adminapi"
)

// patches hands out n patches; the refused ones are not sent.
func patches(n int, refused ...int) func() (Patch, error) {
	i := 0
	return func() (Patch, error) {
		if i++; i > n {
			return Patch{}, io.EOF
		}
		p := Patch{From: fmt.Sprint(i), Patch: adminapi.Patch{Create: json.RawMessage(`{}`)}}
		for _, r := range refused {
			if r == i {
				p.Refused = &Error{Fault: adminapi.Fault{Reason: "not sent"}}
			}
		}
		return p, nil
	}
}

// importServer answers each line as it comes, or all at the end.
func importServer(streaming bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if streaming {
			_ = control.EnableFullDuplex()
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		var answer strings.Builder
		in := json.NewDecoder(r.Body)
		for i := 1; ; i++ {
			var p Patch
			if err := in.Decode(&p); err != nil {
				break
			}
			line := fmt.Sprintf("{\"action\":\"create\",\"identity\":\"id-%d\"}\n", i)
			if !streaming {
				answer.WriteString(line)
				continue
			}
			_, _ = io.WriteString(w, line)
			_ = control.Flush()
		}
		_, _ = io.WriteString(w, answer.String())
	}
}

func TestAnImportTellsResultsInOrder(t *testing.T) {
	t.Parallel()
	for name, streaming := range map[string]bool{"as they come": true, "all at the end": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 5000 // more than fits into any buffer on the way
			c := answers(t, importServer(streaming))
			count := 0
			err := c.Import(t.Context(), patches(n), func(r Result) error {
				if count++; r.From != fmt.Sprint(count) || r.Identity != "id-"+r.From {
					return fmt.Errorf("result %d is %+v", count, r)
				}
				return nil
			})
			if err != nil || count != n {
				t.Errorf("%d results: %v", count, err)
			}
		})
	}
}

func TestWhatIsNotSentKeepsItsPlace(t *testing.T) {
	t.Parallel()
	c := answers(t, importServer(true))
	var got []string
	err := c.Import(t.Context(), patches(7, 1, 2, 4, 6, 7), func(r Result) error {
		got = append(got, r.From+r.Action)
		return nil
	})
	want := []string{"1error", "2error", "3create", "4error", "5create", "6error", "7error"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAnImportThatBreaksSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	ndjson := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		_, _ = io.WriteString(w, text)
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"the server stops": {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); ndjson(w, "{}\n") }, "what became of 2 identities is not known"},
		"in the middle": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			ndjson(w, "{}\n{\"act")
		}, "what became of 2 identities is not known"},
		"garbage": {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); ndjson(w, "lorem") }, "invalid character"},
		"too much": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			ndjson(w, "{}{}{}{}")
		}, "about more identities than were sent"},
		"a refusal": {func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusUnauthorized, `{"error":{"reason":"who are you"}}`)
		}, "who are you"},
		"another API":          {func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, `{}`) }, "not as the admin API does"},
		"a connection that is": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "no answer from"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := answers(t, test.answer).Import(t.Context(), patches(3), func(Result) error { return nil })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAnImportEndsWithItsContextItsInputOrItsOutput(t *testing.T) {
	t.Parallel()
	broken := errors.New("no more room")
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	asked := 0
	waiting := func() (Patch, error) {
		if asked++; asked == 1 {
			return Patch{Patch: adminapi.Patch{Create: json.RawMessage(`{}`)}}, nil
		}
		<-never // a person who does not type on
		return Patch{}, io.EOF
	}
	c := answers(t, importServer(true))
	if err := c.Import(ctx, waiting, func(Result) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := c.Import(t.Context(), func() (Patch, error) { return Patch{}, broken }, func(Result) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("without input: %v", err)
	}
	if err := c.Import(t.Context(), patches(100), func(Result) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("without output: %v", err)
	}
}
