package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Hooks are what happens before or after a step. In files each is {hook: name}, the bare
// name, or {hook: web_hook, config: {…}}.
type Hooks []Hook

// Hook is one of them.
type Hook struct {
	Name string
	Web  *WebHook // of a web_hook; nil for all others
}

// HookWeb is the hook that calls another program.
const HookWeb = "web_hook"

// WebHook is a call of another program. The names of its settings are those of v26.
type WebHook struct {
	ID      string // for logs; may be empty
	Request HTTPRequest
	// Ignore: the flow does not wait for the answer. Parse: the answer may refuse the step and
	// change the identity.
	Ignore, Parse bool
	// Marked: the request carries the ids by which attempts of one call are told apart.
	Marked bool
}

// Names are the hooks by name.
func (h Hooks) Names() []string {
	out := make([]string, len(h))
	for i, one := range h {
		out[i] = one.Name
	}
	return out
}

// String shows a hook without its secrets, which its path, query and headers may hold.
func (h Hook) String() string {
	if h.Web == nil {
		return h.Name
	}
	text := h.Name
	if h.Web.ID != "" {
		text += " " + h.Web.ID
	}
	if u, err := url.Parse(h.Web.Request.URL.Reveal()); err == nil {
		text += " " + h.Web.Request.Method + " " + u.Scheme + "://" + u.Host
	}
	return text
}

// webHookConfig is how files write a WebHook.
type webHookConfig struct {
	ID           string            `json:"id"`
	URL          string            `json:"url"`
	Method       string            `json:"method"`
	Body         string            `json:"body"`
	Headers      map[string]string `json:"headers"`
	CanInterrupt bool              `json:"can_interrupt"`
	Response     struct {
		Ignore bool `json:"ignore"`
		Parse  bool `json:"parse"`
	} `json:"response"`
	Emit *bool `json:"emit_analytics_event"`
	Auth struct {
		Type   string `json:"type"`
		Config struct {
			User     string `json:"user"`
			Password string `json:"password"`
			Name     string `json:"name"`
			Value    string `json:"value"`
			In       string `json:"in"`
		} `json:"config"`
	} `json:"auth"`
}

// asHook reads {hook: name}, the bare name, or a web hook with its configuration.
func (n *node) asHook() (Hook, error) {
	if n.shape != object {
		name, err := n.asText()
		return Hook{Name: name}, err
	}
	f, settings := n.field("hook"), n.field("config")
	if f == nil {
		return Hook{}, errors.New("is not written {hook: name}")
	}
	name, err := f.value.asText()
	switch {
	case err != nil || name != HookWeb && len(n.fields) == 1:
		return Hook{Name: name}, err
	case name != HookWeb:
		return Hook{}, errors.New("is not written {hook: name}")
	case settings == nil:
		return Hook{}, errors.New("is a web_hook without config; write {hook: web_hook, config: {url: …, method: POST}}")
	}
	web, err := settings.value.asWebHook()
	return Hook{Name: name, Web: web}, err
}

func (n *node) asWebHook() (*WebHook, error) {
	raw, err := n.asJSON()
	if err != nil {
		return nil, err
	}
	var c webHookConfig
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		// The error may name a value, which may be a secret.
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return nil, badWebHook("with an unknown setting " + field)
		}
		return nil, badWebHook("whose config has a value of the wrong type")
	}
	web := &WebHook{
		ID: c.ID, Ignore: c.Response.Ignore, Parse: c.Response.Parse || c.CanInterrupt, Marked: c.Emit == nil || *c.Emit,
		Request: HTTPRequest{
			URL: SecretURL(c.URL), Method: strings.ToUpper(c.Method), Body: c.Body, Headers: Headers{},
			Auth: HTTPAuth{
				Type: c.Auth.Type, User: c.Auth.Config.User, Password: Secret(c.Auth.Config.Password),
				Name: c.Auth.Config.Name, Value: Secret(c.Auth.Config.Value), In: c.Auth.Config.In,
			},
		},
	}
	if strings.HasPrefix(c.Body, "/") { // as v0.7 has it
		web.Request.Body = "file://" + c.Body
	}
	for name, value := range c.Headers {
		web.Request.Headers[name] = Secret(value)
	}
	return web, web.check()
}

// badWebHook is what is wrong with a web hook.
type badWebHook string

func (e badWebHook) Error() string { return "is a web_hook " + string(e) }

// check says what is wrong with a web hook.
func (w *WebHook) check() error {
	r := w.Request
	switch {
	case !scheme("http://", "https://").ok(r.URL):
		return badWebHook("whose config.url is no http or https URL")
	case !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, r.Method):
		return badWebHook("whose config.method is none of GET, POST, PUT, PATCH, DELETE")
	case r.Body != "" && !sourceRule().ok(r.Body):
		return badWebHook("whose config.body is no file://, http://, https:// or base64:// source of a Jsonnet program")
	case w.Ignore && w.Parse:
		return badWebHook("with config.response.ignore and response.parse; keep one")
	case !slices.Contains([]string{"", "basic_auth", "api_key"}, r.Auth.Type):
		return badWebHook("whose config.auth.type is neither basic_auth nor api_key")
	case r.Auth.Type == "api_key" && (r.Auth.Name == "" || r.Auth.In != "header" && r.Auth.In != "cookie"):
		return badWebHook("whose auth of type api_key needs config.name, config.value and config.in, which is header or cookie")
	}
	return nil
}
