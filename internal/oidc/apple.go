package oidc

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/symbolon/symbolon/internal/claims"
)

// clientSecret authenticates this server to the provider. Apple wants one that is freshly
// signed.
func (p *Provider) clientSecret() (string, error) {
	if p.config.Provider != "apple" {
		return p.config.ClientSecret.Reveal(), nil
	}
	key, err := applePrivateKey(p.config.ApplePrivateKey.Reveal())
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: p.config.ApplePrivateKeyID}}, nil)
	if err != nil {
		return "", fmt.Errorf("apple_private_key: %w", err)
	}
	now := p.now()
	signed, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: p.config.AppleTeamID, Subject: p.config.ClientID, Audience: jwt.Audience{"https://appleid.apple.com"},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(5 * time.Minute)),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign client secret: %w", err)
	}
	return signed, nil
}

func applePrivateKey(text string) (*ecdsa.PrivateKey, error) {
	errKey := errors.New("apple_private_key is not an ECDSA key of curve P-256 in PEM")
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errKey
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParseECPrivateKey(block.Bytes)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if err != nil || !ok || private.Curve != elliptic.P256() {
		return nil, errKey
	}
	return private, nil
}

// appleName adds the name that Apple sends beside the code, the first time alone and
// not signed: it is for traits, and proves nothing.
func appleName(answer url.Values, c *claims.Claims) {
	const longest = 4096
	sent := answer.Get("user")
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if sent == "" || len(sent) > longest || json.Unmarshal([]byte(sent), &user) != nil {
		return
	}
	c.GivenName, c.FamilyName, c.LastName = cmp.Or(c.GivenName, user.Name.First), cmp.Or(c.FamilyName, user.Name.Last), cmp.Or(c.LastName, user.Name.Last)
	c.Name = cmp.Or(c.Name, strings.TrimSpace(user.Name.First+" "+user.Name.Last))
}
