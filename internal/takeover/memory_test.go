package takeover_test

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store/scratch/scratchtest"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/authentik"
	"github.com/symbolon/symbolon/internal/takeover/supabase"
)

// What is held does not grow with the file, where users stand before what belongs to them.
func TestReaders_memory(t *testing.T) { //nolint:paralleltest // the memory of others would be measured, too
	const few, many = 100, 1_000
	for system, write := range map[string]func(w io.Writer, count int){
		"authentik": writeAuthentik, "authentik, a list of the API": writeAuthentikList, "supabase": writeSupabase, "auth0": writeAuth0,
	} {
		reader, _, _ := strings.Cut(system, ",")
		small, large := held(t, reader, few, write), held(t, reader, many, write)
		if large > small+1<<19 {
			t.Errorf("%s: %d bytes with %d users, %d with %d", system, large, many, small, few)
		}
	}
}

// held reads users of whom each has a second factor, a link or a hash, and returns the most bytes that are held at the end of the file and at the last user.
func held(t *testing.T, system string, count int, write func(io.Writer, int)) (most int) {
	t.Helper()
	before, n := live(), 0
	ended := make(chan int, 1)
	r := written(func(w *bufio.Writer) {
		write(w, count)
		_ = w.Flush()
		ended <- min(live(), live()) - before // meanwhile the reader comes to rest
	})
	for u, err := range withBelongings(t, system, r, count) {
		if err != nil || u.TOTP == "" && u.PasswordHash == "" {
			t.Fatalf("%s: %+v, %v", system, u, err)
		}
		if n++; n == count {
			most = live() - before
		}
	}
	if n != count {
		t.Errorf("%s: %d users of %d", system, n, count)
	}
	return max(most, <-ended)
}

// withBelongings reads users; the hashes of those of Auth0 are in another file.
func withBelongings(t *testing.T, system string, r io.Reader, count int) iter.Seq2[takeover.User, error] {
	t.Helper()
	if system != "auth0" {
		return readers()[system](r)
	}
	hashes := scratchtest.New(t)
	file := written(func(w *bufio.Writer) {
		for n := range count {
			fmt.Fprintf(w, `{"user_id":"auth0|%d","passwordHash":%q}`+"\n", n, strings.Repeat("x", 1_000))
		}
	})
	if err := auth0.Hashes(file, hashes); err != nil {
		t.Fatal(err)
	}
	return auth0.Users(r, hashes)
}

// written is a file that is written while it is read.
func written(write func(*bufio.Writer)) io.Reader {
	r, w := io.Pipe()
	go func() {
		buffered := bufio.NewWriter(w)
		write(buffered)
		_ = w.CloseWithError(buffered.Flush())
	}()
	return r
}

// broken is a scratch that fails when it is read from.
type broken struct {
	takeover.Scratch
	err error
}

func (b *broken) Err() error { return b.err }

func (b *broken) First(table, key string) ([]byte, bool) {
	b.err = io.ErrShortWrite
	return b.Scratch.First(table, key)
}

func (b *broken) Take(string, string) [][]byte {
	b.err = io.ErrShortWrite
	return nil
}

func (b *broken) Values(string, string) [][]byte {
	b.err = io.ErrShortWrite
	return nil
}

// A user whose second factor or hash could not be read again is not taken without it.
func TestReaders_brokenScratch(t *testing.T) {
	t.Parallel()
	for system, users := range map[string]func(*broken) iter.Seq2[takeover.User, error]{
		"authentik": func(s *broken) iter.Seq2[takeover.User, error] {
			return authentik.Users(strings.NewReader(`[{"model":"authentik_core.user","pk":1,"fields":{"username":"a"}}]`), s)
		},
		"supabase": func(s *broken) iter.Seq2[takeover.User, error] {
			return supabase.Users(strings.NewReader(`[{"id":"1"}]`), time.Unix(0, 0), s)
		},
		"auth0": func(s *broken) iter.Seq2[takeover.User, error] {
			return auth0.Users(strings.NewReader(`{"user_id":"auth0|1"}`), s)
		},
	} {
		if good, faults := read(users(&broken{Scratch: scratchtest.New(t)})); len(good) > 0 || len(faults) != 1 || faults[0] != ": short write" {
			t.Errorf("%s: %+v, %q", system, good, faults)
		}
	}
}

// live is how many bytes of the heap are in use.
func live() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func writeAuthentik(w io.Writer, count int) {
	_, _ = io.WriteString(w, `[{"model":"authentik_core.source","pk":"s1","fields":{"slug":"google"}}`)
	for n := range count {
		_, _ = fmt.Fprintf(w, `,{"model":"authentik_core.user","pk":%d,"fields":{"username":"u%d","uuid":"00000000-0000-4000-8000-%012d","name":%q}}`, n+1, n, n, strings.Repeat("x", 1_000))
	}
	for n := range count {
		_, _ = fmt.Fprintf(w, `,{"model":"authentik_stages_authenticator_totp.totpdevice","pk":%d,"fields":{"user":["u%d"],"confirmed":true,"key":"31"}},
 {"model":"authentik_core.usersourceconnection","pk":%d,"fields":{"user":%d,"source":"s1","identifier":"%d"}}`, n, n, n, n+1, n)
	}
	_, _ = io.WriteString(w, "]")
}

func writeAuthentikList(w io.Writer, count int) {
	_, _ = io.WriteString(w, `{"pagination":{"next":0},"results":[{"pk":0,"username":"u","password":"x"}`)
	for n := 1; n < count; n++ {
		_, _ = fmt.Fprintf(w, `,{"pk":%d,"username":"u%d","password":"x","name":%q}`, n, n, strings.Repeat("x", 1_000))
	}
	_, _ = io.WriteString(w, "]}")
}

func writeSupabase(w io.Writer, count int) {
	_, _ = io.WriteString(w, `{"users":[{"id":"0"}`)
	for n := 1; n < count; n++ {
		_, _ = fmt.Fprintf(w, `,{"id":"%d","raw_user_meta_data":{"name":%q}}`, n, strings.Repeat("x", 1_000))
	}
	_, _ = io.WriteString(w, `],"identities":null,"mfa_factors":[{"user_id":"0","factor_type":"totp","status":"verified","secret":"AB"}`)
	for n := 1; n < count; n++ {
		_, _ = fmt.Fprintf(w, `,{"user_id":"%d","factor_type":"totp","status":"verified","secret":"AB"}`, n)
	}
	_, _ = io.WriteString(w, "]}")
}

func writeAuth0(w io.Writer, count int) {
	for n := range count {
		_, _ = fmt.Fprintf(w, `{"user_id":"auth0|%d"}`+"\n", n)
	}
}
