package app

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
	"github.com/symbolon/symbolon/internal/netguard"
	"github.com/symbolon/symbolon/internal/webhook"
)

// hookPrograms is how many bodies of one web hook are made at a time.
const hookPrograms = 8

// addHooks gives the engine the web hooks of the configuration.
func (a *composition) addHooks(guard *netguard.Guard, kinds map[flow.Kind]flow.KindConfig) error {
	f := a.config.Selfservice.Flows
	after := map[flow.Kind]map[string]config.After{
		flow.Login: f.Login.After.ByMethod(), flow.Registration: f.Registration.After.ByMethod(), flow.Settings: f.Settings.After.ByMethod(),
	}
	for kind, lists := range map[flow.Kind]struct{ before, all config.Hooks }{
		flow.Login: {before: f.Login.Before}, flow.Registration: {before: f.Registration.Before}, flow.Settings: {before: f.Settings.Before},
		flow.Recovery: {f.Recovery.Before, f.Recovery.After}, flow.Verification: {f.Verification.Before, f.Verification.After},
	} {
		c, at := kinds[kind], "selfservice.flows."+string(kind)
		var err error
		if c.Before, err = a.webHooks(guard, at+".before.hooks", lists.before); err != nil {
			return err
		}
		if c.AfterAll, err = a.webHooks(guard, at+".after.hooks", lists.all); err != nil {
			return err
		}
		for _, name := range lists.all.Names() {
			c.Revokes = c.Revokes || name == flow.HookRevoke
		}
		for method, one := range after[kind] {
			with := c.After[method]
			if with.Web, err = a.webHooks(guard, at+".after."+method+".hooks", one.Hooks); err != nil {
				return err
			}
			c.After[method] = with
		}
		kinds[kind] = c
	}
	return nil
}

// webHooks are the hooks of a list that call another program.
func (a *composition) webHooks(guard *netguard.Guard, at string, list config.Hooks) ([]flow.Hook, error) {
	var out []flow.Hook
	for i, one := range list {
		if one.Web == nil {
			continue
		}
		made, err := a.webHook(guard, fmt.Sprintf("%s[%d]", at, i), *one.Web)
		if err != nil {
			return nil, config.Problems{newProblem(at, err)}
		}
		out = append(out, made)
	}
	return out, nil
}

func (a *composition) webHook(guard *netguard.Guard, at string, w config.WebHook) (flow.Hook, error) {
	c, client, err := a.hookCall(guard, at, "config.", w.Request)
	if err != nil {
		return nil, err
	}
	c.Ignore, c.Parse, c.Marked = w.Ignore, w.Parse, w.Marked
	return webhook.New(c, client, wire1.NewHookShapes(a.config.Serve.Public.BaseURL), a.asides, a.log), nil
}

// newMigration has the password method ask another system, where that is configured.
func (a *composition) newMigration(guard *netguard.Guard) error {
	m := a.config.Password.Migration
	if !m.Enabled {
		return nil
	}
	const at = "selfservice.methods.password.config.migrate_hook.config"
	if m.Request.URL.Reveal() == "" {
		return config.Problems{newProblem(at+".url", errors.New("is needed with migrate_hook.enabled"))}
	}
	if auth := m.Request.Auth; auth.Type == "api_key" && auth.Name == "" {
		return config.Problems{newProblem(at+".auth.config.name", errors.New("is needed with auth.type api_key"))}
	}
	c, client, err := a.hookCall(guard, at, "", m.Request)
	if err != nil {
		return config.Problems{newProblem(at, err)}
	}
	c.Marked = true
	a.migration = webhook.NewMigration(c, client, wire1.NewHookShapes(a.config.Serve.Public.BaseURL), a.asides, a.log)
	return nil
}

// hookCall is what a hook sends, and by what. at names the hook in logs, member what errors are about.
func (a *composition) hookCall(guard *netguard.Guard, at, member string, r config.HTTPRequest) (webhook.Config, *http.Client, error) {
	c := webhook.Config{
		Name: at, URL: r.URL.Reveal(), Method: r.Method, Headers: r.Headers.Reveal(),
		Shown: a.config.WebHookHeaders, Hidden: httpapi.OwnCookies(a.config.Session.Cookie.Name),
		Auth: authOf(r.Auth),
	}
	var err error
	if c.Body, err = a.bodyProgram(guard, at, r, hookPrograms); err != nil {
		return c, nil, fmt.Errorf("%sbody: %w", member, err)
	}
	client, err := guard.WithTimeout(webhook.MaxTime).Client(c.URL)
	if err != nil {
		return c, nil, fmt.Errorf("%surl: %w", member, err)
	}
	return c, client, nil
}
