package ceremony_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/ceremony"
	"github.com/symbolon/symbolon/internal/ceremony/ceremonytest"
)

const site = "https://id.example.org"

func noon() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }

func party(t *testing.T) *ceremony.Party {
	t.Helper()
	p, err := ceremony.New(ceremony.Config{ID: "example.org", Name: "Example", Origins: []string{site}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func jo() ceremony.Owner {
	return ceremony.Owner{Handle: []byte("a handle that tells nothing"), Name: "jo@example.org", Display: "Jo"}
}

// enrolled is an owner with one key, and that key.
func enrolled(t *testing.T, p *ceremony.Party, s ceremony.Sort, flags byte) (ceremony.Owner, *ceremonytest.Key) {
	t.Helper()
	o, k := jo(), ceremonytest.New(t, site, ceremonytest.ES256)
	k.Flags = flags
	options, pending, err := p.Create(s, o)
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.Created(pending, o, k.Create(t, options, ceremonytest.Lie{}), noon())
	if err != nil {
		t.Fatal(err)
	}
	o.Keys = []ceremony.Key{key}
	return o, k
}

func TestCreated(t *testing.T) {
	t.Parallel()
	p := party(t)
	for name, algorithm := range map[string]int{"ES256": ceremonytest.ES256, "EdDSA": ceremonytest.EdDSA, "RS256": ceremonytest.RS256} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, pending, err := p.Create(ceremony.SecurityKey, jo())
			if err != nil {
				t.Fatal(err)
			}
			k := ceremonytest.New(t, site, algorithm)
			key, err := p.Created(pending, jo(), k.Create(t, options, ceremonytest.Lie{}), noon())
			if err != nil || key.HexID() == "" || key.AddedAt != noon() {
				t.Errorf("Created = %+v, %v", key, err)
			}
		})
	}
	for name, prepare := range ceremonytest.CreationLies(site) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, pending, err := p.Create(ceremony.SecurityKey, jo())
			if err != nil {
				t.Fatal(err)
			}
			k := ceremonytest.New(t, site, ceremonytest.ES256)
			lie := prepare(k)
			if _, err := p.Created(pending, jo(), k.Create(t, options, lie), noon()); !errors.Is(err, ceremony.ErrRefused) {
				t.Errorf("Created = %v, want ErrRefused", err)
			}
		})
	}
	t.Run("algorithm that was not offered", func(t *testing.T) {
		t.Parallel()
		options, pending, err := p.Create(ceremony.SecurityKey, jo())
		if err != nil {
			t.Fatal(err)
		}
		k := ceremonytest.New(t, site, -65535) // RSASSA-PKCS1-v1_5 with SHA-1
		if _, err := p.Created(pending, jo(), k.Create(t, options, ceremonytest.Lie{}), noon()); err == nil {
			t.Error("Created accepted it")
		}
	})
	t.Run("answer to an earlier challenge", func(t *testing.T) {
		t.Parallel()
		old, _, err := p.Create(ceremony.SecurityKey, jo())
		if err != nil {
			t.Fatal(err)
		}
		_, pending, err := p.Create(ceremony.SecurityKey, jo())
		if err != nil {
			t.Fatal(err)
		}
		k := ceremonytest.New(t, site, ceremonytest.ES256)
		if _, err := p.Created(pending, jo(), k.Create(t, old, ceremonytest.Lie{}), noon()); !errors.Is(err, ceremony.ErrRefused) {
			t.Errorf("Created = %v, want ErrRefused", err)
		}
	})
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	p := party(t)
	_, pending, err := p.Create(ceremony.SecurityKey, jo())
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"empty": "", "true": "true", "null": "null", "object": "{}", "list": "[]", "deep": strings.Repeat("[", 20000),
		"long":   `{"id":"` + strings.Repeat("A", 40000) + `"}`,
		"shape":  `{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}`,
		"id":     `{"id":"%","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30"}}`,
		"data":   `{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","attestationObject":"AA"}}`,
		"number": `{"id":1,"rawId":2,"type":3,"response":4}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := p.Created(pending, jo(), answer, noon()); !errors.Is(err, ceremony.ErrMalformed) {
				t.Errorf("Created = %v, want ErrMalformed", err)
			}
			if _, err := ceremony.Read(answer); !errors.Is(err, ceremony.ErrMalformed) {
				t.Errorf("Read = %v, want ErrMalformed", err)
			}
		})
	}
}

func ask(t *testing.T, p *ceremony.Party, s ceremony.Sort, o ceremony.Owner) (string, ceremony.Pending) {
	t.Helper()
	options, pending, err := p.Request(s, o)
	if err != nil {
		t.Fatal(err)
	}
	// As a flow keeps it.
	raw, err := json.Marshal(pending)
	if err != nil {
		t.Fatal(err)
	}
	var kept ceremony.Pending
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	return options, kept
}

func judge(t *testing.T, p *ceremony.Party, pending ceremony.Pending, o ceremony.Owner, answer string) (ceremony.Judged, error) {
	t.Helper()
	a, err := ceremony.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return p.Judge(pending, o, a, noon().Add(time.Hour))
}

func TestJudge(t *testing.T) {
	t.Parallel()
	p := party(t)
	t.Run("second factor", func(t *testing.T) {
		t.Parallel()
		o, k := enrolled(t, p, ceremony.SecurityKey, ceremonytest.Present)
		options, pending := ask(t, p, ceremony.SecurityKey, o)
		if !strings.Contains(options, base64.RawURLEncoding.EncodeToString(k.ID)) {
			t.Errorf("options %s do not name the key", options)
		}
		got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
		if err != nil || got.Verified || got.Key.Authenticator.SignCount != 2 || got.Key.LastUsedAt == nil {
			t.Errorf("Judge = %+v, %v", got, err)
		}
	})
	t.Run("passkey", func(t *testing.T) {
		t.Parallel()
		o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present|ceremonytest.Verified)
		options, pending := ask(t, p, ceremony.Passkey, ceremony.Owner{})
		if strings.Contains(options, "allowCredentials") {
			t.Errorf("options for a stranger name keys: %s", options)
		}
		a, err := ceremony.Read(k.Get(t, options, ceremonytest.Lie{}))
		if err != nil || string(a.Handle()) != string(o.Handle) {
			t.Fatalf("handle %q, %v", a.Handle(), err)
		}
		if got, err := p.Judge(pending, o, a, noon()); err != nil || !got.Verified {
			t.Errorf("Judge = %+v, %v", got, err)
		}
	})
	t.Run("older handle", func(t *testing.T) {
		t.Parallel()
		o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present)
		o.Keys[0].Handle, k.Handle = []byte("an older handle"), []byte("an older handle")
		for _, asked := range []ceremony.Owner{{}, o} {
			options, pending := ask(t, p, ceremony.Passkey, asked)
			got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
			if err != nil {
				t.Fatalf("Judge = %v", err)
			}
			o.Keys[0] = got.Key
		}
	})
	t.Run("several handles", func(t *testing.T) {
		t.Parallel()
		for _, sort := range []ceremony.Sort{ceremony.SecurityKey, ceremony.Passkey} {
			o, k := enrolled(t, p, sort, ceremonytest.Present)
			o.Handle, o.Handles = []byte("another"), [][]byte{k.Handle}
			for _, asked := range []ceremony.Owner{{}, o} {
				options, pending := ask(t, p, sort, asked)
				got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
				if err != nil {
					t.Fatalf("Judge = %v", err)
				}
				o.Keys[0] = got.Key
				if _, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{Handle: []byte("foreign")})); !errors.Is(err, ceremony.ErrRefused) {
					t.Errorf("Judge of a foreign handle = %v, want ErrRefused", err)
				}
			}
		}
	})
	t.Run("key of another server that may be backed up", func(t *testing.T) {
		t.Parallel()
		for _, sort := range []ceremony.Sort{ceremony.SecurityKey, ceremony.Passkey} {
			o, k := enrolled(t, p, sort, ceremonytest.Present|ceremonytest.BackupEligible)
			o.Keys[0].Flags = ceremony.Flags{Unknown: true}
			options, pending := ask(t, p, sort, o)
			got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
			if err != nil || got.Key.Flags.Unknown || !got.Key.Flags.BackupEligible {
				t.Fatalf("Judge = %+v, %v", got, err)
			}
			o.Keys[0], k.Flags = got.Key, ceremonytest.Present
			options, pending = ask(t, p, sort, o)
			if _, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{})); !errors.Is(err, ceremony.ErrRefused) {
				t.Errorf("Judge of the flag taken back = %v, want ErrRefused", err)
			}
		}
	})
	for name, prepare := range ceremonytest.AssertionLies(site) {
		for what, sort := range map[string]ceremony.Sort{"second factor": ceremony.SecurityKey, "passkey": ceremony.Passkey} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				o, k := enrolled(t, p, sort, ceremonytest.Present)
				asked := o
				if sort == ceremony.Passkey {
					asked = ceremony.Owner{}
				}
				options, pending := ask(t, p, sort, asked)
				lie := prepare(k)
				if _, err := judge(t, p, pending, o, k.Get(t, options, lie)); !errors.Is(err, ceremony.ErrRefused) {
					t.Errorf("Judge = %v, want ErrRefused", err)
				}
			})
		}
	}
}

func TestCounter(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.SecurityKey, ceremonytest.Present)
	clone := *k
	login := func(k *ceremonytest.Key) error {
		options, pending := ask(t, p, ceremony.SecurityKey, o)
		got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
		if err == nil {
			o.Keys[0] = got.Key
		} else if !got.Key.Authenticator.CloneWarning {
			t.Errorf("the key has no warning after %v", err)
		}
		return err
	}
	for range 3 {
		if err := login(k); err != nil {
			t.Fatal(err)
		}
	}
	for name, counter := range map[string]uint32{"of the clone": clone.Counter, "same as stored": o.Keys[0].Authenticator.SignCount, "zero": 0} {
		clone.Counter = counter
		if err := login(&clone); !errors.Is(err, ceremony.ErrCloned) {
			t.Errorf("counter %s: %v, want ErrCloned", name, err)
		}
	}
	if err := login(k); err != nil {
		t.Errorf("the original after its clone was refused: %v", err)
	}
}

// A form that is sent twice is no sign of a copy.
func TestCounter_sameAnswer(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.SecurityKey, ceremonytest.Present)
	clone := *k
	options, pending := ask(t, p, ceremony.SecurityKey, o)
	answer := k.Get(t, options, ceremonytest.Lie{})
	got, err := judge(t, p, pending, o, answer)
	if err != nil {
		t.Fatal(err)
	}
	o.Keys[0] = got.Key
	again, err := judge(t, p, pending, o, answer)
	if !errors.Is(err, ceremony.ErrReplayed) || errors.Is(err, ceremony.ErrCloned) || again.Key.Authenticator.CloneWarning {
		t.Errorf("the same answer: %v, want ErrReplayed", err)
	}
	options, pending = ask(t, p, ceremony.SecurityKey, o)
	if _, err := judge(t, p, pending, o, clone.Get(t, options, ceremonytest.Lie{})); !errors.Is(err, ceremony.ErrCloned) {
		t.Errorf("a copy afterwards: %v, want ErrCloned", err)
	}
}

func TestCounter_passkeysThatSendZero(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := jo(), ceremonytest.New(t, site, ceremonytest.ES256)
	k.Counter = 0
	options, pending, err := p.Create(ceremony.Passkey, o)
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.Created(pending, o, k.Create(t, options, ceremonytest.Lie{}), noon())
	if err != nil {
		t.Fatal(err)
	}
	o.Keys = []ceremony.Key{key}
	for range 2 {
		options, pending := ask(t, p, ceremony.Passkey, ceremony.Owner{})
		if _, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{})); err != nil {
			t.Error(err)
		}
	}
}

func TestUserVerification(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present|ceremonytest.Verified)
	options, pending := ask(t, p, ceremony.Passkey, ceremony.Owner{})
	k.Flags = ceremonytest.Present
	if _, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{})); !errors.Is(err, ceremony.ErrUnverified) {
		t.Errorf("a touch by a key that verified before: %v, want ErrUnverified", err)
	}
}

// A key with a PIN verifies its user when it is made, and not where that is discouraged.
func TestUserVerification_notAsked(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.SecurityKey, ceremonytest.Present|ceremonytest.Verified)
	for sort, want := range map[ceremony.Sort]error{ceremony.SecurityKey: nil, ceremony.VerifyingKey: ceremony.ErrUnverified} {
		options, pending := ask(t, p, sort, o)
		k.Flags = ceremonytest.Present
		got, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
		if !errors.Is(err, want) || err == nil && !got.Key.Flags.Verified {
			t.Errorf("sort %d: %v, want %v", sort, err, want)
		}
	}
}

func TestCreate_excludesWhatThereIs(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present)
	options, _, err := p.Create(ceremony.Passkey, o)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		PublicKey struct {
			User               struct{ ID string }
			ExcludeCredentials []struct{ ID string }
		}
	}
	if err := json.Unmarshal([]byte(options), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.PublicKey.ExcludeCredentials) != 1 || got.PublicKey.ExcludeCredentials[0].ID != base64.RawURLEncoding.EncodeToString(k.ID) {
		t.Errorf("excludeCredentials = %v", got.PublicKey.ExcludeCredentials)
	}
	if got.PublicKey.User.ID != base64.RawURLEncoding.EncodeToString(o.Handle) {
		t.Error("the second key has another user handle")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present)
	keys := ceremony.Keys{Keys: o.Keys, Handle: o.Handle}
	raw, err := keys.Config()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ceremony.ParseKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	options, pending := ask(t, p, ceremony.Passkey, ceremony.Owner{})
	o.Keys = again.Keys
	if _, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{})); err != nil {
		t.Errorf("a stored key: %v", err)
	}
	if ids := again.Identifiers(); len(ids) != 2 || ids[0] != ceremony.HandleIdentifier(o.Handle) || len(ids[1]) != 68 {
		t.Errorf("identifiers %v", ids)
	}
	if keys.Find("00") != -1 || keys.Find(o.Keys[0].HexID()) != 0 {
		t.Error("Find does not tell keys apart")
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]ceremony.Config{
		"no id": {Name: "x", Origins: []string{site}}, "no name": {ID: "example.org", Origins: []string{site}},
		"no origin": {ID: "example.org", Name: "x"}, "id is a url": {ID: site, Name: "x", Origins: []string{site}},
	} {
		if _, err := ceremony.New(c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// A server that was taken over made a handle for each ceremony and stored the last one.
func TestJudge_earlierHandles(t *testing.T) {
	t.Parallel()
	p := party(t)
	o, k := enrolled(t, p, ceremony.Passkey, ceremonytest.Present)
	made := o.Handle
	o.Handle = []byte("the handle of a later key")
	login := func() error {
		options, pending := ask(t, p, ceremony.Passkey, ceremony.Owner{})
		_, err := judge(t, p, pending, o, k.Get(t, options, ceremonytest.Lie{}))
		return err
	}
	o.Keys[0].Handle = nil
	if err := login(); !errors.Is(err, ceremony.ErrRefused) {
		t.Errorf("an unknown handle: %v, want ErrRefused", err)
	}
	o.Handles = [][]byte{[]byte("another"), made}
	if err := login(); err != nil {
		t.Errorf("an earlier handle: %v", err)
	}
	keys := ceremony.Keys{Handle: o.Handle, Keys: o.Keys, Handles: o.Handles}
	if found := keys.Identifiers(); len(found) != 4 {
		t.Errorf("identifiers are %q", found)
	}
}
