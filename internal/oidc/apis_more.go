package oidc

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/symbolon/symbolon/internal/claims"
)

func spotify(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	if err := p.scopesGranted(token); err != nil {
		return claims.Claims{}, err
	}
	var user struct {
		ID, Email   string
		DisplayName string `json:"display_name"`
		Images      []struct{ URL string }
		URLs        struct{ Spotify string } `json:"external_urls"`
	}
	if err := p.get(ctx, "https://api.spotify.com/v1/me", "Bearer", token, &user); err != nil {
		return claims.Claims{}, err
	}
	c := claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID, Name: user.DisplayName, Nickname: user.DisplayName, Profile: user.URLs.Spotify, Email: user.Email,
	}
	if len(user.Images) > 0 {
		c.Picture = user.Images[0].URL
	}
	return c, nil
}

func amazon(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	var user struct {
		ID          string `json:"user_id"`
		Name, Email string
	}
	if err := p.get(ctx, "https://api.amazon.com/user/profile", "Bearer", token, &user); err != nil {
		return claims.Claims{}, err
	}
	return claims.Claims{Issuer: p.spec.endpoint.TokenURL, Subject: user.ID, Name: user.Name, Email: user.Email}, nil
}
