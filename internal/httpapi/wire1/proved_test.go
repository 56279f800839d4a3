package wire1_test

import (
	"encoding/base64"
	"net/http"
	"testing"
)

const phoneSchema = `{"$id":"https://shop.test/phone.schema.json","type":"object","properties":{"traits":{"type":"object","properties":{
	"phone":{"type":"string","ory.sh/kratos":{"credentials":{"password":{"identifier":true}},"verification":{"via":"sms"}}}}}}}`

// A number that operators say is proved is found however the two spell it.
func TestAdminIdentities_provedPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t, "IDENTITY_DEFAULT_SCHEMA_URL=base64://"+base64.StdEncoding.EncodeToString([]byte(phoneSchema)))
	made := s.script().operate(t, http.MethodPost, "/admin/identities", `{"schema_id":"default","traits":{"phone":"+49 170 1234567"},
		"verifiable_addresses":[{"via":"sms","value":"+49-170-1234567","verified":true,"status":"completed"}]}`)
	want(t, "create", made, 201, `"verified":true`)
}
