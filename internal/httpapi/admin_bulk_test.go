package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/symbolon/symbolon/internal/errs"
)

// An import waits until one of those that are running has ended, and not for ever.
func TestImportIdentities_atOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mount{Server: &Server{imports: semaphore.NewWeighted(maxImports)}}
		try := func(ctx context.Context) error {
			r := httptest.NewRequestWithContext(ctx, http.MethodPatch, "/identities", strings.NewReader(`{"identities":[]}`))
			r.Header.Set("Content-Type", "application/json")
			return m.importIdentities(httptest.NewRecorder(), r)
		}
		if !m.imports.TryAcquire(maxImports) {
			t.Fatal("there is no room for the imports of the test")
		}
		began := time.Now()
		known, ok := errors.AsType[*errs.Error](try(t.Context()))
		if !ok || known.Code != errs.Unavailable || known.RetryAfter == 0 || time.Since(began) != importWait {
			t.Errorf("beside %d others: %v after %s", maxImports, known, time.Since(began))
		}
		time.AfterFunc(time.Second, func() { m.imports.Release(1) })
		if err := try(t.Context()); err != nil {
			t.Errorf("once another has ended: %v", err)
		}
		m.imports.Release(maxImports - 1)
		if !m.imports.TryAcquire(maxImports) {
			t.Error("an import that has ended still counts")
		}
	})
}
