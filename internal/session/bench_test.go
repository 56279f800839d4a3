package session_test

import "testing"

// A check from memory, alone and on all processors.

func BenchmarkCheck(b *testing.B) {
	w := newWorld(b)
	_, token := w.signIn(b, w.identity(b, "a@example.org"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Check(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckInParallel(b *testing.B) {
	w := newWorld(b)
	_, token := w.signIn(b, w.identity(b, "a@example.org"))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.Check(b.Context(), token); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkCheckStorage is what a check costs that memory does not answer.
func BenchmarkCheckStorage(b *testing.B) {
	w := newWorld(b)
	issued, token := w.signIn(b, w.identity(b, "a@example.org"))
	b.ReportAllocs()
	for b.Loop() {
		w.Invalidate(b.Context(), issued.IdentityID)
		if _, err := w.Check(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
