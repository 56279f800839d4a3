package config

import "strings"

// flowKeys are the settings of flows that v0.5 has.
func flowKeys() []Key {
	const at = "selfservice.flows."
	keys := []Key{uiKey("login"), lifespanKey("login"), returnKey("login", "")}
	keys = append(keys, afterKeys("login", v05, "password", "oidc")...)
	keys = append(keys, uiKey("registration"), lifespanKey("registration"), Key{
		Path: at + "registration.hide_existing", Default: "false", since: ours,
		Help: "Answer a registration for a taken identifier as if it had succeeded and tell the owner by mail, so that strangers can't find out who has an account. A registration then signs no one in, and it counts against security.limits even if it succeeds.",
	}, returnKey("registration", ""))
	keys = append(keys, afterKeys("registration", v05, "password", "oidc")...)
	keys = append(keys, uiKey("settings"), lifespanKey("settings"))
	keys = append(keys, []Key{
		key(at+"settings.privileged_session_max_age", Key{Default: "1h", Example: "15m", must: positive()},
			"How long after signing in a person may change credentials and identifying traits. After that they sign in once more first."),
		key(at+"settings.revoke_other_sessions", Key{Default: "false", since: ours},
			"End the person's other sessions when the password changes."),
		key(at+"settings.keep_address_until_verified", Key{Default: "false", since: ours},
			"When an address changes, let the old one sign in and recover until the new one is proven."),
		returnKey("settings", ""),
	}...)
	keys = append(keys, afterKeys("settings", v05, "password", "profile")...)
	keys = append(keys, afterKeys("settings", ours, "oidc")...)
	return append(keys, []Key{
		key(at+"recovery.enabled", Key{Default: "false"},
			"Let people who forgot their password back in by a link to their address."),
		uiKey("recovery"), lifespanKey("recovery"),
		key(at+"recovery.revoke_other_sessions", Key{Default: "true", since: ours},
			"End the person's sessions when a recovery link is used."),
		key(at+"recovery.after.default_browser_return_url", Key{Example: "https://app.example.org/", NoEffect: "a recovery always continues in the settings form, in v0.5 too"},
			"Where browsers go after a recovery."),
		key(at+"verification.enabled", Key{Default: "false"},
			"Let people prove their addresses by a link, and send it to new ones."),
		uiKey("verification"), lifespanKey("verification"), returnKey("verification", ""), returnKey("logout", ""), uiKey("error"),
	}...)
}

// uiKey is the page of a flow.
func uiKey(flow string) Key {
	return Key{
		Path: "selfservice.flows." + flow + ".ui_url", Example: "https://app.example.org/" + flow, must: visitable(),
		Help: "The page that shows the " + flow + " form; it is called with ?flow=ID (the error page with ?error=ID). When unset, the built-in one.",
	}
}

func lifespanKey(flow string) Key {
	return Key{
		Path: "selfservice.flows." + flow + ".lifespan", Default: "1h", Example: "10m", must: positive(),
		Help: "How long a " + flow + " form, and a link that was sent for it, can be used.",
	}
}

// returnKey is where a flow's success leads; method is empty for all of them.
func returnKey(flow, method string) Key {
	path, subject := "selfservice.flows."+flow+".after.", flow
	if method != "" {
		path, subject = path+method+".", flow+" with "+method
	}
	return Key{
		Path: path + "default_browser_return_url", Example: "https://app.example.org/after-" + flow, must: visitable(),
		Help: "Where browsers go after " + subject + " succeeded, unless return_to said otherwise.",
	}
}

// afterKeys are the settings below after.METHOD.
func afterKeys(flow string, since release, methods ...string) []Key {
	var keys []Key
	example, takes, help := hooksOf(flow)
	for _, method := range methods {
		to := returnKey(flow, method)
		to.since = since
		keys = append(keys, to, Key{
			Path: "selfservice.flows." + flow + ".after." + method + ".hooks", Example: example, must: oneOf(takes...), since: since,
			Help: "What to do after " + flow + " with " + method + " succeeded. " + help + " " + webHookHelp + " In files each is written {hook: " + example + "}.",
		})
	}
	return keys
}

// webHookHelp is what every list of hooks takes.
const webHookHelp = "`web_hook` calls another program: see docs/web-hooks.md."

// hooksOf tells which hooks the methods of a flow take, with an example.
func hooksOf(flow string) (example string, takes []string, help string) {
	switch flow {
	case "login":
		return "revoke_active_sessions", []string{"revoke_active_sessions", "require_verified_address", HookWeb},
			"`revoke_active_sessions` ends the person's other sessions; `require_verified_address` refuses a sign-in to an account that has no " +
				"proven address, and asks to prove one."
	case "registration":
		return "session", []string{"session", "show_verification_ui", HookWeb},
			"`session` signs the person in at once; `show_verification_ui` leads on to proving the address."
	default: // settings
		return "verify", []string{"verify", "revoke_active_sessions", HookWeb},
			"`revoke_active_sessions` ends the person's other sessions when a credential changes; `verify` is accepted and has no effect, " +
				"as in v0.5: new addresses are always asked to be verified while verification is on."
	}
}

// factorAfterKeys are the hooks of all methods of a flow, and the settings below after.METHOD of the methods that v0.5 lacks.
func factorAfterKeys() []Key {
	var keys []Key
	for _, flow := range []string{"login", "registration"} {
		example, takes, _ := hooksOf(flow)
		keys = append(keys, Key{
			Path: "selfservice.flows." + flow + ".after.hooks", since: v26, Example: example, must: oneOf(takes...),
			Help: "What to do after " + flow + " with a method whose own hooks are not set.",
		})
	}
	keys = append(keys, stepHooksKeys()...)
	keys = append(keys, afterKeys("login", v26, "code", "webauthn", "passkey", "totp", "lookup_secret")...)
	keys = append(keys, afterKeys("registration", v26, "code", "webauthn", "passkey")...)
	return append(keys, afterKeys("settings", v26, "totp", "lookup_secret", "webauthn", "passkey")...)
}

// stepHooksKeys are the hooks that every method of a flow has: before it, and where the flow has none by method after it.
func stepHooksKeys() []Key {
	const example = `[{"hook":"web_hook","config":{"url":"https://app.example.org/hook","method":"POST"}}]`
	keys := []Key{
		key("clients.web_hook.header_allowlist", Key{since: v26, Default: strings.Join(webHookHeaders(), ","), Example: "User-Agent,Accept-Language"},
			"The headers of a request that the programs of web hooks are given, as ctx.request_headers."),
	}
	after := map[string][]string{
		"settings": {HookWeb, "revoke_active_sessions"}, "recovery": {HookWeb, "revoke_active_sessions"}, "verification": {HookWeb},
	}
	for _, flow := range []string{"login", "registration", "settings", "recovery", "verification"} {
		keys = append(keys, Key{
			Path: "selfservice.flows." + flow + ".before.hooks", since: v26, Example: example, must: oneOf(HookWeb),
			Help: "What to do when a " + flow + " starts. " + webHookHelp,
		})
		if takes, ok := after[flow]; ok {
			keys = append(keys, Key{
				Path: "selfservice.flows." + flow + ".after.hooks", since: v26, Example: example, must: oneOf(takes...),
				Help: "What to do after " + flow + ", with a method whose own hooks are not set. " + webHookHelp,
			})
		}
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
