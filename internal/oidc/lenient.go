package oidc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Providers bend the standard where the libraries are strict. What they send is put
// right before a library reads it; nothing of it makes an answer trusted that is not.

// rewriting changes answers in JSON.
type rewriting struct {
	client  *http.Client
	rewrite func(document []byte) []byte
}

// RoundTrip implements http.RoundTripper.
func (r rewriting) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.client.Transport.RoundTrip(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	raw, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	raw = r.rewrite(raw)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// through is ctx with a client whose answers are rewritten.
func (p *Provider) through(ctx context.Context, rewrite func([]byte) []byte) context.Context {
	client := *p.client
	client.Transport = rewriting{client: p.client, rewrite: rewrite}
	return oidc.ClientContext(ctx, &client)
}

// usableKeys leaves out the keys of a set that cannot be read: one such key, which
// may use an unknown algorithm or a broken certificate, must not stop every sign-in
// (RFC 7517 section 5: implementations should ignore keys that they do not understand).
func usableKeys(document []byte) []byte {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(document, &set) != nil {
		return document
	}
	usable := []json.RawMessage{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.Valid() {
			usable = append(usable, raw)
		}
	}
	cleaned, err := json.Marshal(map[string]any{"keys": usable})
	if err != nil {
		return document
	}
	return cleaned
}

// wholeSeconds makes expires_in of an answer of the token endpoint an integer. Some
// write 3599.0, or text.
func wholeSeconds(document []byte) []byte {
	members, ok := objectOf(document)
	if !ok {
		return document
	}
	if seconds, sent := members["expires_in"]; sent {
		if whole, ok := integer(seconds); ok {
			members["expires_in"] = whole
		} else {
			delete(members, "expires_in") // nothing here depends on it
		}
	}
	return encoded(members, document)
}

// plainClaims makes sub and azp texts and the times whole numbers.
func plainClaims(document []byte) []byte {
	members, ok := objectOf(document)
	if !ok {
		return document
	}
	for _, name := range []string{"sub", "azp"} {
		if number, ok := members[name].(json.Number); ok {
			members[name] = number.String()
		}
	}
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		if whole, ok := integer(members[name]); ok {
			members[name] = whole
		}
	}
	return encoded(members, document)
}

func objectOf(document []byte) (map[string]any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var members map[string]any
	err := decoder.Decode(&members)
	return members, err == nil && members != nil
}

func encoded(members map[string]any, or []byte) []byte {
	raw, err := json.Marshal(members)
	if err != nil {
		return or
	}
	return raw
}

// integer reads a number, or one in text, and cuts its fraction off.
func integer(v any) (json.Number, bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if text == "" || len(text) > 40 {
		return "", false
	}
	f, _, err := big.ParseFloat(text, 10, 128, big.ToZero)
	if err != nil || f.IsInf() || f.MantExp(nil) > 62 {
		return "", false
	}
	whole, _ := f.Int(nil)
	return json.Number(whole.String()), true
}

// verified is a key set of one token whose signature has been verified.
type verified struct {
	token   string
	payload []byte
}

// VerifySignature implements oidc.KeySet.
func (v verified) VerifySignature(_ context.Context, token string) ([]byte, error) {
	if token != v.token {
		return nil, errors.New("another token than the verified one")
	}
	return v.payload, nil
}

// plain verifies the signature of an id_token and returns it with plain claims, for the
// library to judge everything else.
func plain(ctx context.Context, keys oidc.KeySet, raw string) (string, verified, error) {
	payload, err := keys.VerifySignature(ctx, raw)
	if err != nil {
		return "", verified{}, err
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", verified{}, errors.New("not a signed token")
	}
	payload = plainClaims(payload)
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	token := strings.Join(parts, ".")
	return token, verified{token: token, payload: payload}, nil
}
