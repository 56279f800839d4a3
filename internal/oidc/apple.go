package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// clientSecret is what proves to the provider who asks. Apple wants one signed for the
// occasion.
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
