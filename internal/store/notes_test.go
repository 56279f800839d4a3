package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
)

func TestNotesAreHeardInOrderAndFoundLater(t *testing.T) {
	t.Parallel()
	onServers(t, func(p pair) {
		t, one, other := p.t, p.one, p.other
		heard := other.Changes()
		hear(t, heard, storetest.Now)
		var notes []string
		for i := range 43 { // more than are written at a time
			notes = append(notes, fmt.Sprintf("note.%02d", i))
		}
		if err := one.WriteNotes(t.Context(), notes); err != nil {
			t.Fatal(err)
		}
		if err := one.WriteNotes(t.Context(), []string{"else.1"}); err != nil {
			t.Fatal(err)
		}
		if got := hear(t, heard, storetest.Now); !slices.Equal(got, append(slices.Clone(notes), "else.1")) {
			t.Errorf("heard %v, want all notes in their order", got)
		}
		if got, err := other.Notes(t.Context(), "note.", storetest.Now.Add(-time.Second)); err != nil || !slices.EqualFunc(got, notes, func(n store.Note, text string) bool {
			return n.Text == text && n.WrittenAt.Equal(storetest.Now.Truncate(time.Microsecond))
		}) {
			t.Errorf("found %v, %v; want all notes in their order", got, err)
		}
		if got, err := other.Notes(t.Context(), "note.", storetest.Now.Add(time.Second)); err != nil || len(got) > 0 {
			t.Errorf("found %v, %v of the time after they were written", got, err)
		}
	})
}

func TestNobodyIsToldNotesOnSQLite(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := db.WriteNotes(t.Context(), []string{"note.1"}); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Notes(t.Context(), "note.", time.Time{}); err != nil || len(got) > 0 {
		t.Errorf("a file of one process keeps notes: %v, %v", got, err)
	}
}
