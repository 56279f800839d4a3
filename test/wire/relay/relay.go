package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

var (
	starts  = regexp.MustCompile(`^/self-service/(?:login|registration)/(?:api|browser)$`)
	browser = regexp.MustCompile(`^/self-service/[a-z]+/browser$`)
	submits = regexp.MustCompile(`^/self-service/(?:login|registration)/methods/[a-z]+$`)
)

// flows is what the relay remembers of both listeners.
type flows struct {
	mu      sync.Mutex
	start   map[string]string // the path and query that started a flow, by its id
	ended   map[string]bool   // by id
	current map[string]string // the id that stands for an older one
}

func newFlows() *flows {
	return &flows{start: map[string]string{}, ended: map[string]bool{}, current: map[string]string{}}
}

// standsFor is the id that the server knows a flow by.
func (f *flows) standsFor(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if newer, ok := f.current[id]; ok {
		return newer
	}
	return id
}

// relay passes requests to the server at target.
type relay struct {
	target *url.URL
	flows  *flows
	proxy  *httputil.ReverseProxy
	client *http.Client
}

// newRelay passes requests to the server at a base URL.
func newRelay(base string, f *flows) *relay {
	target, err := url.Parse(base)
	if err != nil {
		panic(err) // of our own making
	}
	transport := &http.Transport{DisableCompression: true}
	r := &relay{target: target, flows: f, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	r.proxy = &httputil.ReverseProxy{Transport: transport, Rewrite: r.rewrite, ModifyResponse: r.note}
	return r
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id := req.URL.Query().Get("flow")
	if req.Method == http.MethodPost && submits.MatchString(req.URL.Path) && r.hasEnded(id) {
		if err := r.restart(req, id); err != nil {
			http.Error(w, "relay: start the flow again: "+err.Error(), http.StatusBadGateway)
			return
		}
	}
	r.proxy.ServeHTTP(w, req)
}

// hasEnded tells whether a flow, or the one that stands for it, was submitted with success.
func (r *relay) hasEnded(id string) bool {
	current := r.flows.standsFor(id)
	r.flows.mu.Lock()
	defer r.flows.mu.Unlock()
	return r.flows.ended[current]
}

// restart starts a flow as the ended one was started, without the session of the request.
func (r *relay) restart(submit *http.Request, id string) error {
	r.flows.mu.Lock()
	start := r.flows.start[id]
	r.flows.mu.Unlock()
	req, err := http.NewRequestWithContext(submit.Context(), http.MethodGet, r.target.String()+start, nil)
	if err != nil {
		return err
	}
	req.Host = submit.Host
	if cookie, err := submit.Cookie("csrf_token"); err == nil {
		req.Header.Set("Cookie", "csrf_token="+cookie.Value)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer discard(resp.Body)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	fresh := startedFlow(resp, body)
	if fresh == "" {
		return fmt.Errorf("%s answers %d", start, resp.StatusCode)
	}
	r.flows.mu.Lock()
	defer r.flows.mu.Unlock()
	r.flows.current[id] = fresh
	return nil
}

// startedFlow is the id of the flow that an answer to a start names.
func startedFlow(resp *http.Response, body []byte) string {
	var flow struct {
		ID string `json:"id"`
	}
	if resp.StatusCode == http.StatusOK && json.Unmarshal(body, &flow) == nil {
		return flow.ID
	}
	if location, err := resp.Location(); err == nil {
		return location.Query().Get("flow")
	}
	return ""
}

// rewrite addresses a request to the server, with the id that it knows.
func (r *relay) rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = r.target.Scheme, r.target.Host, p.In.Host
	for name, values := range p.In.Header {
		if strings.HasPrefix(name, "X-Forwarded-") {
			p.Out.Header[name] = values
		}
	}
	for _, name := range []string{"flow", "id"} {
		if id := p.In.URL.Query().Get(name); id != "" {
			p.Out.URL.RawQuery = strings.ReplaceAll(p.Out.URL.RawQuery, id, r.flows.standsFor(id))
		}
	}
}

// note remembers flows that start and end, and writes the old id where the server wrote the one that stands for it.
func (r *relay) note(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	sent := resp.Request.URL
	if browser.MatchString(sent.Path) && sent.Query().Has("return_to") && strings.Contains(resp.Header.Get("Location"), "error=") {
		if body, err = r.startWithoutReturn(resp, body); err != nil {
			return err
		}
	}
	r.flows.mu.Lock()
	defer r.flows.mu.Unlock()
	if starts.MatchString(sent.Path) {
		r.flows.start[startedFlow(resp, body)] = sent.RequestURI()
	}
	if submits.MatchString(sent.Path) && succeeded(resp) {
		r.flows.ended[sent.Query().Get("flow")] = true
	}
	for old, fresh := range r.flows.current {
		body = bytes.ReplaceAll(body, []byte(fresh), []byte(old))
		for _, values := range resp.Header {
			for i := range values {
				values[i] = strings.ReplaceAll(values[i], fresh, old)
			}
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.Header.Get("Content-Length") != "" && resp.Request.Method != http.MethodHead {
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return nil
}

// startWithoutReturn leads a browser to a flow where its start was refused for the return_to (decision 6). Where there is no flow to
// lead to, for the browser is signed in, the refusal stays.
func (r *relay) startWithoutReturn(resp *http.Response, body []byte) ([]byte, error) {
	refused := resp.Request
	req, err := http.NewRequestWithContext(refused.Context(), http.MethodGet, r.target.String()+refused.URL.Path, nil)
	if err != nil {
		return nil, err
	}
	req.Host = refused.Host
	for _, cookie := range append(refused.Cookies(), resp.Cookies()...) {
		req.AddCookie(cookie)
	}
	again, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	discard(again.Body)
	if location := again.Header.Get("Location"); strings.Contains(location, "flow=") {
		body = bytes.ReplaceAll(body, []byte(resp.Header.Get("Location")), []byte(location))
		resp.Header.Set("Location", location)
	}
	return body, nil
}

// succeeded tells whether a submission ended its flow: by an answer that is not a flow, or a redirect to neither a form nor an error.
func succeeded(resp *http.Response) bool {
	location := resp.Header.Get("Location")
	return resp.StatusCode == http.StatusOK ||
		resp.StatusCode == http.StatusFound && !strings.Contains(location, "flow=") && !strings.Contains(location, "error=")
}
