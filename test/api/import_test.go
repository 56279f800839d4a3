package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// imported is what became of one identity.
type imported struct {
	Action   string `json:"action"`
	Identity string `json:"identity"`
	PatchID  string `json:"patch_id"`
	Error    *struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	} `json:"error"`
}

func newcomer(i int, email string) string {
	const hash = "$argon2id$v=19$m=16384,t=1,p=1$YWJjZGVmZ2hpamtsbW5vcA$Yu4ZMfo0lvmuvKuFdoBOBkXJSyDTzFbPrJxFZqfI5mk"
	return fmt.Sprintf(`{"create":{"traits":{"email":%q},"credentials":{"password":{"config":{"hashed_password":%q}}}},"patch_id":"%08d-0000-4000-8000-000000000000"}`, email, hash, i)
}

func TestAnImportAnswersInOrderAndEachForItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.app1()
	const many = 400
	lines := make([]string, many)
	for i := range lines {
		lines[i] = newcomer(i, fmt.Sprintf("person-%d@example.org", i/2)) // each address twice
	}
	lines[7] = `{"create":{"traits":{"email":"<script>alert(1)</script>"}},"patch_id":"00000007-0000-4000-8000-000000000000"}`
	lines[9] = `{"create":{"traits":{"email":"bomb@example.org"},"credentials":{"password":{"config":{"hashed_password":"$argon2id$v=19$m=4194304,t=4,p=1$YWJjZGVmZ2hpamtsbW5vcA$Yu4ZMfo0lvmuvKuFdoBOBkXJSyDTzFbPrJxFZqfI5mk"}}}},"patch_id":"00000009-0000-4000-8000-000000000000"}`

	a := c.do(t, http.MethodPatch, s.admin.URL+"/identities", strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson")
	check(t, s, c, a.body, many)
	whole := c.do(t, http.MethodPatch, s.admin.URL+"/identities", `{"identities":[`+strings.Join(lines, ",")+`]}`, "Content-Type", "application/json")
	var again struct{ Identities []imported }
	if err := json.Unmarshal(whole.body, &again); err != nil || len(again.Identities) != many {
		t.Fatalf("%v: %d answers, want %d", err, len(again.Identities), many)
	}
	for i, one := range again.Identities {
		if one.Action != "error" || one.PatchID[:8] != fmt.Sprintf("%08d", i) {
			t.Errorf("the second time line %d answers %+v", i, one)
		}
	}
}

// check reads the answers of a stream: one for each line, in order, and one winner for
// each address.
func check(t *testing.T, s *site, c *client, body []byte, many int) {
	t.Helper()
	in := json.NewDecoder(bytes.NewReader(body))
	won := map[int]string{}
	for i := range many {
		var one imported
		if err := in.Decode(&one); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		switch {
		case one.PatchID[:8] != fmt.Sprintf("%08d", i):
			t.Fatalf("answer %d is to %s", i, one.PatchID)
		case i == 7 || i == 9:
			if one.Error == nil || one.Error.Code != http.StatusBadRequest {
				t.Errorf("hostile line %d answers %+v", i, one)
			}
		case one.Action == "create" && won[i/2] != "":
			t.Errorf("both lines of person %d are created", i/2)
		case one.Action == "create":
			won[i/2] = one.Identity
		case one.Error == nil || one.Error.Code != http.StatusConflict:
			t.Errorf("line %d answers %+v", i, one)
		}
	}
	if len(won) != many/2 {
		t.Errorf("%d people were created, want %d", len(won), many/2)
	}
	for person, id := range won {
		if a := c.get(t, s.admin.URL+"/identities/"+id); a.text(t, "traits.email") != fmt.Sprintf("person-%d@example.org", person) {
			t.Errorf("person %d is %s", person, a.body)
		}
	}
}
