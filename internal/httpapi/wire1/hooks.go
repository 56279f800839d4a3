package wire1

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
)

// HookShapes writes what web hooks are shown: the shapes of this wire, whichever wire the flow
// is on.
type HookShapes struct{ renderer *Renderer }

// NewHookShapes returns the shapes. base is the public URL.
func NewHookShapes(base *url.URL) HookShapes { return HookShapes{NewRenderer(base)} }

// Context is what a hook is shown of a call: the members flow, identity and session. The
// metadata for operators is not among them.
func (h HookShapes) Context(c flow.HookCall) (map[string]any, error) {
	shown, err := asObject(h.renderer.flow(c.Flow, c.Identity, view{active: c.Flow.Active}))
	if err != nil {
		return nil, err
	}
	out := map[string]any{"flow": shown}
	if c.Identity != nil && !c.Before {
		if out["identity"], err = asObject(h.renderer.identity(c.Identity)); err != nil {
			return nil, err
		}
	}
	if c.Session != nil {
		shown, err := asObject(h.renderer.session(c.Session))
		if err != nil {
			return nil, err
		}
		if c.Session.ID == "" { // it is not stored yet
			delete(shown, "id")
		}
		out["session"] = shown
	}
	return out, nil
}

// Identity returns the identity that a message is about, in the shape that templates and the programs of senders get.
func (h HookShapes) Identity(i *identity.Identity) (map[string]any, error) {
	return asObject(h.renderer.identity(i))
}

func asObject(value any) (map[string]any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("write for a hook: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("write for a hook: %w", err)
	}
	return out, nil
}

// refusedByHook reports whether a form says what a hook has to say.
func refusedByHook(f *flow.Flow) bool {
	for i := range f.Form.Groups {
		g := &f.Form.Groups[i]
		if says(g.Messages, flow.KeyHook) {
			return true
		}
		for k := range g.Nodes {
			if says(g.Nodes[k].Messages, flow.KeyHook) {
				return true
			}
		}
	}
	return false
}
