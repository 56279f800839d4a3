package ceremonytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// The flags of authenticator data (WebAuthn Level 3, section 6.1).
const (
	Present        = 0x01
	Verified       = 0x04
	BackupEligible = 0x08
	BackupState    = 0x10
	attested       = 0x40
)

// The COSE algorithms that a key can have.
const (
	ES256 = -7
	EdDSA = -8
	RS256 = -257
)

// Key is one key of an authenticator. Its exported members can be changed between ceremonies.
type Key struct {
	Origin  string
	Counter uint32 // sent with the next answer, which then counts up; 0 stays 0
	Flags   byte
	AAGUID  [16]byte

	ID     []byte
	Handle []byte // that it was made with
	RPID   string

	algorithm int
	signer    crypto.Signer
}

// New returns a key that has not been registered, of an algorithm that the site need not accept.
func New(tb testing.TB, origin string, algorithm int) *Key {
	tb.Helper()
	k := &Key{Origin: origin, Counter: 1, Flags: Present, algorithm: algorithm, ID: make([]byte, 32)}
	_, _ = rand.Read(k.ID)
	var err error
	switch algorithm {
	case EdDSA:
		_, k.signer, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		k.signer, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		k.signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// Lie changes an answer before it is signed.
type Lie struct {
	Challenge   string
	Type        string
	RPID        string
	CrossOrigin bool
	TopOrigin   string
	Handle      []byte
	OtherID     []byte // sent as the id of the key
	BadSignature,
	NoRawID bool
}

type clientData struct {
	Type        string `json:"type"`
	Challenge   string `json:"challenge"`
	Origin      string `json:"origin"`
	CrossOrigin bool   `json:"crossOrigin"`
	TopOrigin   string `json:"topOrigin,omitempty"`
}

func (k *Key) client(kind, challenge string, lie Lie) []byte {
	c := clientData{Type: kind, Challenge: challenge, Origin: k.Origin, CrossOrigin: lie.CrossOrigin, TopOrigin: lie.TopOrigin}
	if lie.Challenge != "" {
		c.Challenge = lie.Challenge
	}
	if lie.Type != "" {
		c.Type = lie.Type
	}
	raw, _ := json.Marshal(c)
	return raw
}

func (k *Key) data(flags byte, lie Lie) []byte {
	id := k.RPID
	if lie.RPID != "" {
		id = lie.RPID
	}
	hash := sha256.Sum256([]byte(id))
	out := append(hash[:], flags)
	out = binary.BigEndian.AppendUint32(out, k.Counter)
	if k.Counter > 0 {
		k.Counter++
	}
	return out
}

// Public is the public key as a COSE_Key.
func (k *Key) Public(tb testing.TB) []byte {
	tb.Helper()
	cose := map[int]any{3: k.algorithm}
	switch pub := k.signer.Public().(type) {
	case *ecdsa.PublicKey:
		raw, err := pub.Bytes() // 0x04, x, y
		if err != nil {
			tb.Fatal(err)
		}
		cose[1], cose[-1], cose[-2], cose[-3] = 2, 1, raw[1:33], raw[33:]
	case ed25519.PublicKey:
		cose[1], cose[-1], cose[-2] = 1, 6, []byte(pub)
	case *rsa.PublicKey:
		cose[1], cose[-1], cose[-2] = 3, pub.N.Bytes(), []byte{1, 0, 1}
	}
	raw, err := webauthncbor.Marshal(cose)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// Create answers options for navigator.credentials.create.
func (k *Key) Create(tb testing.TB, options string, lie Lie) string {
	tb.Helper()
	var o struct {
		PublicKey struct {
			RP        struct{ ID string }
			User      struct{ ID string }
			Challenge string
		}
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		tb.Fatalf("options %q: %v", options, err)
	}
	k.RPID = o.PublicKey.RP.ID
	k.Handle, _ = base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	data := k.data(k.Flags|attested, lie)
	data = append(data, k.AAGUID[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID)))
	data = append(append(data, k.ID...), k.Public(tb)...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		tb.Fatal(err)
	}
	return k.answer(tb, lie, map[string]any{
		"clientDataJSON":    encode(k.client("webauthn.create", o.PublicKey.Challenge, lie)),
		"attestationObject": encode(object), "transports": []string{"usb"},
	})
}

// Get answers options for navigator.credentials.get.
func (k *Key) Get(tb testing.TB, options string, lie Lie) string {
	tb.Helper()
	var o struct{ PublicKey struct{ Challenge string } }
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		tb.Fatalf("options %q: %v", options, err)
	}
	client := k.client("webauthn.get", o.PublicKey.Challenge, lie)
	data := k.data(k.Flags, lie)
	hash := sha256.Sum256(client)
	signature := k.sign(tb, append(append([]byte(nil), data...), hash[:]...))
	if lie.BadSignature {
		signature[len(signature)-1] ^= 1
	}
	handle := k.Handle
	if lie.Handle != nil {
		handle = lie.Handle
	}
	return k.answer(tb, lie, map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data),
		"signature": encode(signature), "userHandle": encode(handle),
	})
}

func (k *Key) sign(tb testing.TB, what []byte) []byte {
	tb.Helper()
	options, digest := crypto.SignerOpts(crypto.Hash(0)), what
	if k.algorithm != EdDSA {
		sum := sha256.Sum256(what)
		options, digest = crypto.SHA256, sum[:]
	}
	signature, err := k.signer.Sign(rand.Reader, digest, options)
	if err != nil {
		tb.Fatal(err)
	}
	return signature
}

func (k *Key) answer(tb testing.TB, lie Lie, response map[string]any) string {
	tb.Helper()
	id := k.ID
	if lie.OtherID != nil {
		id = lie.OtherID
	}
	out := map[string]any{"id": encode(id), "rawId": encode(id), "type": "public-key", "response": response}
	if lie.NoRawID {
		delete(out, "rawId")
	}
	raw, err := json.Marshal(out)
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
