package clients

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	ory "github.com/ory/client-go"
)

const password, otherPassword = "a lighthouse keeper’s umbrella", "a heron on the lighthouse stairs"

// client is a published client of each listener.
type client struct{ people, operators *ory.APIClient }

func newClient(t *testing.T) client {
	t.Helper()
	to := func(variable string) *ory.APIClient {
		address := os.Getenv(variable)
		if address == "" {
			t.Fatalf("%s is not set: run scripts/e2e.sh", variable)
		}
		c := ory.NewConfiguration()
		c.Servers = ory.ServerConfigurations{{URL: address}}
		return ory.NewAPIClient(c)
	}
	return client{people: to("PUBLIC_URL"), operators: to("ADMIN_URL")}
}

func newAddress() string { return strings.ToLower(rand.Text()) + "@example.org" }

func traits(email string) map[string]any { return map[string]any{"email": email} }

// must returns the answer to a call that succeeds.
func must[T any](t *testing.T) func(T, *http.Response, error) T {
	return func(value T, answer *http.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v: %s", err, body(err))
		}
		return value
	}
}

func done(t *testing.T, _ *http.Response, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, body(err))
	}
}

// refused returns the answer to a call that must fail with a status.
func refused(t *testing.T, status int, answer *http.Response, err error) string {
	t.Helper()
	if err == nil || answer == nil || answer.StatusCode != status {
		t.Fatalf("answered %+v, %v; want %d", answer, err, status)
	}
	return body(err)
}

func body(err error) string {
	if e, ok := err.(interface{ Body() []byte }); ok {
		return string(e.Body())
	}
	return ""
}

func (c client) register(t *testing.T, email string) *ory.SuccessfulNativeRegistration {
	t.Helper()
	flow := must[*ory.RegistrationFlow](t)(c.people.FrontendAPI.CreateNativeRegistrationFlow(t.Context()).Execute())
	return must[*ory.SuccessfulNativeRegistration](t)(c.submitRegistration(t, flow.Id, email).Execute())
}

func (c client) submitRegistration(t *testing.T, flow, email string) ory.FrontendAPIUpdateRegistrationFlowRequest {
	return c.people.FrontendAPI.UpdateRegistrationFlow(t.Context()).Flow(flow).UpdateRegistrationFlowBody(ory.UpdateRegistrationFlowBody{
		UpdateRegistrationFlowWithPasswordMethod: ory.NewUpdateRegistrationFlowWithPasswordMethod("password", password, traits(email)),
	})
}

func (c client) startLogin(t *testing.T, email, password string) ory.FrontendAPIUpdateLoginFlowRequest {
	t.Helper()
	flow := must[*ory.LoginFlow](t)(c.people.FrontendAPI.CreateNativeLoginFlow(t.Context()).Execute())
	return c.people.FrontendAPI.UpdateLoginFlow(t.Context()).Flow(flow.Id).UpdateLoginFlowBody(ory.UpdateLoginFlowBody{
		UpdateLoginFlowWithPasswordMethod: ory.NewUpdateLoginFlowWithPasswordMethod(email, "password", password),
	})
}

func (c client) logIn(t *testing.T, email, password string) *ory.SuccessfulNativeLogin {
	t.Helper()
	return must[*ory.SuccessfulNativeLogin](t)(c.startLogin(t, email, password).Execute())
}

func (c client) whoami(t *testing.T, token string) ory.FrontendAPIToSessionRequest {
	return c.people.FrontendAPI.ToSession(t.Context()).XSessionToken(token)
}

func (c client) change(t *testing.T, token, flow string, change ory.UpdateSettingsFlowBody) ory.FrontendAPIUpdateSettingsFlowRequest {
	t.Helper()
	if flow == "" {
		flow = must[*ory.SettingsFlow](t)(c.people.FrontendAPI.CreateNativeSettingsFlow(t.Context()).XSessionToken(token).Execute()).Id
	}
	return c.people.FrontendAPI.UpdateSettingsFlow(t.Context()).Flow(flow).XSessionToken(token).UpdateSettingsFlowBody(change)
}

// codeFor reads a code in the mail to an address.
func codeFor(t *testing.T, email, subject string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, os.Getenv("MAIL_URL")+"?"+url.Values{"to": {email}, "subject": {subject}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	letter, err := io.ReadAll(answer.Body)
	code := regexp.MustCompile(`\b\d{6}\b`).Find(letter)
	if err != nil || code == nil {
		t.Fatalf("no code in the mail: %s, %v", letter, err)
	}
	return string(code)
}

// stateOf is the state of a flow, which one client has as a type and the other as any value.
func stateOf(state any) string { return fmt.Sprint(state) }

// appCode is what an authenticator app shows some steps of 30 s from now (RFC 6238).
func appCode(t *testing.T, secret string, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Unix()/30+steps)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}
