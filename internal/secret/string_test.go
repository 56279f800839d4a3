package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/secret"
)

// canary is what must not come through, in any spelling.
const canary = "canary-4711"

func checkHidden(t *testing.T, how, text string) {
	t.Helper()
	hex := fmt.Sprintf("%x", canary)
	if strings.Contains(text, canary) || strings.Contains(strings.ToLower(text), hex) {
		t.Errorf("%s shows the secret: %s", how, text)
	}
	if !strings.Contains(text, "[redacted]") {
		t.Errorf("%s does not say that there is a secret: %s", how, text)
	}
}

func TestASecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	type settings struct {
		Name  string        `json:"name"`
		Token secret.String `json:"token"`
	}
	s := secret.String(canary)
	values := map[string]any{
		"itself": s, "a pointer": &s, "a field": settings{"x", s}, "a pointer to its struct": &settings{"x", s},
		"an element": []secret.String{s}, "a map's value": map[string]secret.String{"k": s}, "any": []any{s},
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%8.3f"} {
			checkHidden(t, name+" by "+verb, fmt.Sprintf(verb, value))
		}
	}
	checkHidden(t, "Sprint", fmt.Sprint("token ", s))
	checkHidden(t, "an error", fmt.Errorf("connect: %w", errors.New(fmt.Sprint(s))).Error())
}

func TestASecretIsNotEncoded(t *testing.T) {
	t.Parallel()
	type settings struct{ Token secret.String }
	s := settings{canary}
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	checkHidden(t, "JSON", string(asJSON))
	asXML, err := xml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	checkHidden(t, "XML", string(asXML))
}

func TestASecretIsNotLogged(t *testing.T) {
	t.Parallel()
	type settings struct{ Token secret.String }
	s := secret.String(canary)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		for how, value := range map[string]any{"itself": s, "a pointer": &s, "a field": settings{s}, "an element": []secret.String{s}} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("configured", slog.Any("value", value))
			checkHidden(t, how+" as "+name, out.String())
		}
	}
}

func TestRevealReturnsTheSecret(t *testing.T) {
	t.Parallel()
	if got := secret.String(canary).Reveal(); got != canary {
		t.Errorf("revealed %q", got)
	}
}
