//go:build race

package passhash_test

// raceDetector says that memory is not what it will be in production.
const raceDetector = true
