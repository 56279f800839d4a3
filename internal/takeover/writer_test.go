package takeover_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/store"
	"github.com/symbolon/symbolon/internal/store/storetest"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/keycloak"
	"github.com/symbolon/symbolon/internal/traits"
)

const id = "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f10"

// world is a writer over a store in memory, with the schema that comes with the program.
type world struct {
	*takeover.Writer
	db    *store.DB
	lines []takeover.Line
}

type oneSchema struct{ schema *traits.Schema }

func (o oneSchema) Schema(_ context.Context, schemaID string) (*traits.Schema, error) {
	if schemaID != "default" {
		return nil, &traits.UnknownError{ID: schemaID}
	}
	return o.schema, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	schema, err := traits.Compile(traits.DefaultSchema())
	if err != nil {
		t.Fatal(err)
	}
	db, now := storetest.Open(t), func() time.Time { return storetest.Now }
	identities := identity.New(db, oneSchema{schema}, func(context.Context, string) {}, now)
	keep := func(_ context.Context, _ string, c takeover.Credential) (identity.Credential, []string, error) {
		return identity.Credential{Type: c.Type, Identifiers: c.Identifiers, Config: c.Config}, nil, nil
	}
	return &world{db: db, Writer: &takeover.Writer{
		Store: db, Drafts: identities, Now: now,
		Converters: map[string]takeover.Converter{"password": keep, "oidc": keep, "broken": func(context.Context, string, takeover.Credential) (identity.Credential, []string, error) {
			return identity.Credential{}, nil, errors.New("its seed is cut off")
		}},
	}}
}

func (w *world) write(t *testing.T, records ...takeover.Record) takeover.Report {
	t.Helper()
	var report takeover.Report
	w.lines = nil
	if err := w.Write(t.Context(), records, &report, func(l takeover.Line) { w.lines = append(w.lines, l) }); err != nil {
		t.Fatal(err)
	}
	return report
}

func (w *world) wantLine(t *testing.T, refused bool, part string) {
	t.Helper()
	for _, l := range w.lines {
		if l.Refused == refused && strings.Contains(l.Text, part) {
			return
		}
	}
	t.Errorf("no line with refused %v says %q: %+v", refused, part, w.lines)
}

// vera is an account with everything.
func vera() takeover.Record {
	address := identity.Address{ID: secret.NewID(), Via: "email", Value: "Vera@example.org", Normalized: "vera@example.org", Verified: true, VerifiedAt: storetest.Now, SentAt: storetest.Now}
	recovery := address
	recovery.ID, recovery.Verified, recovery.VerifiedAt, recovery.SentAt = secret.NewID(), false, time.Time{}, time.Time{}
	return takeover.Record{
		Identity: identity.Identity{
			ID: id, SchemaID: "default", Traits: json.RawMessage(`{"email":"Vera@example.org"}`), State: identity.Inactive, ExternalID: "x1",
			MetadataPublic: json.RawMessage(`{"a":1}`), CreatedAt: storetest.Now.AddDate(-1, 0, 0), UpdatedAt: storetest.Now,
		},
		Addresses: []takeover.Address{{Purpose: identity.ForVerification, Address: address}, {Purpose: identity.ForRecovery, Address: recovery}},
		Credentials: []takeover.Credential{
			{Type: "password", Identifiers: []string{"vera@example.org"}, Config: json.RawMessage(`{"hashed_password":"x"}`)},
			{Type: "oidc", Identifiers: []string{"google:1", "github:A"}, Config: json.RawMessage(`{}`)},
		},
		Sessions: []session.Session{
			{ID: secret.NewID(), TokenHash: secret.Hash("token-1"), Active: true, IssuedAt: storetest.Now, AuthenticatedAt: storetest.Now, ExpiresAt: storetest.Now.Add(time.Hour), UserAgent: "Browser/1"},
			{ID: secret.NewID(), TokenHash: secret.Hash("token-2"), Active: false, ExpiresAt: storetest.Now.Add(time.Hour)},
			{ID: secret.NewID(), TokenHash: secret.Hash("token-3"), Active: true, ExpiresAt: storetest.Now},
		},
		Challenges: []takeover.Challenge{
			{Kind: "recovery", Hash: "aa", Address: recovery, Expires: storetest.Now.Add(time.Hour)},
			{Kind: "recovery", Hash: "bb", Address: recovery, Expires: storetest.Now},
		},
	}
}

func TestWriter_Write(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Challenge = func(c takeover.Challenge, owner *identity.Identity) (*flow.Flow, error) {
		return &flow.Flow{ID: secret.NewID(), Kind: flow.Recovery, Client: flow.Browser, State: flow.Challenged, IdentityID: owner.ID, ResumeHash: c.Hash, ExpiresAt: c.Expires}, nil
	}
	record := vera()
	report := w.write(t, record)
	want := takeover.Report{Read: 1, Taken: 1, Sessions: 1, Challenges: 1, Credentials: map[string]int{"password": 1, "oidc": 1}}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
	got, err := w.db.Identity(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != identity.Inactive || got.ExternalID != "x1" || string(got.MetadataPublic) != `{"a":1}` || !got.CreatedAt.Before(storetest.Now.AddDate(0, -11, 0)) ||
		len(got.Verifiable) != 1 || !got.Verifiable[0].Verified || got.Verifiable[0].ID != record.Addresses[0].ID || got.Verifiable[0].SentAt.IsZero() || len(got.Recovery) != 1 {
		t.Errorf("%+v", got)
	}
	if s, err := w.db.SessionByToken(t.Context(), secret.Hash("token-1")); err != nil || s.UserAgent != "Browser/1" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := w.db.SessionByToken(t.Context(), secret.Hash("token-2")); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a session that was ended is taken: %v", err)
	}
	if _, err := w.db.FlowByResume(t.Context(), "aa"); err != nil {
		t.Errorf("the pending link: %v", err)
	}

	t.Run("a second run changes nothing", func(t *testing.T) {
		again := record
		again.Identity.Traits = json.RawMessage(`{"email":"other@example.org"}`)
		if report := w.write(t, again); report.Present != 1 || report.Taken != 0 || len(w.lines) != 0 {
			t.Errorf("%+v %+v", report, w.lines)
		}
		if same, err := w.db.Identity(t.Context(), id); err != nil || cmp.Diff(got, same) != "" {
			t.Errorf("%v", cmp.Diff(got, same))
		}
	})
	t.Run("another account of the same id", func(t *testing.T) {
		stranger := vera()
		stranger.Identity.Traits, stranger.Credentials = json.RawMessage(`{"email":"joerg@example.org"}`), nil
		if report := w.write(t, stranger); report.Present != 1 || report.Refused != 0 {
			t.Errorf("%+v", report)
		}
		w.wantLine(t, false, "one with its id is here already; they have nothing in common")
	})
	t.Run("an identifier that is taken", func(t *testing.T) {
		twin := vera()
		twin.Identity.ID, twin.Identity.ExternalID = secret.NewID(), ""
		other := vera()
		other.Identity.ID, other.Identity.ExternalID, other.Addresses, other.Sessions, other.Challenges = secret.NewID(), "", []takeover.Address{}, nil, nil
		other.Credentials = []takeover.Credential{{Type: "oidc", Identifiers: []string{"google:2"}}}
		other.Identity.Traits = json.RawMessage(`{"email":"b@example.org"}`)
		if report := w.write(t, twin, other); report.Refused != 1 || report.Taken != 1 {
			t.Errorf("%+v %+v", report, w.lines)
		}
		w.wantLine(t, true, `"vera@example.org" of `+id)
	})
}

func TestWriter_Write_whatIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := vera()
	record.Identity.Traits = json.RawMessage(`{"email":"Vera@example.org","age":"old"}`)
	record.Notes = []string{"a note of the reader"}
	record.Credentials = append(record.Credentials,
		takeover.Credential{Type: "saml", Config: json.RawMessage(`{"a":1}`)}, takeover.Credential{Type: "code", Config: json.RawMessage(`{}`)},
		takeover.Credential{Type: "broken", Config: json.RawMessage(`{"a":1}`)})
	if report := w.write(t, record); report.Taken != 1 {
		t.Errorf("%+v", report)
	}
	w.wantLine(t, false, "a note of the reader")
	w.wantLine(t, false, "type saml is not taken: there is no such method")
	w.wantLine(t, false, "type broken is not taken: its seed is cut off")
	w.wantLine(t, false, "a pending recovery link or code is not taken")
	broken := vera()
	broken.Identity.ID, broken.Identity.Traits = secret.NewID(), json.RawMessage(`{`)
	if report := w.write(t, broken); report.Refused != 1 {
		t.Errorf("%+v", report)
	}
	w.wantLine(t, true, "its traits are not a JSON object")
	unknown := vera()
	unknown.Identity.ID, unknown.Identity.SchemaID = secret.NewID(), "other"
	if report := w.write(t, unknown); report.Refused != 1 {
		t.Errorf("%+v", report)
	}
	w.wantLine(t, true, `the schema "other" is not configured`)
}

func TestWriter_Write_dryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DryRun = true
	if report := w.write(t, vera()); report.Taken != 1 {
		t.Errorf("%+v", report)
	}
	if _, err := w.db.Identity(t.Context(), id); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("a dry run stored an account: %v", err)
	}
}

// A dry run undoes each batch, and still sees what accounts of different batches have in common.
func TestWriter_Write_dryRunOfConflicts(t *testing.T) {
	t.Parallel()
	var said [2][]takeover.Line
	for i, dry := range []bool{true, false} {
		w := newWorld(t)
		w.DryRun = dry
		twin := vera()
		twin.Identity.ID, twin.Identity.ExternalID = "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f11", ""
		named := vera()
		named.Identity.ID, named.Credentials, named.Addresses = "0d2f3b62-5c3f-4f6b-9a55-2d3c1c2f8f12", nil, []takeover.Address{}
		named.Identity.Traits = json.RawMessage(`{"email":"named@example.org"}`)
		for _, r := range []takeover.Record{vera(), twin, named} {
			r.Sessions, r.Challenges = nil, nil
			w.write(t, r)
			said[i] = append(said[i], w.lines...)
		}
	}
	if diff := cmp.Diff(said[0], said[1]); diff != "" || len(said[0]) != 2 {
		t.Errorf("the dry run says %+v, the run %+v", said[0], said[1])
	}
}

// Users of other systems get their addresses from their traits.
func TestShape_Record(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	schema, err := traits.Compile(traits.DefaultSchema())
	if err != nil {
		t.Fatal(err)
	}
	shape := takeover.Shape{System: "csv", SchemaID: "default", Providers: map[string]string{"google-oauth2": "google"}, Issuer: "Shop"}
	mapper := takeover.SchemaMapper{Schema: schema}
	u := takeover.User{
		Key: "42", Claims: map[string]any{"email": "Vera@Example.org", "email_verified": true}, PasswordHash: "x", Disabled: true,
		Links: []takeover.Link{{Provider: "google-oauth2", Subject: "1"}, {Provider: "github", Subject: "2"}},
	}
	record, err := shape.Record(u, mapper)
	if err != nil {
		t.Fatal(err)
	}
	again, err := shape.Record(u, mapper)
	if err != nil || again.Identity.ID != record.Identity.ID || record.Identity.ID[14] != '4' {
		t.Errorf("ids are %s and %s, %v", record.Identity.ID, again.Identity.ID, err)
	}
	if report := w.write(t, record); report.Taken != 1 {
		t.Fatalf("%+v %+v", report, w.lines)
	}
	got, _, err := w.db.IdentityByIdentifier(t.Context(), "password", "vera@example.org")
	if err != nil || got.State != identity.Inactive || !got.Verifiable[0].Verified || got.Verifiable[0].Value != "Vera@Example.org" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, _, err := w.db.IdentityByIdentifier(t.Context(), "oidc", "google:1"); err != nil {
		t.Errorf("the link: %v", err)
	}
	u.Key, u.Claims["email"] = "43", "no address"
	record, err = shape.Record(u, mapper)
	if err == nil {
		w.write(t, record)
		w.wantLine(t, true, "do not obey the schema")
	}
}

// Keys for one factor and for two are of one type, of which an account has one credential.
func TestWriter_Write_keysOfBothKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Converters["webauthn"] = w.Converters["password"]
	users, _ := read(keycloak.Users(strings.NewReader(`{"users":[{"id":"`+id+`","credentials":[
 {"type":"webauthn","secretData":"{}","credentialData":"{\"credentialId\":\"AQ\",\"credentialPublicKey\":\"AQ\"}"},
 {"type":"webauthn-passwordless","secretData":"{}","credentialData":"{\"credentialId\":\"Ag\",\"credentialPublicKey\":\"AQ\"}"}]}]}`), ""))
	record, err := takeover.Shape{SchemaID: "default"}.Record(users[0], anything{})
	if err != nil {
		t.Fatal(err)
	}
	record.Identity.Traits = json.RawMessage(`{"email":"vera@example.org"}`)
	w.write(t, record)
	stored, err := w.db.Credentials(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var roles []bool
	for _, c := range stored {
		var keys struct {
			Credentials []struct {
				Passwordless bool `json:"is_passwordless"`
			}
		}
		if err := json.Unmarshal(c.Config, &keys); err != nil {
			t.Fatal(err)
		}
		for _, k := range keys.Credentials {
			roles = append(roles, k.Passwordless)
		}
	}
	if !slices.Equal(roles, []bool{false, true}) {
		t.Errorf("the keys that sign in alone are %v of the stored ones", roles)
	}
}

// A number that the other system proved counts as proven however it is written there.
func TestWriter_Write_provenNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	schema, err := traits.Compile([]byte(`{"$id":"s","properties":{"traits":{"type":"object","properties":{
 "phone":{"type":"string","ory.sh/kratos":{"verification":{"via":"sms"}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	w.Drafts = identity.New(w.db, oneSchema{schema}, func(context.Context, string) {}, w.Now)
	u := takeover.User{Key: id, Claims: map[string]any{"phone_number": "+49 170 1234567", "phone_number_verified": true}}
	record, err := takeover.Shape{SchemaID: "default"}.Record(u, takeover.SchemaMapper{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, record)
	got, err := w.db.Identity(t.Context(), id)
	if err != nil || len(got.Verifiable) != 1 || !got.Verifiable[0].Verified {
		t.Errorf("%+v, %v, %+v", got, err, w.lines)
	}
}

// slow is a store that has time for a number of accounts in a transaction.
type slow struct {
	takeover.Store
	most, left, began int
}

func (s *slow) InWhole(ctx context.Context, fn func(context.Context) error) error {
	s.began++
	s.left = s.most
	return s.Store.InWhole(ctx, fn)
}

func (s *slow) CreateIdentity(ctx context.Context, i *identity.Identity, c []identity.Credential) error {
	if s.left--; s.left < 0 {
		return errs.ErrUnavailable
	}
	return s.Store.CreateIdentity(ctx, i, c)
}

// TestWriter_Write_slow: a database that has no time for a whole batch gets smaller ones, and one that has time for none
// ends the run. What is counted is what is stored.
func TestWriter_Write_slow(t *testing.T) {
	t.Parallel()
	var records []takeover.Record
	for _, batch := range people() {
		records = append(records, batch...)
	}
	for _, dry := range []bool{false, true} {
		for most, want := range []int{0, 4, 4, 4, 4} {
			w := newWorld(t)
			store := &slow{Store: w.db, most: most}
			w.Store, w.DryRun = store, dry
			var report takeover.Report
			err := w.Write(t.Context(), records, &report, func(takeover.Line) {})
			if errors.Is(err, errs.ErrUnavailable) != (most == 0) || (err != nil) != (most == 0) {
				t.Errorf("time for %d: %v", most, err)
			}
			if report.Read != want || report.Taken != want || report.Present != 0 || report.Refused != 0 {
				t.Errorf("time for %d: %+v", most, report)
			}
			if stored := w.stored(t, records); dry && stored != 0 || !dry && stored != want {
				t.Errorf("time for %d: %d are stored", most, stored)
			}
			if began := store.began; began > 8 {
				t.Errorf("time for %d: %d transactions", most, began)
			}
		}
	}
}

// stored counts the records that have an account.
func (w *world) stored(t *testing.T, records []takeover.Record) (n int) {
	t.Helper()
	for _, r := range records {
		switch _, err := w.db.Identity(t.Context(), r.Identity.ID); {
		case err == nil:
			n++
		case !errors.Is(err, errs.ErrNotFound):
			t.Fatal(err)
		}
	}
	return n
}
