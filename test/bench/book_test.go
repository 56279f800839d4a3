package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBookTable(t *testing.T) {
	t.Parallel()
	servers := []*peer{{Name: "ours"}, {Name: "theirs"}}
	turns := []turn{
		{Server: "ours", What: "session check", Rate: 100, Micros: 30},
		{Server: "ours", What: "session check", Rate: 300, Micros: 10},
		{Server: "ours", What: "session check", Rate: 200, Micros: 20},
		{Server: "theirs", What: "session check", Failure: "a\nb|c"},
		{Server: "ours", What: "login flow created", Rate: 100, Micros: 30},
		{Server: "ours", What: "login flow created", Failure: "a"},
	}
	got := bookTable(peers{Passes: 1, KiB: 16384}, servers, turns)
	for _, want := range []string{"16384 KiB, 1 passes", "| ours | theirs |", "| session check | 200 (20 µs) | failed: a b/c |", "| login flow created | 100 (30 µs), 1 of 2 failed |"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// A turn without a figure says why, and the others are written nevertheless.
func TestTurn_note(t *testing.T) {
	t.Parallel()
	turns := make([]turn, 3)
	turns[0].note(50, time.Second, 2*time.Second)
	turns[1].note(0, time.Second, 2*time.Second)
	turns[2].note(50, -time.Second, 2*time.Second) // a process that is gone has used nothing
	if one := turns[0]; one.Rate != 50 || one.Micros != 10_000 || one.Failure != "" {
		t.Errorf("got %+v", one)
	}
	for _, one := range turns[1:] {
		if one.Failure == "" || one.Micros != 0 || one.Rate != 0 {
			t.Errorf("got %+v", one)
		}
	}
	if err := writeTurns(filepath.Join(t.TempDir(), "turns"), turns); err != nil {
		t.Error(err)
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

// Servers of v0.5 take traits by the names of the form's fields, those of v1 as an object.
func TestPeer_submit(t *testing.T) {
	t.Parallel()
	for wire, sent := range map[string]struct {
		path  string
		email func(body map[string]any) any
	}{
		"v0.5": {"/self-service/registration/methods/password", func(body map[string]any) any { return body["traits.email"] }},
		"v1": {"/self-service/registration", func(body map[string]any) any {
			traits, _ := body["traits"].(map[string]any)
			return traits["email"]
		}},
	} {
		t.Run(wire, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body map[string]any
				switch {
				case r.URL.Path == "/self-service/registration/api":
					fmt.Fprint(w, `{"id":"a-flow"}`)
				case json.NewDecoder(r.Body).Decode(&body) == nil && r.URL.Path == sent.path && sent.email(body) == "a@example.org":
					fmt.Fprint(w, `{"session_token":"a-token"}`)
				default:
					http.Error(w, "the email is missing", http.StatusBadRequest)
				}
			}))
			t.Cleanup(server.Close)
			c, err := dial(server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.close)
			got, err := (&peer{Wire: wire}).submit(c, "registration", account{email: "a@example.org"})
			if err != nil || got != "a-token" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
