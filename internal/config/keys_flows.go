package config

import "time"

func flowKeys() []Key {
	return append(append(append(loginKeys(), registrationKeys()...), settingsKeys()...), otherFlowKeys()...)
}

// uiKey is the page of a flow.
func uiKey(flow string, f func(*Config) any) Key {
	return Key{
		Path: "selfservice.flows." + flow + ".ui_url", ref: in(f), Example: "https://app.example.org/" + flow,
		Help: "The page that shows the " + flow + " form; it is called with ?flow=ID (the error page with ?error=ID). When unset, the built-in one.",
	}
}

func lifespanKey(flow string, f func(*Config) *time.Duration) Key {
	return Key{
		Path: "selfservice.flows." + flow + ".lifespan", ref: in(func(c *Config) any { return f(c) }), Default: "1h", Example: "10m",
		rules: []rule{positive()},
		Help:  "How long a " + flow + " form, and a link that was sent for it, can be used.",
	}
}

// returnKey is where a flow's success leads; method is empty for all of them.
func returnKey(flow, method string, f func(*Config) any) Key {
	path, subject := "selfservice.flows."+flow+".after.", flow
	if method != "" {
		path, subject = path+method+".", flow+" with "+method
	}
	return Key{
		Path: path + "default_browser_return_url", ref: in(f), Example: "https://app.example.org/after-" + flow,
		Help: "Where browsers go after " + subject + " succeeded, unless return_to said otherwise.",
	}
}

func hooksKey(flow, method, hook, help string, f func(*Config) *Hooks) Key {
	return Key{
		Path: "selfservice.flows." + flow + ".after." + method + ".hooks", ref: in(func(c *Config) any { return f(c) }), Example: hook,
		rules: []rule{oneOf(hooksOf(flow)...)},
		Help:  "What to do after " + flow + " with " + method + " succeeded. " + help + " " + webHookHelp + " In files each is written {hook: " + hook + "}.",
	}
}

// The hooks of the kinds of flow.
const (
	loginHooksHelp = "`revoke_active_sessions` ends the person's other sessions; `require_verified_address` refuses a sign-in to an account that has no " +
		"proven address, and asks to prove one."
	registrationHooksHelp = "`session` signs the person in at once; `show_verification_ui` leads on to proving the address."
	settingsHooksHelp     = "`revoke_active_sessions` ends the person's other sessions when a credential changes; `verify` is accepted and has no effect, " +
		"as in v0.5: new addresses are always asked to be verified while verification is on."
)

// webHookHelp is what every list of hooks takes.
const webHookHelp = "`web_hook` calls another program: see docs/web-hooks.md."

func hooksOf(flow string) []string {
	switch flow {
	case "login":
		return []string{"revoke_active_sessions", "require_verified_address", HookWeb}
	case "registration":
		return []string{"session", "show_verification_ui", HookWeb}
	case "settings":
		return []string{"verify", "revoke_active_sessions", HookWeb}
	}
	return []string{HookWeb}
}

// afterKeys are the settings below after.METHOD.
func afterKeys(flow, method, hook, help string, f func(*Config) *After) []Key {
	return []Key{
		returnKey(flow, method, func(c *Config) any { return &f(c).DefaultBrowserReturnURL }),
		hooksKey(flow, method, hook, help, func(c *Config) *Hooks { return &f(c).Hooks }),
	}
}

func loginKeys() []Key {
	const help = loginHooksHelp
	keys := []Key{
		uiKey("login", func(c *Config) any { return &c.Selfservice.Flows.Login.UIURL }),
		lifespanKey("login", func(c *Config) *time.Duration { return &c.Selfservice.Flows.Login.Lifespan }),
		returnKey("login", "", func(c *Config) any { return &c.Selfservice.Flows.Login.After.DefaultBrowserReturnURL }),
	}
	keys = append(keys, afterKeys("login", "password", "revoke_active_sessions", help, func(c *Config) *After { return &c.Selfservice.Flows.Login.After.Password })...)
	return append(keys, afterKeys("login", "oidc", "revoke_active_sessions", help, func(c *Config) *After { return &c.Selfservice.Flows.Login.After.OIDC })...)
}

func registrationKeys() []Key {
	const help = registrationHooksHelp
	keys := []Key{
		uiKey("registration", func(c *Config) any { return &c.Selfservice.Flows.Registration.UIURL }),
		lifespanKey("registration", func(c *Config) *time.Duration { return &c.Selfservice.Flows.Registration.Lifespan }),
		{
			Path: "selfservice.flows.registration.hide_existing", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Registration.HideExisting }), Default: "false", Example: "true", Own: true,
			Help: "Answer a registration for a taken identifier as if it had succeeded and tell the owner by mail, so that strangers can't find out who has an account. A registration then signs no one in, and it counts against security.limits even if it succeeds.",
		},
		returnKey("registration", "", func(c *Config) any { return &c.Selfservice.Flows.Registration.After.DefaultBrowserReturnURL }),
	}
	keys = append(keys, afterKeys("registration", "password", "session", help, func(c *Config) *After { return &c.Selfservice.Flows.Registration.After.Password })...)
	return append(keys, afterKeys("registration", "oidc", "session", help, func(c *Config) *After { return &c.Selfservice.Flows.Registration.After.OIDC })...)
}

func settingsKeys() []Key {
	const at = "selfservice.flows.settings."
	const help = settingsHooksHelp
	keys := []Key{
		uiKey("settings", func(c *Config) any { return &c.Selfservice.Flows.Settings.UIURL }),
		lifespanKey("settings", func(c *Config) *time.Duration { return &c.Selfservice.Flows.Settings.Lifespan }),
		{
			Path: at + "privileged_session_max_age", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Settings.PrivilegedSessionMaxAge }), Default: "1h", Example: "15m",
			rules: []rule{positive()},
			Help:  "How long after signing in a person may change credentials and identifying traits. After that they sign in once more first.",
		},
		{
			Path: at + "revoke_other_sessions", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Settings.RevokeOtherSessions }), Default: "false", Example: "true", Own: true,
			Help: "End the person's other sessions when the password changes.",
		},
		{
			Path: at + "keep_address_until_verified", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Settings.KeepAddressUntilVerified }), Default: "false", Example: "true", Own: true,
			Help: "When an address changes, let the old one sign in and recover until the new one is proven.",
		},
		returnKey("settings", "", func(c *Config) any { return &c.Selfservice.Flows.Settings.After.DefaultBrowserReturnURL }),
	}
	keys = append(keys, afterKeys("settings", "password", "verify", help, func(c *Config) *After { return &c.Selfservice.Flows.Settings.After.Password })...)
	keys = append(keys, afterKeys("settings", "profile", "verify", help, func(c *Config) *After { return &c.Selfservice.Flows.Settings.After.Profile })...)
	oidc := afterKeys("settings", "oidc", "verify", help, func(c *Config) *After { return &c.Selfservice.Flows.Settings.After.OIDC })
	for i := range oidc {
		oidc[i].Own = true
	}
	return append(keys, oidc...)
}

func otherFlowKeys() []Key {
	const at = "selfservice.flows."
	return []Key{
		{
			Path: at + "recovery.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Recovery.Enabled }), Default: "false", Example: "true",
			Help: "Let people who forgot their password back in by a link to their address.",
		},
		uiKey("recovery", func(c *Config) any { return &c.Selfservice.Flows.Recovery.UIURL }),
		lifespanKey("recovery", func(c *Config) *time.Duration { return &c.Selfservice.Flows.Recovery.Lifespan }),
		{
			Path: at + "recovery.revoke_other_sessions", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Recovery.RevokeOtherSessions }), Default: "true", Example: "false", Own: true,
			Help: "End the person's sessions when a recovery link is used.",
		},
		{
			Path: at + "recovery.after.default_browser_return_url", ref: dropped[string](), Example: "https://app.example.org/",
			NoEffect: "a recovery always continues in the settings form, in v0.5 too",
			Help:     "Where browsers go after a recovery.",
		},
		{
			Path: at + "verification.enabled", ref: in(func(c *Config) any { return &c.Selfservice.Flows.Verification.Enabled }), Default: "false", Example: "true",
			Help: "Let people prove their addresses by a link, and send it to new ones.",
		},
		uiKey("verification", func(c *Config) any { return &c.Selfservice.Flows.Verification.UIURL }),
		lifespanKey("verification", func(c *Config) *time.Duration { return &c.Selfservice.Flows.Verification.Lifespan }),
		returnKey("verification", "", func(c *Config) any { return &c.Selfservice.Flows.Verification.DefaultBrowserReturnURL }),
		returnKey("logout", "", func(c *Config) any { return &c.Selfservice.Flows.Logout.DefaultBrowserReturnURL }),
		uiKey("error", func(c *Config) any { return &c.Selfservice.Flows.Error.UIURL }),
	}
}
