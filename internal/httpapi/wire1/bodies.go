package wire1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// maxBody bounds small bodies, maxIdentity one with an identity, maxBatch one with
// many.
const (
	maxBody     = 64 << 10
	maxIdentity = 1 << 20
	maxBatch    = 64 << 20
)

// readBody reads a body of at most limit bytes.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, badRequest("The request body could not be read to its end.")
	}
	if int64(len(body)) > limit {
		return nil, errs.New(errs.TooLarge, "body_too_large", fmt.Sprintf("The request body is larger than %d bytes. Please send less.", limit))
	}
	return body, nil
}

// decodeObject decodes a JSON body into the members of a struct; others are
// ignored.
func decodeObject(r *http.Request, limit int64, into any) error {
	body, err := readBody(r, limit)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return badRequest(`Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.`)
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != jsonType {
		return badRequest(fmt.Sprintf(`HTTP %s Request used unknown HTTP Header "Content-Type: %s", only [application/json] are supported.`,
			r.Method, r.Header.Get("Content-Type")))
	}
	if err := wire.DecodeOne(body, into); err != nil {
		return badRequest("Unable to decode JSON payload: " + err.Error())
	}
	return nil
}

// decodeLoose decodes a JSON body of operators, of any media type; members that are
// not known are ignored.
func decodeLoose(r *http.Request, limit int64, into any) error {
	body, err := readBody(r, limit)
	if err != nil {
		return err
	}
	if err := wire.DecodeOne(body, into); err != nil {
		return refusal(http.StatusBadRequest, "", "", err.Error())
	}
	return nil
}

// decodeStrict decodes a JSON body of operators, who learn of members that
// would be lost.
func decodeStrict(r *http.Request, limit int64, into any) error {
	body, err := readBody(r, limit)
	if err != nil {
		return err
	}
	err = wire.CheckJSON(body)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		err = dec.Decode(into)
	}
	if err != nil {
		return refusal(http.StatusBadRequest, "", "", err.Error())
	}
	return nil
}
