package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// server answers API login flows that end at success.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	var count atomic.Int64
	ended := map[string]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /self-service/login/api", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":"flow-%d","query":%q,"session":%q}`, count.Add(1), r.URL.RawQuery, r.Header.Get("X-Session-Token"))
	})
	mux.HandleFunc("POST /self-service/login/methods/password", func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("flow")
		switch {
		case ended[id]:
			http.Redirect(w, r, "http://"+r.Host+"/self-service/login/flows?id=another", http.StatusFound)
		case r.PostFormValue("password") != "right":
			http.Error(w, id+" is wrong for "+r.Header.Get("X-Forwarded-Proto"), http.StatusBadRequest)
		default:
			ended[id] = true
			fmt.Fprintf(w, "signed in by %s at %s", id, r.Host)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, h http.Handler, flow, password string) *httptest.ResponseRecorder {
	t.Helper()
	body := url.Values{"password": {password}}.Encode()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/self-service/login/methods/password?flow="+flow, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-Proto", "https")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAFlowThatHasEndedGoesOnUnderItsOldID(t *testing.T) {
	t.Parallel()
	r := newRelay(server(t).URL, newFlows())
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/self-service/login/api?refresh=true", nil))
	if want := `{"id":"flow-1","query":"refresh=true","session":""}`; w.Body.String() != want {
		t.Fatalf("started %s, want %s", w.Body, want)
	}
	steps := []struct {
		password, want string
		status         int
	}{
		{"wrong", "flow-1 is wrong for https\n", http.StatusBadRequest}, // what is no success ends nothing
		{"right", "signed in by flow-1 at example.com", http.StatusOK},
		{"right", "signed in by flow-1 at example.com", http.StatusOK}, // by flow-2, under the old id
		{"wrong", "flow-1 is wrong for https\n", http.StatusBadRequest},
		{"right", "signed in by flow-1 at example.com", http.StatusOK}, // by flow-3
	}
	for i, step := range steps {
		if w := post(t, r, "flow-1", step.password); w.Code != step.status || w.Body.String() != step.want {
			t.Errorf("step %d: %d %q, want %d %q", i, w.Code, w.Body, step.status, step.want)
		}
	}
}

func TestAFlowThatWasNeverSeenIsPassedOn(t *testing.T) {
	t.Parallel()
	r := newRelay(server(t).URL, newFlows())
	if w := post(t, r, "unknown", "right"); w.Body.String() != "signed in by unknown at example.com" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestARefusedReturnStillLeadsToAFlow(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /self-service/settings/browser", func(w http.ResponseWriter, r *http.Request) {
		to := "http://ui/settings?flow=1"
		if csrf, err := r.Cookie("csrf_token"); r.URL.Query().Has("return_to") {
			w.Header().Set("Set-Cookie", "csrf_token=c; Path=/")
			to = "http://ui/error?error=1"
		} else if err != nil || csrf.Value != "c" {
			to = "http://ui/no-cookie?flow=0"
		} else if _, err := r.Cookie("signed_in"); err == nil {
			to = "http://ui/"
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	for cookie, want := range map[string]string{"": "http://ui/settings?flow=1", "signed_in=1": "http://ui/error?error=1"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/self-service/settings/browser?return_to=x", nil)
		req.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		newRelay(s.URL, newFlows()).ServeHTTP(w, req)
		if got := w.Header().Get("Location"); got != want || w.Header().Get("Set-Cookie") == "" {
			t.Errorf("with the cookie %q led to %s (%s), want %s", cookie, got, w.Header().Get("Set-Cookie"), want)
		}
	}
}

func TestListenersMoveAndBaseURLsStay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.json")
	config := `{"dsn":"memory","serve":{"public":{"base_url":"http://p/","host":"0.0.0.0","port":14433},"admin":{"port":14434}}}`
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	moved, list, err := move(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(moved)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		DSN   string `json:"dsn"`
		Serve map[string]struct {
			BaseURL string `json:"base_url"`
			Host    string `json:"host"`
			Port    int    `json:"port"`
		} `json:"serve"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	public := got.Serve["public"]
	if got.DSN != "memory" || public.BaseURL != "http://p/" || public.Host != "127.0.0.1" {
		t.Errorf("moved to %+v", got)
	}
	if list[0] != (ports{"127.0.0.1:14433", fmt.Sprintf("127.0.0.1:%d", public.Port)}) || list[1].taken != "127.0.0.1:14434" {
		t.Errorf("ports %+v", list)
	}
	if _, _, err := move(moved + "x"); err == nil {
		t.Error("a missing file was moved")
	}
}
