package wire

import (
	"flag"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	only   = flag.String("only", "", "report the differences of exchanges whose name matches this expression only")
	update = flag.Bool("update", false, "write intended.txt from the rules, after a whole replay")
)

// TestReplay plays every run of the recording against a server of its own.
func TestReplay(t *testing.T) {
	t.Parallel()
	names, entries := runs(t)
	s := &session{
		rules: newRules(), mail: newMailRules(), missing: newMissing(), detours: newDetours(), shown: regexp.MustCompile(*only),
		onPurpose: map[string][]*rule{}, ended: &rule{source: "decision 2", reason: "the flow has ended", masked: true},
	}
	t.Run("runs", func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s.play(t, entries[name])
			})
		}
	})
	if s.played == len(names) { // and not some of them, by -run
		s.checkRules(t)
		s.checkIntended(t)
	}
}

// session is one replay of all runs.
type session struct {
	rules   []*rule
	mail    []*mailRule
	missing []*rule
	detours []detour
	ended   *rule
	shown   *regexp.Regexp

	mu        sync.Mutex
	played    int
	onPurpose map[string][]*rule // by name of the exchange
}

// play plays one run.
func (s *session) play(t *testing.T, entries []entry) {
	t.Helper()
	p := newPlayer(t, entries[0].Config, s.rules, s.mail)
	for len(entries) > 0 {
		e := entries[0]
		s.detour(t, p, e)
		switch {
		case isMissing(s.missing, e) != nil:
			s.note(e, isMissing(s.missing, e))
		case e.Kind == kindMail:
			n := slices.IndexFunc(entries, func(e entry) bool { return e.Kind != kindMail })
			p.mails(t, entries[:max(n, 1)])
			entries = entries[max(n, 1)-1:]
		default:
			result := p.exchange(t, e)
			s.note(e, result.rules...)
			if result.restarted {
				s.note(e, s.ended)
			}
			if len(result.differences) > 0 && s.shown.MatchString(e.Name) {
				t.Errorf("%s (%s %s):\n  %s", e.Name, e.Request.Method, e.Request.Path, strings.Join(result.differences, "\n  "))
			}
		}
		entries = entries[1:]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played++
}

// detour leaves the recording where an exchange needs another state than this server has, on purpose.
func (s *session) detour(t *testing.T, p *player, e entry) {
	t.Helper()
	for _, d := range s.detours {
		if d.names.MatchString(e.Name) {
			s.note(e, d.rule)
		}
		if d.before == e.Name {
			if err := d.take(t, p); err != nil {
				t.Errorf("before %s: %v", e.Name, err)
			}
		}
	}
}

// note keeps that an exchange is answered otherwise on purpose.
func (s *session) note(e entry, rules ...*rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rules {
		r.applied.Store(true)
		if !e.Setup && e.Kind != kindMail && !slices.Contains(s.onPurpose[e.Name], r) {
			s.onPurpose[e.Name] = append(s.onPurpose[e.Name], r)
		}
	}
}

// checkRules fails for rules that say nothing any more.
func (s *session) checkRules(t *testing.T) {
	t.Helper()
	all := slices.Concat(s.rules, s.missing)
	for _, d := range s.detours {
		all = append(all, d.rule)
	}
	for _, r := range all {
		if !r.applied.Load() {
			t.Errorf("the rule %q (%s) changes no answer: it is out of date", r.reason, r.source)
		}
	}
	for _, r := range s.mail {
		if n := r.applied.Load(); n == 0 || n < r.count {
			t.Errorf("the rule on mail %q (%s, %s) applies to %d of %d mails: it is out of date", r.reason, r.source, r.instead, n, r.count)
		}
	}
}

// checkIntended compares intended.txt with the rules.
func (s *session) checkIntended(t *testing.T) {
	t.Helper()
	want := map[string]string{}
	all, err := recording()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		rules := slices.DeleteFunc(slices.Clone(s.onPurpose[e.Name]), func(r *rule) bool { return r.masked })
		for _, r := range programRules() {
			if !e.Setup && r.names.MatchString(e.Name) {
				rules = append(rules, r)
			}
		}
		if len(rules) > 0 && !neverCompared.MatchString(e.Name) {
			want[e.Name] = reasons(rules)
		}
	}
	if *update {
		if err := writeIntended(want); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, readIntended(t)); diff != "" {
		t.Errorf("%s does not say what the rules say; -update writes it (-rules +file):\n%s", intendedFile, diff)
	}
}

// reasons joins what rules say, their sources at the end.
func reasons(rules []*rule) string {
	said, sources := map[string]bool{}, map[string]bool{}
	for _, r := range rules {
		said[r.reason] = true
		for source := range strings.SplitSeq(r.source, ", ") {
			sources[source] = true
		}
	}
	join := func(set map[string]bool, by string) string { return strings.Join(slices.Sorted(maps.Keys(set)), by) }
	return join(said, "; ") + " (" + join(sources, ", ") + ")"
}
