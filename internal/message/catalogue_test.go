package message

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the catalogue to testdata")

// Stored flows, translations and clients know messages by key, number and text,
// so a difference here is a break unless the line is new.
func TestTheCatalogueIsAsRecorded(t *testing.T) {
	t.Parallel()
	const path = "testdata/catalogue.txt"
	keys := Keys()
	slices.Sort(keys)
	var got strings.Builder
	for _, key := range keys {
		e := catalogue[key]
		names := "absent"
		if e.Context != nil {
			names = fmt.Sprint(e.Context)
		}
		fmt.Fprintf(&got, "%s | %s | %s | %s\n", key, e.Type, names, e.Text)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// on is the wire's form of a message.
type on struct {
	Type    Type
	Text    string
	Context string // JSON; empty for none
}

func wire(t *testing.T, m Message) on {
	t.Helper()
	e := m.Lookup()
	got := on{Type: e.Type, Text: m.English()}
	if c := m.Context(); c != nil {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got.Context = string(text)
	}
	return got
}

// said is a message and what it must be on the wire.
type said struct {
	message Message
	want    on
}

func emitted() map[string]said {
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	const at = `"2026-03-01T11:00:00.123456789Z"`
	expired := func(key, kind string) said {
		return said{Expired(key, noon, noon.Add(90*time.Second)), on{Error, "The " + kind + " flow expired 1.50 minutes ago, please try again.", `{"expired_at":` + at + `}`}}
	}
	plain := func(key string, typ Type, text string) said { return said{Of(key), on{typ, text, "{}"}} }
	policy := func(m Message, reason string) said {
		quoted, _ := json.Marshal(reason)
		return said{m, on{Error, "The password can not be used because " + reason + ".", `{"reason":` + string(quoted) + `}`}}
	}
	const blocked = "The flow however was initiated as an API request. To prevent potential misuse and mitigate several attack vectors including CSRF, the request has been blocked. Please consult the documentation."
	all := emittedFactors()
	maps.Copy(all, map[string]said{
		"a schema's objection": {Schema("minLength", "length must be >= 2, but got 1", map[string]any{"min": 2}), on{Error, "length must be >= 2, but got 1", ""}},
		"a provider's words":   {Reason("access {denied}"), on{Error, "access {denied}", ""}},
		"a missing property":   {Missing("email"), on{Error, "Property email is missing.", `{"property":"email"}`}},

		"a short password":     policy(PasswordTooShort(6, 5), "password length must be at least 6 characters but only got 5"),
		"a similar password":   policy(PasswordTooSimilar(), "the password is too similar to the user identifier"),
		"a common password":    policy(PasswordCommon(), "the password is too common"),
		"a breached password":  policy(PasswordBreached(37), "the password has been found in at least 37 data breaches and must no longer be used."),
		"an unchecked one":     policy(PasswordUnchecked(), "unable to check if password has been leaked because an unexpected network error occurred"),
		"wrong credentials":    plain(KeyInvalidCredentials, Error, "The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number."),
		"a taken identifier":   plain(KeyDuplicateIdentifier, Error, "An account with the same identifier (email, phone, username, ...) exists already."),
		"too many attempts":    {TooManyAttempts(90*time.Second + 1), on{Error, "Too many failed attempts. Please wait 2 minutes and try again, or recover your account.", `{"retry_after":91}`}},
		"too many mails":       {TooManyMails(90 * time.Second), on{Error, "Too many e-mails were asked for. Please wait 2 minutes and try again.", `{"retry_after":90}`}},
		"login expired":        expired(KeyLoginExpired, "login"),
		"registration expired": expired(KeyRegistrationExpired, "registration"),
		"settings expired":     expired(KeySettingsExpired, "settings"),
		"recovery expired":     expired(KeyRecoveryExpired, "recovery"),
		"verification expired": expired(KeyVerificationExpired, "verification"),

		"recovery done": {RecoveryDone(noon, time.Hour), on{
			Info,
			"You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next 60.00 minutes.",
			`{"privilegedSessionExpiresAt":` + at + `}`,
		}},
		"recovery sent":        plain(KeyRecoverySent, Info, "An email containing a recovery link has been sent to the email address you provided."),
		"recovery again":       plain(KeyRecoveryRetry, Error, "The request was already completed successfully and can not be retried."),
		"recovery invalid":     plain(KeyRecoveryInvalid, Error, "The recovery token is invalid or has already been used. Please retry the flow."),
		"verification sent":    plain(KeyVerificationSent, Info, "An email containing a verification link has been sent to the email address you provided."),
		"verification invalid": plain(KeyVerificationInvalid, Error, "The verification token is invalid or has already been used. Please retry the flow."),
		"verification again":   plain(KeyVerificationRetry, Error, "The request was already completed successfully and can not be retried."),

		"nothing changed":         {Of(KeyNoChanges), on{Error, "Did not receive any value changes.", ""}},
		"no address":              {Message{KeyNotAnEmail, map[string]any{"value": "x"}}, on{Error, `"x" is not valid "email"`, ""}},
		"an empty field":          {Of(KeyEmpty), on{Error, "length must be >= 1, but got 0", ""}},
		"a field of another type": {Message{KeyWrongType, map[string]any{"want": "string", "got": "number"}}, on{Error, "expected string, but got number", ""}},
		"a cookie in an API flow": {Of(KeyCookieInAPIFlow), on{Error, `The HTTP Request Header included the "Cookie" key, indicating that this request was made by a Browser. ` + blocked, ""}},
		"an origin in an API flow": {Of(KeyOriginInAPIFlow), on{
			Error,
			`The HTTP Request Header included the "Origin" key, indicating that this request was made as part of an AJAX request in a Browser. ` + blocked, "",
		}},
		"an unknown type of body": {Message{KeyBodyUnsupported, map[string]any{"method": "POST", "type": "text/plain"}}, on{
			Error,
			`HTTP POST Request used unknown HTTP Header "Content-Type: text/plain", only [multipart/form-data application/x-www-form-urlencoded application/json] are supported.`, "",
		}},
		"no body": {Of(KeyBodyEmpty), on{Error, `Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.`, ""}},
		"a body by GET": {Message{KeyBodyMethod, map[string]any{"method": "GET"}}, on{
			Error,
			`Unable to decode body because HTTP Request Method was "GET" but only [POST PUT PATCH] are supported.`, "",
		}},
		"a body that is no object": {Of(KeyBodyNotObject), on{Error, "Expected JSON sent in request body to be an object but got: JSON", ""}},
		"a malformed body":         {Message{KeyBodyMalformed, map[string]any{"cause": "unexpected EOF"}}, on{Error, "Unable to decode JSON payload: unexpected EOF", ""}},
		"a huge body":              {Message{KeyBodyTooLarge, map[string]any{"limit": 65536}}, on{Error, "The request body is larger than 65536 bytes. Please send less.", ""}},

		"no provider": {Of(KeyProviderMissing), on{Error, `The HTTP request did not contain the required "provider" form field`, ""}},
		"a provider's trouble": {Message{KeyProviderTrouble, map[string]any{"provider": "Acme"}}, on{
			Error, "Acme could not be reached or gave an unusable answer. Please try again in a moment, or choose another way to sign in.", "{}",
		}},
		"another provider":    plain(KeyProviderMixedUp, Error, "The answer came from another provider than the one that was asked. Please try again."),
		"a taken subject":     plain(KeySubjectTaken, Error, "That account is already linked to another account here."),
		"an unknown subject":  plain(KeySubjectUnknown, Error, "That account is not linked to yours. Please choose the one that you signed in with before."),
		"sign in to link":     {SignInToLink("Acme"), on{Info, "Sign in to your account once more, and your account at Acme will be linked to it.", "{}"}},
		"a link that is none": {Of(KeyCannotLink), on{Error, "can not link unknown or already existing OpenID Connect connection", ""}},
		"no such link":        {Of(KeyCannotUnlink), on{Error, "can not unlink non-existing OpenID Connect connection", ""}},
		"the last way in":     {Of(KeyLastCredential), on{Error, "can not unlink non-existing OpenID Connect connection", ""}},
		"link and unlink":     {Of(KeyLinkAndUnlink), on{Error, "it is not possible to link and unlink providers in the same request", ""}},

		// The original has numbers for these two and never sends them.
		"settings saved":    plain(KeySettingsSaved, Info, "Your changes have been saved!"),
		"verification done": plain(KeyVerificationDone, Info, "You successfully verified your email address."),
	})
	return all
}

func TestMessagesAreThoseOfTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range emitted() {
		if diff := cmp.Diff(test.want, wire(t, test.message)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestNoMessageIsLeftOut(t *testing.T) {
	t.Parallel()
	left := Keys()
	for _, test := range emitted() {
		left = slices.DeleteFunc(left, func(key string) bool { return key == test.message.Key })
	}
	if len(left) > 0 {
		t.Errorf("not compared with the wire: %v", left)
	}
}

// Flows are stored as JSON, whose numbers come back as text.
func TestAStoredMessageSaysTheSame(t *testing.T) {
	t.Parallel()
	for name, test := range emitted() {
		text, err := json.Marshal(test.message)
		if err != nil {
			t.Fatal(err)
		}
		for how, numbers := range map[string]bool{"numbers as text": true, "numbers as floats": false} {
			d := json.NewDecoder(strings.NewReader(string(text)))
			if numbers {
				d.UseNumber()
			}
			var stored Message
			if err := d.Decode(&stored); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, wire(t, stored)); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", name, how, diff)
			}
		}
	}
}

func TestAFlowDoesNotExpireInTheFuture(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	if got, want := Expired(KeyLoginExpired, now.Add(time.Hour), now).English(), "The login flow expired 0.00 minutes ago, please try again."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhoeverWaitsAsLongAsTheyAreToldIsNotTooEarly(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]struct {
		text    string
		seconds float64
	}{
		0: {"1 minutes", 1}, time.Nanosecond: {"1 minutes", 1}, 59 * time.Second: {"1 minutes", 59}, time.Minute: {"1 minutes", 60},
		61 * time.Second: {"2 minutes", 61}, 149500 * time.Millisecond: {"3 minutes", 150}, 10 * time.Minute: {"10 minutes", 600},
	} {
		m := TooManyAttempts(wait)
		if text := m.English(); !strings.Contains(text, want.text) || m.Context()["retry_after"] != want.seconds {
			t.Errorf("%v: %q, retry after %v; want %s and %v", wait, text, m.Context()["retry_after"], want.text, want.seconds)
		}
	}
}
