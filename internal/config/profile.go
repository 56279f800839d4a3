package config

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

//go:embed profile.yaml
var profile []byte

//go:embed profile_v1.yaml
var profileV1 []byte

// era is the sort of release that a file was written for.
type era int

const (
	eraUnknown era = iota
	eraV05         // v0.5 and older
	eraV1          // v0.6 and newer: v1, v25, v26 …
)

func eraOf(version string) era {
	number := regexp.MustCompile(`^v?([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:[.+-].*)?$`).FindStringSubmatch(version)
	if number == nil {
		return eraUnknown
	}
	major, _ := strconv.Atoi(number[1])
	minor, _ := strconv.Atoi(number[2])
	if major == 0 && minor <= 5 {
		return eraV05
	}
	return eraV1
}

// profile is what applies before any file does, by path. Files that say that
// they were written for v0.5 have its defaults instead.
func (l *loader) profile(files *node) map[string]*node {
	found := map[string]*node{}
	version := l.source.Release
	if f := files.field("version"); f != nil {
		version = f.value.text // of any shape
	}
	texts := [][]byte{profile}
	switch eraOf(version) {
	case eraV05:
		l.config.V05 = true
		return found
	case eraV1:
		texts = append(texts, profileV1)
	case eraUnknown:
	}
	for _, text := range texts {
		root, p := readYAML(text, FromProfile, "")
		if p != nil {
			l.fail("", p.Text, p.Origin)
			return found
		}
		if !l.config.Embedded {
			root.remove("dsn") // a file that names none may have lost it
		}
		maps.Copy(found, l.collect("", root))
	}
	return found
}

// weaker names what a file of v0.5 leaves weaker than the profile does.
func (l *loader) weaker() {
	if !l.config.V05 {
		return
	}
	root, p := readYAML(profile, FromProfile, "")
	if p != nil {
		return
	}
	root.remove("dsn")
	root.remove("serve")
	for path, n := range l.collect("", root) {
		k, ok := l.find(path)
		if _, said := l.origins[path]; said || !ok || k.since == v26 || wisdom(path) == "" {
			continue
		}
		is, better := k.Default, n.text
		if k.kind == kindHooks {
			is, better = "not set", "[{hook: "+n.items[0].field("hook").value.text+"}]"
		}
		l.warn(path, fmt.Sprintf("is %s, as in v0.5; %s", is, fmt.Sprintf(wisdom(path), better)), Origin{})
	}
}

// wisdom says why the value of the profile is better; empty if it is merely more.
func wisdom(path string) string {
	switch {
	case strings.HasSuffix(path, "deletion.enabled"):
		return ""
	case strings.HasSuffix(path, ".hooks"):
		return "people have to sign in after they registered: set it to %s"
	case strings.HasPrefix(path, "password."):
		return "weak passwords are accepted: set it to %s"
	case strings.HasSuffix(path, "revoke_other_sessions"):
		return "an intruder stays signed in when the password changes: set it to %s"
	case path == "link.confirm":
		return "mail scanners use links up: set it to %s"
	case strings.HasSuffix(path, "recovery.enabled"):
		return "people who forget their password are locked out: set it to %s"
	}
	return "addresses are never proven: set it to %s"
}
