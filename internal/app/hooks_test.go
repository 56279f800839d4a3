package app

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/webhook"
)

// A program that needs as long as a call may take is called once, not again while it works.
func TestHookCall_patience(t *testing.T) {
	t.Parallel()
	guard, err := netguard.New(netguard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a := &composition{base: &base{log: slog.New(slog.DiscardHandler)}, config: &config.Config{}}
	_, client, err := a.hookCall(guard, "hook", "", config.HTTPRequest{URL: "https://app.example.org/", Method: http.MethodPost})
	if err != nil {
		t.Fatal(err)
	}
	if waits := client.Transport.(*http.Transport).ResponseHeaderTimeout; waits < webhook.MaxTime {
		t.Errorf("an answer has %s to begin", waits)
	}
}
