package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// otherName is a name that a release of v26 has for a key of ours.
type otherName struct {
	name, key string
	// convert turns the value into what the key takes; nil if it is the same.
	convert func(*node) *node
	// below tells that v26 has the key's own name too, and that it wins there.
	below bool
	// shared tells that the next name in the list is the same, for another key.
	shared bool
}

// otherNames lists the names of v26 under which keys are read as well.
func otherNames() []otherName {
	const password, provider = "selfservice.methods.password.config.", "selfservice.methods.oidc.config.providers[]."
	return []otherName{
		{name: "selfservice.allowed_return_urls", key: "selfservice.whitelisted_return_urls"},
		{name: "cookies.domain", key: "session.cookie.domain", below: true},
		{name: "cookies.path", key: "session.cookie.path", below: true},
		{name: "cookies.same_site", key: "session.cookie.same_site", below: true},
		{name: password + "min_password_length", key: "password.min_length"},
		{name: password + "max_breaches", key: "password.max_breaches"},
		{name: password + "ignore_network_errors", key: "password.ignore_network_errors"},
		{name: password + "haveibeenpwned_host", key: "password.breach_api_url", convert: hostToURL},
		{name: "courier.message_retries", key: "courier.max_tries", convert: oneMore},
		{name: "security.account_enumeration.mitigate", key: "selfservice.flows.registration.hide_existing", shared: true},
		{name: "security.account_enumeration.mitigate", key: "selfservice.flows.login.tell_methods", convert: opposite},
		{name: "hashers.argon2.dedicated_memory", key: "hashers.budget.memory"},
		{name: "serve.public.tls.cert.path", key: "serve.public.tls.cert_file"},
		{name: "serve.public.tls.key.path", key: "serve.public.tls.key_file"},
		{name: "serve.admin.tls.cert.path", key: "serve.admin.tls.cert_file"},
		{name: "serve.admin.tls.key.path", key: "serve.admin.tls.key_file"},
		{name: "selfservice.methods.webauthn.config.rp.origin", key: "selfservice.methods.webauthn.config.rp.origins", convert: oneItem},
		{name: provider + "microsoft_tenant", key: provider + "tenant"},
	}
}

// namesOf lists the other names of a key.
func namesOf(key string) []string {
	var names []string
	for _, o := range otherNames() {
		if o.key == key {
			names = append(names, o.name)
		}
	}
	return names
}

// hostToURL makes an address of a host, as v26 writes it.
func hostToURL(n *node) *node {
	if (n.shape == text || n.shape == loose) && n.text != "" && !strings.Contains(n.text, "://") {
		return &node{shape: n.shape, text: "https://" + n.text, origin: n.origin}
	}
	return n
}

// oneItem makes a list of one value.
func oneItem(n *node) *node {
	if n.shape == text {
		return &node{shape: list, items: []*node{n}, origin: n.origin}
	}
	return n
}

// opposite turns true into false and the other way round.
func opposite(n *node) *node {
	if v, err := n.asBool(); err == nil {
		return &node{shape: n.shape, text: strconv.FormatBool(!v), origin: n.origin}
	}
	return n
}

// oneMore turns a number of retries into one of tries.
func oneMore(n *node) *node {
	if v, err := n.asInt(); err == nil {
		return &node{shape: n.shape, text: strconv.Itoa(v + 1), origin: n.origin}
	}
	return n
}

// rename moves what one file says under another name to the key. The key's own
// name wins where both are given.
func (l *loader) rename(root *node) {
	for _, o := range otherNames() {
		list, name, inItems := strings.Cut(o.name, "[].")
		if !inItems {
			l.renameIn(root, o.name, o.key, o)
		} else if in := root.below(strings.Split(list, ".")); in != nil {
			for _, item := range in.items {
				l.renameIn(item, name, strings.TrimPrefix(o.key, list+"[]."), o)
			}
		}
	}
}

func (l *loader) renameIn(n *node, name, key string, o otherName) {
	value := n.take(strings.Split(name, "."), !o.shared)
	if value == nil {
		return
	}
	value.origin.As = o.name
	if o.convert != nil {
		value = o.convert(value)
	}
	if !n.put(strings.Split(key, "."), value) && !o.below {
		l.warn(o.key, "is also given as "+o.name+", which has no effect then", value.origin)
	}
}

// take returns a value below an object, and removes it where remove says so; nil if
// there is none.
func (n *node) take(path []string, remove bool) *node {
	last := path[len(path)-1]
	if n = n.below(path[:len(path)-1]); n == nil {
		return nil
	}
	f := n.field(last)
	if f == nil || f.value.shape == null {
		return nil
	}
	value := *f.value
	value.origin = firstKnown(value.origin, f.place)
	if remove {
		n.remove(last)
	}
	return &value
}

// put adds a value below an object unless there is one, or one from a file.
func (n *node) put(path []string, value *node) bool {
	for _, name := range path[:len(path)-1] {
		if n = n.enter(name, object, value.origin); n == nil {
			return false
		}
	}
	last := path[len(path)-1]
	for _, name := range []string{last, last + fileSuffix} {
		if old := n.field(name); old != nil && old.value.shape != null {
			return false
		}
	}
	n.remove(last)
	n.fields = append(n.fields, field{name: last, value: value, place: value.origin})
	return true
}

// absent is a setting of v26 whose feature is not here; what is below it too.
type absent struct {
	name string
	// instead says what to do, or why nothing is lost; empty if there is nothing to say.
	instead string
}

func absentKeys() []absent {
	const always = "it is always so"
	return []absent{
		{"hashers.algorithm", "new passwords are hashed with Argon2id; hashes of bcrypt are verified and replaced"},
		{"hashers.bcrypt", "new passwords are hashed with Argon2id; hashers.limits.bcrypt.cost bounds what is verified"},
		{"hashers.argon2.expected_duration", ""},
		{"hashers.argon2.expected_deviation", ""},
		{"ciphers", "what is sealed is sealed with AES-256-GCM"},
		{"secrets.pagination", ""},
		{"cookies.secure", always + " unless --dev"},
		{"session.cookie.secure", always + " unless --dev"},
		{"cookies.name", "set session.cookie.name"},
		{"serve.public.socket", "set a host and a port"},
		{"serve.admin.socket", "set a host and a port"},
		{"serve.public.request_log", ""},
		{"serve.admin.request_log", ""},
		{"serve.admin.cors", "the admin API is not for browsers"},
		{"log.redaction_text", "sensitive values are never logged"},
		{"tracing", "there is no tracing"},
		{"sqa", "nothing is ever sent home"},
		{"expose_metrics_port", ""},
		{"expose-metrics-port", "the admin listener has /metrics/prometheus"},
		{"profiling_port", ""},
		{"dev", "use --dev"},
		{"help", ""},
		{"watch-courier", always},
		{"sqa-opt-out", "nothing is ever sent home"},
		{"config", ""},
		{"clients.http", "addresses that this file names may be called, others only if they are public or in security.outgoing.allow"},
		{"oauth2_provider", "people cannot sign in to Hydra here: a login_challenge is refused"},
		{"preview", ""},
		{"database", "cleanup.* tells how long rows are kept"},
		{"organizations", ""},
		{"enterprise", ""},
		{"courier.worker", "set courier.workers"},
		{"selfservice.methods.b2b", ""},
		{"selfservice.methods.webauthn.config.rp.icon", "browsers no longer show it"},
		{"selfservice.methods.saml", ""},
		{"selfservice.methods.captcha", ""},
		{"selfservice.methods.oidc.config.base_redirect_uri", "it is serve.public.base_url"},
		{"selfservice.flows.logout.before", ""},
		{"identity.schemas[].selfservice_selectable", ""},
		{atProvider + "account_linking_mode", "set auto_link"},
		{atProvider + "organization_id", ""},
		{atProvider + "fedcm_config_url", ""},
	}
}

// absentHooks are hooks of v26 that are not here.
func absentHooks() []absent {
	return []absent{
		{"verification", "new addresses are always asked to be verified"},
		{"show_verification_ui", "only a registration leads on to it"},
		{"b2b_sso", ""},
		{"organization", ""},
	}
}

// findAbsent finds a setting by the path that the input has.
func findAbsent(path string) (absent, bool) {
	for _, a := range absentKeys() {
		if path == a.name || strings.HasPrefix(path, a.name+".") {
			return a, true
		}
	}
	return absent{}, false
}

// missing notes a setting whose feature is not here.
func (l *loader) missing(name string, a absent, at Origin) {
	if a.instead != "" {
		name += " (" + a.instead + ")"
	}
	if !slices.Contains(l.absent, name) {
		l.absent = append(l.absent, name)
	}
	if l.absentAt.Kind == "" {
		l.absentAt = at
	}
}

// tellMissing names all of them in one warning.
func (l *loader) tellMissing() {
	if len(l.absent) == 0 {
		return
	}
	slices.Sort(l.absent)
	l.warn("", fmt.Sprintf("has settings of features that are not here; they have no effect: %s. See docs/from-ory.md", strings.Join(l.absent, "; ")), Origin{Kind: l.absentAt.Kind, Name: l.absentAt.Name})
}

// dropHooks removes hooks that are not here from a list.
func (l *loader) dropHooks(k Key, n *node) *node {
	items, err := n.asList()
	if err != nil {
		return n // what is wrong with it is said where it is read
	}
	kept := node{shape: list, origin: n.origin}
	for _, item := range items {
		name := item.text
		if f := item.field("hook"); f != nil {
			name = f.value.text
		}
		i := slices.IndexFunc(absentHooks(), func(a absent) bool { return a.name == name })
		if i < 0 || slices.Contains(k.hooks(), name) {
			kept.items = append(kept.items, item)
			continue
		}
		l.missing(k.Path+": "+name, absentHooks()[i], item.origin)
	}
	return &kept
}

// hooks are the names that a list of hooks takes.
func (k Key) hooks() []string {
	names, _ := k.must.schema["enum"].([]string)
	return names
}

// isAbsent notes absent settings, also those below an unknown group that holds no other
// settings, such as cookies.
func (l *loader) isAbsent(path string, f field) bool {
	if a, ok := findAbsent(path); ok {
		l.missing(path, a, f.place)
		return true
	}
	if f.value.shape != object || len(f.value.fields) == 0 {
		return f.value.shape == object && l.isAbsentGroup(path)
	}
	noted, at := l.absent, l.absentAt
	for _, inner := range f.value.fields {
		if !l.isAbsent(join(path, inner.name), inner) {
			l.absent, l.absentAt = noted, at
			return false
		}
	}
	return true
}

func (l *loader) isAbsentGroup(path string) bool {
	return slices.ContainsFunc(absentKeys(), func(a absent) bool { return strings.HasPrefix(a.name, path+".") }) ||
		slices.ContainsFunc(otherNames(), func(o otherName) bool { return strings.HasPrefix(o.name, path+".") })
}
