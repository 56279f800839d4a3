package wire

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

const recordingDir = "testdata/replay"

// entry is one line of the recording: an exchange or a mail.
type entry struct {
	Kind   string `json:"kind"`
	Run    string `json:"run"`
	Config string `json:"config"`
	Name   string `json:"name"`
	// Setup marks an exchange that only prepares state.
	Setup bool `json:"setup"`
	// Unstable marks an answer that the original itself gives differently from run to run: its status counts, its body does not.
	Unstable bool `json:"unstable"`
	// ReusesUsedFlow marks a submission to a flow that has already succeeded.
	ReusesUsedFlow bool     `json:"reuses_used_flow"`
	WaitMS         int      `json:"wait_ms"`
	Request        request  `json:"request"`
	Response       response `json:"response"`

	// Of mails only.
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Link    string   `json:"link"`
}

type request struct {
	Method  string            `json:"method"`
	API     string            `json:"api"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Form    [][2]string       `json:"form"`
	Body    string            `json:"body"`
}

type response struct {
	Status  int         `json:"status"`
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
}

const kindMail = "mail"

// recording reads all entries once.
var recording = sync.OnceValues(func() ([]entry, error) {
	f, err := os.Open(filepath.Join(recordingDir, "replay.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, lines.Err()
})

// runs groups the recording by run, in order.
func runs(t *testing.T) (names []string, entries map[string][]entry) {
	t.Helper()
	all, err := recording()
	if err != nil {
		t.Fatal(err)
	}
	entries = map[string][]entry{}
	for _, e := range all {
		if !slices.Contains(names, e.Run) {
			names = append(names, e.Run)
		}
		entries[e.Run] = append(entries[e.Run], e)
	}
	return names, entries
}

func TestTheRecordingIsComplete(t *testing.T) {
	t.Parallel()
	names, entries := runs(t)
	var named, setup, mails int
	for _, run := range entries {
		for _, e := range run {
			switch {
			case e.Kind == kindMail:
				mails++
			case e.Setup:
				setup++
			default:
				named++
			}
		}
	}
	if len(names) != 18 || named != 666 || setup != 221 || mails != 48 {
		t.Errorf("%d runs, %d exchanges, %d of set-up, %d mails; want 18, 666, 221, 48", len(names), named, setup, mails)
	}
}
