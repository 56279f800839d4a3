package code_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/flow/flowtest"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/method/code"
)

// All guesses have read the flow before the first of them is judged. The limiter allows each of them.
func TestCode_guessedInParallel(t *testing.T) {
	t.Parallel()
	const guesses = 20
	for k, address := range kinds() {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			w := openAs(t, everything())
			w.Person(ada, true)
			b := w.Browser()
			f := b.Start(k)
			b.MustSubmit(f, code.ID, fields(k, address))
			right := mailed(t, w)
			var here, all sync.WaitGroup
			var calls atomic.Int32
			here.Add(guesses)
			w.Limiter.Before = func() {
				if calls.Add(1) <= guesses {
					here.Done()
					here.Wait()
				}
			}
			var mu sync.Mutex
			answers := map[string]int{}
			for i := range guesses {
				all.Go(func() {
					r, err := b.Submit(f, code.ID, with(k, address, fmt.Sprintf("%s%02d", other(right)[:4], i)))
					answer := fmt.Sprint(err)
					if err == nil {
						answer = said(r)
					}
					mu.Lock()
					defer mu.Unlock()
					answers[answer]++
				})
			}
			all.Wait()
			invalid := message.KeyCodeInvalidPrefix + string(k)
			if answers[invalid] != 5 || answers[message.KeyCodeTooOften] != guesses-5 {
				t.Errorf("the answers are %v", answers)
			}
			if r := b.MustSubmit(f, code.ID, with(k, address, right)); r.Outcome != flow.FormRejected || said(r) != message.KeyCodeTooOften {
				t.Errorf("the code after them: outcome %d, %s", r.Outcome, said(r))
			}
		})
	}
}

// While a guess is judged, others are told that they are wrong. It gets the answer that it would get after them, right or
// wrong.
func TestCode_guessOvertaken(t *testing.T) {
	t.Parallel()
	for k, address := range kinds() {
		for _, wrong := range []int{1, 4, 5} {
			t.Run(fmt.Sprintf("%s, %d", k, wrong), func(t *testing.T) {
				t.Parallel()
				answers := map[bool]string{}
				for _, guess := range []bool{true, false} {
					w := openAs(t, everything())
					w.Person(ada, true)
					b := w.Browser()
					f := b.Start(k)
					b.MustSubmit(f, code.ID, fields(k, address))
					right := mailed(t, w)
					typed := right
					if !guess {
						typed = other(right)
					}
					answers[guess] = overtaken(t, w, b, f, with(k, address, typed), func() {
						for range wrong {
							b.MustSubmit(f, code.ID, with(k, address, other(right)))
						}
					})
				}
				refused := fmt.Sprintf("%d %s", flow.FormRejected, message.KeyCodeTooOften)
				accepted := refused
				if wrong < 5 {
					refused = fmt.Sprintf("%d %s", flow.FormRejected, message.KeyCodeInvalidPrefix+string(k))
					accepted = fmt.Sprint(flow.Completed)
				}
				if !strings.HasPrefix(answers[true], accepted) || answers[false] != refused {
					t.Errorf("the answers are %v", answers)
				}
			})
		}
	}
}

// overtaken submits while something else happens to the flow after it was read.
func overtaken(t *testing.T, w *flowtest.World, b *flowtest.Browser, f *flow.Flow, fields map[string]string, meanwhile func()) string {
	t.Helper()
	w.Limiter.Before = func() {
		w.Limiter.Before = nil
		meanwhile()
	}
	r, err := b.Submit(f, code.ID, fields)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", r.Outcome, said(r))
}
