package wire

import (
	"crypto/sha1" // the protocol of the look-up asks for it
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// breached are the passwords that the look-up knows, with their counts.
var breached = map[string]int{"password123": 37, "qwertyuiop": 5}

// newBreachLookup serves GET /range/<5 hex> until the test ends and returns the URL before /range.
func newBreachLookup(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /range/{prefix}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "0000000000000000000000000000000000A:1\r\n")
		for password, count := range breached {
			sum := fmt.Sprintf("%X", sha1.Sum([]byte(password)))
			if rest, ok := strings.CutPrefix(sum, r.PathValue("prefix")); ok && len(r.PathValue("prefix")) == 5 {
				fmt.Fprintf(w, "%s:%d\r\n", rest, count)
			}
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// unreachable is a URL where nothing listens.
func unreachable(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

func TestTheBreachLookupKnowsTwoPasswords(t *testing.T) {
	t.Parallel()
	url := newBreachLookup(t)
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	for prefix, want := range map[string]string{
		"CBFDA": "C6008F9CAB4083784CBD1874F76618D2A97:37", // password123
		"00000": "0000000000000000000000000000000000A:1",
		"B0399": "D2029F64D445BD131FFAA399A42D2F8E7DC:5", // qwertyuiop
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/range/"+prefix, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: got %q (%v), want %s in it", prefix, body, err, want)
		}
	}
}
