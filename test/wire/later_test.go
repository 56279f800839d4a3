package wire

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// later lists what the server does not answer yet, from later.txt. It shrinks to nothing as operations are added.
type later []laterLine

type laterLine struct {
	names  *regexp.Regexp // of exchanges; of set-up, "setup.N:METHOD:api/path"; of mail, "mail:address"
	probe  string         // path on the public listener, or "admin:" and a path, that is not found as long as this holds; or "-"
	reason string
}

const laterFile = "later.txt"

func readLater(t *testing.T) later {
	t.Helper()
	raw, err := os.ReadFile(laterFile)
	if err != nil {
		t.Fatal(err)
	}
	var list later
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		names, rest, _ := strings.Cut(line, " ")
		probe, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		expression, err := regexp.Compile("^(?:" + names + ")$")
		if err != nil || strings.TrimSpace(reason) == "" {
			t.Fatalf("%s: %q is not an expression, a probe and a reason", laterFile, line)
		}
		list = append(list, laterLine{expression, probe, strings.TrimSpace(reason)})
	}
	return list
}

// covers tells whether an entry is not to be played yet.
func (l later) covers(e entry) bool {
	for _, line := range l {
		if line.names.MatchString(subject(e)) {
			return true
		}
	}
	return false
}

// subject is what later.txt knows an entry by.
func subject(e entry) string {
	switch {
	case e.Kind == kindMail:
		return "mail:" + strings.Join(e.To, ",")
	case e.Setup:
		return e.Name + ":" + e.Request.Method + ":" + e.Request.API + e.Request.Path
	}
	return e.Name
}

func TestWhatIsServedLaterIsNotServedYet(t *testing.T) {
	t.Parallel()
	list := readLater(t)
	if list == nil {
		return
	}
	all, err := recording()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t, "main", nil, nil)
	for _, line := range list {
		matches := 0
		for _, e := range all {
			if line.names.MatchString(subject(e)) {
				matches++
			}
		}
		if matches == 0 {
			t.Errorf("%s: %s matches nothing in the recording", laterFile, line.names)
		}
		if line.probe == "-" {
			continue
		}
		r := request{Method: "GET", API: "public", Path: line.probe}
		if path, ok := strings.CutPrefix(line.probe, "admin:"); ok {
			r.API, r.Path = "admin", path
		}
		got, err := p.send(t, r)
		if err != nil {
			t.Error(err)
		}
		if got.status != 404 || got.value != nil {
			t.Errorf("%s: %s answers %d: it is served now, take its line out", laterFile, line.probe, got.status)
		}
	}
}
