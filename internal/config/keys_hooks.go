package config

import "strings"

// stepHooksKeys are the hooks that every method of a flow has: before it, and where the flow has none by method after it.
func stepHooksKeys() []Key {
	keys := []Key{
		v26("clients.web_hook.header_allowlist", func(c *Config) any { return &c.WebHookHeaders }, Key{
			Default: strings.Join(webHookHeaders(), ","), Example: "User-Agent,Accept-Language",
			Help: "The headers of a request that the programs of web hooks are given, as ctx.request_headers.",
		}),
	}
	flows := func(c *Config) *Flows { return &c.Selfservice.Flows }
	for _, one := range []struct {
		flow          string
		before, after func(*Config) *Hooks
	}{
		{"login", func(c *Config) *Hooks { return &flows(c).Login.Before }, nil},
		{"registration", func(c *Config) *Hooks { return &flows(c).Registration.Before }, nil},
		{"settings", func(c *Config) *Hooks { return &flows(c).Settings.Before }, func(c *Config) *Hooks { return &flows(c).Settings.After.Hooks }},
		{"recovery", func(c *Config) *Hooks { return &flows(c).Recovery.Before }, func(c *Config) *Hooks { return &flows(c).Recovery.After }},
		{"verification", func(c *Config) *Hooks { return &flows(c).Verification.Before }, func(c *Config) *Hooks { return &flows(c).Verification.After }},
	} {
		keys = append(keys, v26("selfservice.flows."+one.flow+".before.hooks", func(c *Config) any { return one.before(c) }, Key{
			Example: `[{"hook":"web_hook","config":{"url":"https://app.example.org/hook","method":"POST"}}]`, rules: []rule{oneOf(HookWeb)},
			Help: "What to do when a " + one.flow + " starts. " + webHookHelp,
		}))
		if one.after == nil {
			continue
		}
		takes := []string{HookWeb, "revoke_active_sessions"}
		if one.flow == "verification" {
			takes = takes[:1]
		}
		keys = append(keys, v26("selfservice.flows."+one.flow+".after.hooks", func(c *Config) any { return one.after(c) }, Key{
			Example: `[{"hook":"web_hook","config":{"url":"https://app.example.org/hook","method":"POST"}}]`, rules: []rule{oneOf(takes...)},
			Help: "What to do after " + one.flow + ", with a method whose own hooks are not set. " + webHookHelp,
		}))
	}
	return keys
}

// webHookHeaders are the headers that say nothing secret.
func webHookHeaders() []string {
	return []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Content-Length", "Content-Type", "Origin", "Priority", "Referer", "Sec-Ch-Ua",
		"Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "True-Client-Ip", "User-Agent",
	}
}

func allHooksKey(flow, hook string, f func(*Config) *Hooks) Key {
	return v26("selfservice.flows."+flow+".after.hooks", func(c *Config) any { return f(c) }, Key{
		Example: hook, rules: []rule{oneOf(hooksOf(flow)...)},
		Help: "What to do after " + flow + " with a method whose own hooks are not set.",
	})
}
