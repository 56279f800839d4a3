package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
	"github.com/symbolon/symbolon/internal/message"
)

// maxBody bounds the bodies of public routes, maxIdentity those of the admin
// routes that take identities.
const (
	maxBody     = 64 << 10
	maxIdentity = 1 << 20
)

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, errs.New(errs.Invalid, "body_unreadable", "The request body could not be read to its end.").Because(err)
	}
	if int64(len(body)) > limit {
		return nil, errs.New(errs.TooLarge, "body_too_large", fmt.Sprintf("The request body is larger than %d bytes. Please send less.", limit))
	}
	return body, nil
}

// decodeSubmission turns a submission into the engine's input. What can't be
// decoded becomes a message on the form.
func decodeSubmission(r *http.Request) (flow.Input, error) {
	if r.Method != http.MethodPost {
		return broken(message.KeyBodyMethod, "method", r.Method), nil
	}
	body, err := readBody(r, maxBody)
	if err != nil {
		return flow.Input{}, err
	}
	if len(body) == 0 {
		return broken(message.KeyBodyEmpty), nil
	}
	return decodeBody(r, body), nil
}

func decodeBody(r *http.Request, body []byte) flow.Input {
	given := r.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(given)
	if err != nil {
		media = ""
	}
	switch media {
	case "application/json":
		return decodeObject(body)
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil || !validText(values) {
			return broken(message.KeyBodyMalformed, "cause", "the form is not urlencoded UTF-8 text")
		}
		return flow.FormInput(values)
	case "multipart/form-data":
		return decodeMultipart(body, params["boundary"])
	}
	return broken(message.KeyBodyUnsupported, "method", r.Method, "type", given)
}

// decodeObject decodes one JSON object, of which wire.CheckJSON refuses what two
// readers could understand differently.
func decodeObject(body []byte) flow.Input {
	if !utf8.Valid(body) {
		return broken(message.KeyBodyMalformed, "cause", "the text is not valid UTF-8")
	}
	object, err := parseObject(body)
	if errors.Is(err, errNotObject) {
		return broken(message.KeyBodyNotObject)
	}
	if err != nil {
		return broken(message.KeyBodyMalformed, "cause", err.Error())
	}
	return flow.JSONInput(object)
}

var errNotObject = errors.New("not a JSON object")

// parseObject returns the members of a JSON object, undecoded.
func parseObject(body []byte) (map[string]json.RawMessage, error) {
	var whole json.RawMessage
	if err := wire.DecodeOne(body, &whole); err != nil {
		return nil, err
	}
	if whole[0] != '{' {
		return nil, errNotObject
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(whole, &object); err != nil {
		return nil, err
	}
	return object, nil
}

// decodeJSON decodes a JSON body that is not a submission. Only the exact media type
// is accepted.
func decodeJSON(r *http.Request, limit int64, into any) error {
	body, err := readBody(r, limit)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return invalidBody(message.Of(message.KeyBodyEmpty))
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/json" {
		return errs.New(errs.Invalid, "body_invalid", fmt.Sprintf(
			"HTTP %s Request used unknown HTTP Header \"Content-Type: %s\", only [application/json] are supported.",
			r.Method, r.Header.Get("Content-Type")))
	}
	if err := wire.DecodeOne(body, into); err != nil {
		return invalidBody(message.Message{Key: message.KeyBodyMalformed, Params: map[string]any{"cause": err.Error()}})
	}
	return nil
}

func invalidBody(m message.Message) error { return errs.New(errs.Invalid, "body_invalid", m.English()) }

// decodeMultipart reads the text fields of a multipart body. Files are not part
// of any form and are dropped.
func decodeMultipart(body []byte, boundary string) flow.Input {
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(maxBody)
	if err != nil {
		return broken(message.KeyBodyMalformed, "cause", "the multipart form is damaged")
	}
	defer func() { _ = form.RemoveAll() }()
	values := url.Values(form.Value)
	if !validText(values) {
		return broken(message.KeyBodyMalformed, "cause", "the form is not UTF-8 text")
	}
	return flow.FormInput(values)
}

// validText reports whether all names and values are UTF-8 without NUL, which
// no database takes in text.
func validText(values url.Values) bool {
	for name, list := range values {
		for _, v := range append(list, name) {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return false
			}
		}
	}
	return true
}

func broken(key string, params ...string) flow.Input {
	m := message.Message{Key: key, Params: map[string]any{}}
	for i := 0; i+1 < len(params); i += 2 {
		m.Params[params[i]] = params[i+1]
	}
	return flow.BrokenInput(m)
}
