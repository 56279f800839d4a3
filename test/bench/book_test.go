package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
