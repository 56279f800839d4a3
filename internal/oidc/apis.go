package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/symbolon/symbolon/internal/claims"
)

// The APIs of providers whose claims are not, or not all, in an id_token.

// get reads a JSON document with the person's token.
func (p *Provider) get(ctx context.Context, address, scheme string, token *oauth2.Token, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	if scheme != "" {
		request.Header.Set("Authorization", scheme+" "+token.AccessToken)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the API: %w", withoutQuery(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the API's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d", request.URL.Host, answer.StatusCode)
	}
	if json.Unmarshal(body, into) != nil {
		return fmt.Errorf("%s answered with something else than was expected", request.URL.Host)
	}
	return nil
}

// scopesGranted checks that the person agreed to every scope that the operator asked for. A
// provider that says nothing of scopes, such as a GitHub App, is taken at its word.
func (p *Provider) scopesGranted(token *oauth2.Token) error {
	said, _ := token.Extra("scope").(string)
	have := strings.FieldsFunc(said, func(r rune) bool { return r == ',' || r == ' ' })
	if len(have) == 0 && p.spec.omitsScopes {
		return nil
	}
	for _, wanted := range p.config.Scope {
		if !slices.ContainsFunc(have, func(scope string) bool { return scope == wanted || slices.Contains(p.spec.includes[scope], wanted) }) {
			return refused(nil, "Unable to finish because one or more permissions were not granted. Please retry and accept all permissions.")
		}
	}
	return nil
}

// fromUserinfo reads all claims there: some providers put little into the id_token.
func fromUserinfo(ctx context.Context, p *Provider, s *site, token *oauth2.Token) (claims.Claims, error) {
	if s.userinfo == nil {
		return claims.Claims{}, errors.New("the provider has no userinfo endpoint that a discovery document names")
	}
	info, err := s.userinfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return claims.Claims{}, fmt.Errorf("ask userinfo: %w", withoutQuery(err))
	}
	var raw json.RawMessage
	if err := info.Claims(&raw); err != nil {
		return claims.Claims{}, errors.New("userinfo has no claims")
	}
	c, err := claims.Decode(raw)
	c.Issuer = s.issuer
	return c, err
}

func github(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	if err := p.scopesGranted(token); err != nil {
		return claims.Claims{}, err
	}
	var user struct {
		ID                       json.Number
		Name, Login, Blog, Email string
		AvatarURL                string    `json:"avatar_url"`
		HTMLURL                  string    `json:"html_url"`
		UpdatedAt                time.Time `json:"updated_at"`
	}
	if err := p.get(ctx, "https://api.github.com/user", "Bearer", token, &user); err != nil {
		return claims.Claims{}, err
	}
	c := claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID.String(), Name: user.Name, Nickname: user.Login, PreferredUsername: user.Login,
		Website: user.Blog, Picture: user.AvatarURL, Profile: user.HTMLURL, UpdatedAt: user.UpdatedAt.Unix(),
	}
	if !slices.Contains(p.config.Scope, "user:email") {
		return c, nil
	}
	var addresses []struct {
		Email             string
		Primary, Verified bool
	}
	if err := p.get(ctx, "https://api.github.com/user/emails", "Bearer", token, &addresses); err != nil {
		return claims.Claims{}, err
	}
	for _, a := range addresses {
		if a.Primary {
			c.Email, c.EmailVerified = a.Email, a.Verified
		}
	}
	return c, nil
}

func discord(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	if err := p.scopesGranted(token); err != nil {
		return claims.Claims{}, err
	}
	var user struct {
		ID, Username, Discriminator, Avatar, Locale, Email string
		Verified                                           bool
		GlobalName                                         string `json:"global_name"`
	}
	if err := p.get(ctx, "https://discord.com/api/v10/users/@me", "Bearer", token, &user); err != nil {
		return claims.Claims{}, err
	}
	c := claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID, Name: user.Username + "#" + user.Discriminator, Nickname: user.Username,
		PreferredUsername: user.Username, Email: user.Email, EmailVerified: user.Verified, Locale: user.Locale,
	}
	if user.Discriminator == "" || user.Discriminator == "0" { // those are no longer given
		c.Name = user.Username
	}
	if user.GlobalName != "" { // what people chose to be called
		c.Name = user.GlobalName
	}
	if user.Avatar != "" {
		c.Picture = "https://cdn.discordapp.com/avatars/" + url.PathEscape(user.ID) + "/" + url.PathEscape(user.Avatar) + ".png"
	}
	return c, nil
}

func facebook(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	var user struct {
		ID, Name, Email string
		FirstName       string `json:"first_name"`
		LastName        string `json:"last_name"`
		MiddleName      string `json:"middle_name"`
		Picture         struct{ Data struct{ URL string } }
	}
	const address = "https://graph.facebook.com/v19.0/me?fields=id,name,first_name,last_name,middle_name,email,picture.width(500).height(500)"
	if err := p.get(ctx, address, "Bearer", token, &user); err != nil {
		return claims.Claims{}, err
	}
	return claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID, Name: user.Name, GivenName: user.FirstName, FamilyName: user.LastName,
		LastName: user.LastName, MiddleName: user.MiddleName, Email: user.Email, Picture: user.Picture.Data.URL,
	}, nil
}

func yandex(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	var user struct {
		ID, Login, Birthday, Sex string
		FirstName                string                  `json:"first_name"`
		LastName                 string                  `json:"last_name"`
		RealName                 string                  `json:"real_name"`
		Email                    string                  `json:"default_email"`
		Avatar                   string                  `json:"default_avatar_id"`
		AvatarEmpty              bool                    `json:"is_avatar_empty"`
		Phone                    struct{ Number string } `json:"default_phone"`
	}
	if err := p.get(ctx, "https://login.yandex.ru/info?format=json", "OAuth", token, &user); err != nil {
		return claims.Claims{}, err
	}
	c := claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID, Name: user.RealName, GivenName: user.FirstName, FamilyName: user.LastName,
		LastName: user.LastName, Nickname: user.Login, PreferredUsername: user.Login, Email: user.Email, Birthdate: user.Birthday,
		Gender: user.Sex, PhoneNumber: user.Phone.Number,
	}
	if user.Avatar != "" && !user.AvatarEmpty {
		c.Picture = "https://avatars.yandex.net/get-yapic/" + url.PathEscape(user.Avatar) + "/islands-200"
	}
	return c, nil
}

// vk gives the address beside the token.
func vk(ctx context.Context, p *Provider, _ *site, token *oauth2.Token) (claims.Claims, error) {
	var users struct {
		Response []struct {
			ID        json.Number
			FirstName string `json:"first_name"`
			LastName  string `json:"last_name"`
			Nickname  string
			Photo     string `json:"photo_200"`
			Sex       int
			Birthdate string `json:"bdate"`
		}
	}
	query := url.Values{"fields": {"photo_200,nickname,bdate,sex"}, "v": {"5.199"}, "access_token": {token.AccessToken}}
	if err := p.get(ctx, "https://api.vk.com/method/users.get?"+query.Encode(), "", token, &users); err != nil {
		return claims.Claims{}, err
	}
	if len(users.Response) != 1 {
		return claims.Claims{}, errors.New("api.vk.com named not one person")
	}
	user := users.Response[0]
	email, _ := token.Extra("email").(string)
	return claims.Claims{
		Issuer: p.spec.endpoint.TokenURL, Subject: user.ID.String(), Name: strings.TrimSpace(user.FirstName + " " + user.LastName),
		GivenName: user.FirstName, FamilyName: user.LastName, LastName: user.LastName, Nickname: user.Nickname, Email: email,
		Picture: user.Photo, Birthdate: user.Birthdate, Gender: map[int]string{1: "female", 2: "male"}[user.Sex],
	}, nil
}
