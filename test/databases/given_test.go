//go:build unix

package databases

import (
	"errors"
	"testing"

	"github.com/symbolon/symbolon/internal/store/storetest"
)

func TestAServerThatRunsAlreadyIsUsed(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{postgres(), mariadb()} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			running := shared(t, k.name)
			s, err := given(k, running.admin)
			if err != nil || s.port != running.port {
				t.Fatalf("%+v, %v", s, err)
			}
			storetest.OpenDSN(t, s.DSN(t))
		})
	}
}

func TestAServerThatIsNotInstalledIsToldFromOneThatFails(t *testing.T) {
	t.Parallel()
	absent := postgres()
	absent.program = "no-such-server"
	if _, err := launch(absent, false); !errors.Is(err, errMissing) {
		t.Errorf("absent: %v", err)
	}
	broken := postgres()
	broken.prepare = func(string, int) []string { return []string{"initdb", "--no-such-option"} }
	if _, err := launch(broken, false); err == nil || errors.Is(err, errMissing) {
		t.Errorf("broken: %v", err)
	}
}
