package ceremonytest

// Lies are answers that no honest browser gives to either ceremony, by name: each function changes the key where needed
// and returns the lie to answer with. site is the origin that is served.
func Lies(site string) map[string]func(*Key) Lie {
	origin := func(to string) func(*Key) Lie {
		return func(k *Key) Lie { k.Origin = to; return Lie{} }
	}
	lie := func(l Lie) func(*Key) Lie {
		return func(*Key) Lie { return l }
	}
	return map[string]func(*Key) Lie{
		"origin of another site":   origin("https://evil.example"),
		"origin of a subdomain":    origin("https://evil.id.example.org"),
		"origin with another port": origin(site + ":8443"),
		"origin over http":         origin("http://id.example.org"),
		"origin with a path":       origin(site + "/path"),
		"origin in capitals":       origin("https://ID.example.org"),
		"origin null":              origin("null"),
		"rp id":                    lie(Lie{RPID: "evil.example"}),
		"challenge":                lie(Lie{Challenge: "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"}),
		"cross-origin frame":       lie(Lie{CrossOrigin: true}),
		"foreign top origin":       lie(Lie{CrossOrigin: true, TopOrigin: "https://evil.example"}),
		"no user present":          func(k *Key) Lie { k.Flags &^= Present; return Lie{} },
		"backed up but not eligible": func(k *Key) Lie {
			k.Flags |= BackupState
			return Lie{}
		},
	}
}

// CreationLies are the lies about a new key.
func CreationLies(site string) map[string]func(*Key) Lie {
	all := Lies(site)
	all["type of the other ceremony"] = func(*Key) Lie { return Lie{Type: "webauthn.get"} }
	return all
}

// AssertionLies are the lies about a key that is registered.
func AssertionLies(site string) map[string]func(*Key) Lie {
	all := Lies(site)
	all["type of the other ceremony"] = func(*Key) Lie { return Lie{Type: "webauthn.create"} }
	all["signature"] = func(*Key) Lie { return Lie{BadSignature: true} }
	all["foreign handle"] = func(*Key) Lie { return Lie{Handle: []byte("another person")} }
	all["unknown key"] = func(*Key) Lie { return Lie{OtherID: []byte("unknown")} }
	all["eligibility changed"] = func(k *Key) Lie {
		k.Flags |= BackupEligible
		return Lie{}
	}
	return all
}
