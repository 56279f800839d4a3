package databases_test

import (
	"testing"

	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/test/databases"
)

func TestEachTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range databases.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := databases.DSN(t, name), databases.DSN(t, name)
			if one == two {
				t.Errorf("twice %s", one)
			}
			storetest.OpenDSN(t, one)
			storetest.OpenDSN(t, two)
		})
	}
}
