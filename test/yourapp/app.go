package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// guard knows where Symbolon and this app are, as browsers reach them.
type guard struct {
	symbolon, self string
	client         http.Client
}

type session struct {
	Identity struct {
		ID     string `json:"id"`
		Traits struct {
			Email string `json:"email"`
		} `json:"traits"`
	} `json:"identity"`
}

// whoami asks Symbolon with the cookies of the visitor; ok is false for a stranger.
func (g guard) whoami(r *http.Request) (s session, ok bool, err error) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, g.symbolon+"/sessions/whoami", nil)
	if err != nil {
		return s, false, err
	}
	ask.Header.Set("Cookie", r.Header.Get("Cookie"))
	answer, err := g.client.Do(ask)
	if err != nil {
		return s, false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return s, false, nil
	}
	return s, true, json.NewDecoder(answer.Body).Decode(&s)
}

// signedIn lets a page through to people who are signed in, and leads others there and back.
func (g guard) signedIn(page func(http.ResponseWriter, *http.Request, session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, ok, err := g.whoami(r)
		switch {
		case err != nil:
			http.Error(w, "Please try again in a moment.", http.StatusBadGateway)
		case !ok:
			back := url.Values{"return_to": {g.self + r.URL.RequestURI()}}
			http.Redirect(w, r, g.symbolon+"/self-service/login/browser?"+back.Encode(), http.StatusFound)
		default:
			page(w, r, s)
		}
	}
}

func (g guard) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", g.signedIn(func(w http.ResponseWriter, _ *http.Request, s session) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "Hello %s", s.Identity.Traits.Email)
	}))
	mux.Handle("GET /logout", http.RedirectHandler(g.symbolon+"/self-service/browser/flows/logout", http.StatusFound))
	return mux
}

func main() {
	g := guard{symbolon: "http://127.0.0.1:4433", self: "http://127.0.0.1:3000", client: http.Client{Timeout: 5 * time.Second}}
	if err := http.ListenAndServe("127.0.0.1:3000", g.routes()); err != nil {
		panic(err)
	}
}
