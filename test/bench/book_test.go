package main

import (
	"strings"
	"testing"
)

func TestBookTable(t *testing.T) {
	t.Parallel()
	servers := []*peer{{Name: "ours"}, {Name: "theirs"}}
	turns := []turn{
		{Server: "ours", What: "session check", Rate: 100, Micros: 30},
		{Server: "ours", What: "session check", Rate: 300, Micros: 10},
		{Server: "ours", What: "session check", Rate: 200, Micros: 20},
		{Server: "theirs", What: "session check", Failure: "a\nb|c"},
	}
	got := bookTable(peers{Passes: 1, KiB: 16384}, servers, turns)
	for _, want := range []string{"16384 KiB, 1 passes", "| ours | theirs |", "| session check | 200 (20 µs) | failed: a b/c |"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestPeers_check(t *testing.T) {
	t.Parallel()
	good := peer{Name: "a", Command: []string{"b"}, Public: "127.0.0.1:1", Wire: "v1"}
	if err := (&peers{Passes: 1, KiB: 8, Peers: []peer{good}}).check(); err != nil {
		t.Error(err)
	}
	noWire, noCommand := good, good
	noWire.Wire, noCommand.Command = "v2", nil
	for name, p := range map[string]peers{
		"no cost": {Peers: []peer{good}}, "no wire": {Passes: 1, KiB: 8, Peers: []peer{noWire}}, "no command": {Passes: 1, KiB: 8, Peers: []peer{noCommand}},
	} {
		if p.check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
