package passpolicy_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/passpolicy"
)

// service is a breach service on the loopback interface.
type service struct {
	*httptest.Server
	asked  atomic.Int32
	answer atomic.Pointer[http.HandlerFunc] // in place of the known passwords
}

func digest(password string) (prefix, suffix string) {
	hash := fmt.Sprintf("%X", sha1.Sum([]byte(password)))
	return hash[:5], hash[5:]
}

// newService knows passwords with their counts, and pads every range.
func newService(t *testing.T, known map[string]int) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if answer := s.answer.Load(); answer != nil {
			(*answer)(w, r)
			return
		}
		fmt.Fprint(w, "0000000000000000000000000000000000A:0\r\n")
		for password, count := range known {
			if prefix, suffix := digest(password); r.URL.Path == "/range/"+prefix {
				fmt.Fprintf(w, "%s:%d\r\n", suffix, count)
			}
		}
		fmt.Fprint(w, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:0")
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) answers(h http.HandlerFunc) { s.answer.Store(&h) }

func (s *service) recovers() { s.answer.Store(nil) }

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return fixed().Add(time.Duration(c.at.Load())) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

func strict(s *service) passpolicy.Config {
	return passpolicy.Config{MinLength: 1, BreachAPIURL: s.URL}
}

func kind(v *passpolicy.Violation) passpolicy.Kind {
	if v == nil {
		return 0
	}
	return v.Kind
}

func TestFiveDigitsOfAHashAreAllThatLeaves(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	prefix, suffix := digest("correct horse")
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		seen := fmt.Sprintf("%s %s %v", r.Method, r.URL, r.Header)
		if r.URL.String() != "/range/"+prefix || r.Header.Get("Add-Padding") != "true" {
			t.Errorf("asked by %s", seen)
		}
		if strings.Contains(strings.ToUpper(seen), suffix[:5]) || strings.Contains(seen, "horse") {
			t.Errorf("%s says more than it may", seen)
		}
	})
	p := passpolicy.New(strict(s), s.Client(), fixed)
	if v := violation(t, p, "correct horse"); v != nil || s.asked.Load() != 1 {
		t.Errorf("%v after %d questions", v, s.asked.Load())
	}
}

func TestAPasswordMayBeFoundAsOftenAsTheOperatorSays(t *testing.T) {
	t.Parallel()
	s := newService(t, map[string]int{"password123": 37, "padded": 0})
	for most, want := range map[int]passpolicy.Kind{0: passpolicy.Breached, 36: passpolicy.Breached, 37: 0, 100: 0} {
		c := strict(s)
		c.MaxBreaches = most
		if v := violation(t, passpolicy.New(c, s.Client(), fixed), "password123"); kind(v) != want {
			t.Errorf("37 breaches of at most %d: %v", most, v)
		}
	}
	if v := violation(t, passpolicy.New(strict(s), s.Client(), fixed), "padded"); v != nil {
		t.Errorf("padding with the count 0: %v", v)
	}
}

func TestAnAnswerIsBelievedForADay(t *testing.T) {
	t.Parallel()
	s, c := newService(t, map[string]int{"password123": 37}), &clock{}
	p := passpolicy.New(strict(s), s.Client(), c.now)
	for range 3 {
		if v := violation(t, p, "password123"); kind(v) != passpolicy.Breached {
			t.Errorf("%v", v)
		}
		violation(t, p, "another")
	}
	if n := s.asked.Load(); n != 2 {
		t.Errorf("two passwords were asked for %d times", n)
	}
	c.advance(25 * time.Hour)
	if violation(t, p, "password123"); s.asked.Load() != 3 {
		t.Error("a day later the list was not asked again")
	}
}

func TestWhoAsksForTheSameMeanwhileGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	_, suffix := digest("password123")
	release := make(chan struct{})
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		fmt.Fprintf(w, "%s:37", suffix)
	})
	p := passpolicy.New(strict(s), s.Client(), fixed)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if v := violation(t, p, "password123"); kind(v) != passpolicy.Breached {
				t.Errorf("%v", v)
			}
		})
	}
	close(release)
	group.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
}

func TestWhoLeavesIsToldSoAndIsNoFailureOfTheService(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	s.answers(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	p := passpolicy.New(strict(s), s.Client(), fixed)
	for i := range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- p.Check(ctx, fmt.Sprint("password", i), nil) }()
		<-arrived
		cancel()
		release <- struct{}{}
		if err := <-left; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	}
	s.recovers()
	if v := violation(t, p, "one more"); v != nil {
		t.Errorf("%v: people leaving made look-ups pause", v)
	}
}

func TestWhatIsNoAnswerRefusesInStrictModeAlone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"an error":  unavailable,
		"not found": http.NotFound,
		"a page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>\nPlease sign in: here\n</html>") },
		"words": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "0000000000000000000000000000000000A:many")
		},
		"less than none":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "0000000000000000000000000000000000A:-1") },
		"an endless line": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("A", 1<<20)) },
		"endless lines": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("0000000000000000000000000000000000A:1\r\n", 1<<14))
		},
		"half of one": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "0000000000000000000000000000000000A:1\r\n")
		},
		"none in time": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, nil)
			s.answers(answer)
			start := time.Now()
			if v := violation(t, passpolicy.New(strict(s), s.Client(), fixed), "p"); kind(v) != passpolicy.Unchecked {
				t.Errorf("strict: %v, want Unchecked", v)
			}
			lenient := strict(s)
			lenient.IgnoreNetworkErrors = true
			if v := violation(t, passpolicy.New(lenient, s.Client(), fixed), "p"); v != nil {
				t.Errorf("lenient: %v", v)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("two look-ups took %v", took)
			}
		})
	}
}

func TestAServiceThatIsAwayIsNoticedAndLeftAlone(t *testing.T) {
	t.Parallel()
	s, c := newService(t, nil), &clock{}
	s.Close()
	config := strict(s)
	var heard []error
	config.OnUnreachable = func(err error) { heard = append(heard, err) }
	p := passpolicy.New(config, s.Client(), c.now)
	for i := range 10 {
		if v := violation(t, p, fmt.Sprint("password", i)); kind(v) != passpolicy.Unchecked {
			t.Errorf("%v, want Unchecked", v)
		}
	}
	if len(heard) != 1 {
		t.Fatalf("the operator heard %d times of one outage: %v", len(heard), heard)
	}
	prefix, _ := digest("password2")
	if text := heard[0].Error(); strings.Contains(text, prefix) || !strings.Contains(text, "refused") {
		t.Errorf("the operator heard %q", text)
	}
}

func TestAfterAPauseOneRequestTriesAgain(t *testing.T) {
	t.Parallel()
	s, c := newService(t, nil), &clock{}
	s.answers(unavailable)
	p := passpolicy.New(strict(s), s.Client(), c.now)
	passwords := 0
	ask := func(times int, want passpolicy.Kind) int32 {
		t.Helper()
		before := s.asked.Load()
		for range times {
			passwords++
			if v := violation(t, p, fmt.Sprint("password", passwords)); kind(v) != want {
				t.Errorf("%v, want %d", v, want)
			}
		}
		return s.asked.Load() - before
	}
	if n := ask(10, passpolicy.Unchecked); n != 3 {
		t.Errorf("a failing service was asked %d times, want 3", n)
	}
	c.advance(31 * time.Second)
	if n := ask(10, passpolicy.Unchecked); n != 1 {
		t.Errorf("after the pause it was asked %d times, want once", n)
	}
	c.advance(31 * time.Second)
	s.recovers()
	if n := ask(10, 0); n != 10 {
		t.Errorf("once it answered, it was asked %d times of 10", n)
	}
}

func TestFailuresAreNotRemembered(t *testing.T) {
	t.Parallel()
	s := newService(t, map[string]int{"password123": 37})
	s.answers(unavailable)
	p := passpolicy.New(strict(s), s.Client(), fixed)
	if v := violation(t, p, "password123"); kind(v) != passpolicy.Unchecked {
		t.Errorf("%v, want Unchecked", v)
	}
	s.recovers()
	if v := violation(t, p, "password123"); kind(v) != passpolicy.Breached {
		t.Errorf("%v, want Breached", v)
	}
}
