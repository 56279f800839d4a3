package storetest

import (
	"slices"
	"testing"
)

// test is one behaviour, named as a sentence.
type test struct {
	name string
	run  func(*testing.T, Store)
}

// Run checks every method of a storage. open returns an empty one; it is called
// once for each test, and the tests run in parallel.
func Run(t *testing.T, open func(testing.TB) Store) {
	t.Helper()
	all := slices.Concat(
		flowTests(), identityTests(), listTests(), uniqueTests(), versionTests(),
		addressTests(), credentialTests(), sessionTests(), errorTests(), transactionTests(),
		messageTests(), messageClaimTests(), signOutTests(), eventTests(), deletionTests(), searchTests(),
	)
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}
