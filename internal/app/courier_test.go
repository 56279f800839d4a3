package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/netguard"
)

func TestMailTexts(t *testing.T) {
	t.Parallel()
	guard, err := netguard.New(netguard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "html.gotmpl")
	if err := os.WriteFile(file, []byte("<p>{{ .RecoveryCode }}</p>"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Courier{Templates: []byte(`{"recovery_code": {"valid": {"email": {"body": {"html": "file://` + file + `", "plaintext": "base64://e3sgLlJlY292ZXJ5Q29kZSB9fQ=="}}, "sms": {"body": {"plaintext": "base64://eA=="}}}}}`)}
	texts, err := mailTexts(t.Context(), c, guard)
	want := map[string]string{
		"recovery_code/valid/email.body.gotmpl": "<p>{{ .RecoveryCode }}</p>", "recovery_code/valid/email.body.plaintext.gotmpl": "{{ .RecoveryCode }}", "recovery_code/valid/sms.body.gotmpl": "x",
	}
	if diff := cmp.Diff(want, texts); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	c.Templates = []byte(`{"login_code": {"valid": {"email": {"subject": "file:///gone"}}}}`)
	if _, err := mailTexts(t.Context(), c, guard); err == nil || !strings.Contains(err.Error(), "courier.templates.login_code.valid.email.subject can't be read") {
		t.Errorf("a missing file gives %v", err)
	}
}
