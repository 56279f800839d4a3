package authentik

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// What is held does not grow with the file.
func TestUsers_memory(t *testing.T) { //nolint:paralleltest // the memory of others would be measured, too
	few, many := held(t, 500), held(t, 5_000)
	if most := 2 << 20; many > few+most {
		t.Errorf("%d bytes with 5,000 users, %d with 500", many, few)
	}
}

// held reads that many users, each before its authenticator app and its link, and returns the bytes that are held at the first and at the last.
func held(t *testing.T, count int) (most int) {
	t.Helper()
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, `[{"model":"authentik_core.source","pk":"s1","fields":{"slug":"google"}}`)
		for n := range count {
			_, _ = fmt.Fprintf(w, `,{"model":"authentik_core.user","pk":%d,"fields":{"username":"u%d","uuid":"00000000-0000-4000-8000-%012d","name":%q}}`, n+1, n, n, strings.Repeat("x", 200))
		}
		for n := range count {
			_, _ = fmt.Fprintf(w, `,{"model":"authentik_stages_authenticator_totp.totpdevice","pk":%d,"fields":{"user":["u%d"],"confirmed":true,"key":"31"}},
 {"model":"authentik_core.usersourceconnection","pk":%d,"fields":{"user":%d,"source":"s1","identifier":"%d"}}`, n, n, n, n+1, n)
		}
		_, _ = io.WriteString(w, "]")
		_ = w.Close()
	}()
	before, n := live(), 0
	for u, err := range usersOf(t, r) {
		if err != nil || u.TOTP == "" || len(u.Links) != 1 {
			t.Fatalf("%+v, %v", u, err)
		}
		if n++; n == 1 || n == count {
			most = max(most, live()-before)
		}
	}
	if n != count {
		t.Errorf("%d users of %d", n, count)
	}
	return most
}

// live is how many bytes of the heap are in use.
func live() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
