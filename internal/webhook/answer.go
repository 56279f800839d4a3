package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/traits"
)

// refusal is the answer of a program that refuses the step.
type refusal struct {
	Messages []struct {
		Pointer  string `json:"instance_ptr"`
		Messages []struct {
			ID      int            `json:"id"`
			Text    string         `json:"text"`
			Type    string         `json:"type"`
			Context map[string]any `json:"context"`
		} `json:"messages"`
	} `json:"messages"`
}

// change is the answer of a program that lets the step go on.
type change struct {
	Identity *struct {
		Traits         json.RawMessage `json:"traits"`
		SchemaID       *string         `json:"schema_id"`
		State          *string         `json:"state"`
		MetadataPublic json.RawMessage `json:"metadata_public"`
		MetadataAdmin  json.RawMessage `json:"metadata_admin"`
		ExternalID     *string         `json:"external_id"`
		Verifiable     []struct {
			Value    string `json:"value"`
			Via      string `json:"via"`
			Verified bool   `json:"verified"`
		} `json:"verifiable_addresses"`
	} `json:"identity"`
}

// read tells what an answer below 500 means.
func (h *Hook) read(status int, answer []byte) (*flow.IdentityChange, error) {
	good := status >= 200 && status < 300 || status == http.StatusNotModified
	switch {
	case !h.config.Parse && good, h.config.Parse && good && status != http.StatusOK:
		return nil, nil
	case !h.config.Parse || status < 400 && !good:
		return nil, upstream(fmt.Sprintf("webhook failed with status code %d", status), nil)
	case status >= 400:
		return nil, readRefusal(answer)
	}
	var made change
	if err := json.Unmarshal(answer, &made); err != nil {
		return nil, unreadable(err)
	}
	i := made.Identity
	if i == nil {
		return nil, nil
	}
	for _, metadata := range []json.RawMessage{i.MetadataPublic, i.MetadataAdmin} {
		if _, err := traits.Object(metadata); err != nil {
			return nil, upstream("webhook response has metadata that are not taken: they "+err.Error()+"; null stands for none", nil)
		}
	}
	out := &flow.IdentityChange{
		Traits: given(i.Traits), SchemaID: i.SchemaID, State: i.State, MetadataPublic: i.MetadataPublic, MetadataAdmin: i.MetadataAdmin, ExternalID: i.ExternalID,
	}
	for _, a := range i.Verifiable {
		out.Proven = append(out.Proven, flow.ProvenAddress{Via: a.Via, Value: a.Value, Verified: a.Verified})
	}
	return out, nil
}

// unreadable says in v26's words why an answer can't be read.
func unreadable(err error) error {
	why := err.Error()
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		why = "a member has a value of the wrong type" // the error names types of ours
	}
	return upstream("webhook response could not be unmarshalled properly from JSON: "+why, nil)
}

// given is a JSON object, nil for anything else.
func given(raw json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(raw)) == 0 || bytes.TrimSpace(raw)[0] != '{' {
		return nil
	}
	return raw
}

// maxMessages bounds what a program says on a form.
const maxMessages = 50

func readRefusal(answer []byte) error {
	var said refusal
	if err := json.NewDecoder(bytes.NewReader(answer)).Decode(&said); err != nil {
		return unreadable(err)
	}
	rejected := &flow.Rejected{Cause: errors.New("a web hook refused it")}
	for _, at := range said.Messages {
		for _, m := range at.Messages {
			kind := "error"
			if m.Type != "error" && m.Type != "" {
				kind = "info"
			}
			rejected.Messages = append(rejected.Messages, flow.FieldMessage{Field: field(at.Pointer), Message: flow.Said(m.ID, kind, m.Text, m.Context)})
		}
	}
	if len(rejected.Messages) == 0 || len(rejected.Messages) > maxMessages {
		return upstream("error while parsing webhook response: got no validation errors", nil)
	}
	return rejected
}

// field is the input that a JSON pointer (RFC 6901, 6) names, empty for the form as a whole.
func field(pointer string) string {
	path := strings.Trim(strings.TrimPrefix(pointer, "#"), "/")
	return strings.NewReplacer("/", ".", "~1", "/", "~0", "~").Replace(path)
}
