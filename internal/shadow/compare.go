package shadow

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far times may differ: databases round them, and a replayed request comes
// later.
const tolerance = time.Minute

// comparison compares one answer. Where it may learn, ids and tokens that stand at the same
// place of both answers are taken for each other from then on.
type comparison struct {
	names *names
	learn bool
	found []Item
}

func (c *comparison) differ(at, from, to string) {
	c.found = append(c.found, Item{At: at, Old: from, New: to})
}

func (c *comparison) answers(from, to *answer) {
	if from.status != to.status {
		c.differ("status", strconv.Itoa(from.status), strconv.Itoa(to.status))
		return // the bodies of different answers say nothing more
	}
	c.locations(from.header.Get("Location"), to.header.Get("Location"))
	c.cookies(from.header, to.header)
	a, b := mediaType(from.header), mediaType(to.header)
	if a != b {
		c.differ("content-type", a, b)
		return
	}
	if !strings.HasSuffix(a, "json") {
		return // pages are each server's own
	}
	var x, y any
	if json.Unmarshal(from.body, &x) != nil || json.Unmarshal(to.body, &y) != nil {
		if len(from.body)+len(to.body) > 0 {
			c.differ("body", "", "one of the two is no JSON")
		}
		return
	}
	c.values("body", x, y)
}

func mediaType(h http.Header) string {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")) // empty where there is none
	return kind
}

// locations compares targets by host, path and parameters.
func (c *comparison) locations(from, to string) {
	if from == to {
		return
	}
	a, errA := url.Parse(from)
	b, errB := url.Parse(to)
	if errA != nil || errB != nil || (from == "") != (to == "") {
		c.differ("location", presence(from), presence(to))
		return
	}
	if a.Host != b.Host || c.names.path(a.Path) != b.Path {
		c.differ("location", a.Host+pattern(a.Path), b.Host+pattern(b.Path))
		return
	}
	x, y := map[string]any{}, map[string]any{}
	for name, values := range a.Query() {
		x[name] = values[0]
	}
	for name, values := range b.Query() {
		y[name] = values[0]
	}
	c.values("location", x, y)
}

func presence(text string) string {
	if text == "" {
		return "absent"
	}
	return "present"
}

// cookies compares which cookies are set. The name of the anti-CSRF cookie is each server's
// own.
func (c *comparison) cookies(from, to http.Header) {
	read := func(h http.Header) map[string]*http.Cookie {
		all := map[string]*http.Cookie{}
		for _, cookie := range (&http.Response{Header: h}).Cookies() {
			all[cookieName(cookie.Name)] = cookie
		}
		return all
	}
	a, b := read(from), read(to)
	for _, name := range slices.Sorted(maps.Keys(a)) {
		other := b[name]
		if other == nil || (a[name].MaxAge < 0) != (other.MaxAge < 0) {
			if !strings.HasPrefix(name, "csrf_token") {
				c.differ("set-cookie", name, "")
			}
			continue
		}
		if c.learn {
			c.names.learn(a[name].Value, other.Value)
			c.names.learn(a[name].Name, other.Name)
		}
	}
}

func cookieName(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "__Host-"), "__Secure-")
	if strings.HasPrefix(name, "csrf_token") {
		return "csrf_token"
	}
	return name
}

// values compares JSON. Nothing, null and an empty list are the same, as clients take them.
func (c *comparison) values(at string, from, to any) {
	if empty(from) && empty(to) {
		return
	}
	switch a := from.(type) {
	case map[string]any:
		if b, ok := to.(map[string]any); ok {
			c.members(at, a, b)
			return
		}
	case []any:
		if b, ok := to.([]any); ok {
			c.elements(at, a, b)
			return
		}
	case string:
		if b, ok := to.(string); ok {
			c.texts(at, a, b)
			return
		}
	default:
		if from == to {
			return
		}
	}
	c.differ(at, kind(from), kind(to))
}

func (c *comparison) members(at string, from, to map[string]any) {
	all := maps.Clone(from)
	maps.Copy(all, to)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c.values(at+"."+name, from[name], to[name])
	}
}

func (c *comparison) elements(at string, from, to []any) {
	if len(from) != len(to) {
		c.differ(at, fmt.Sprintf("%d elements", len(from)), fmt.Sprintf("%d elements", len(to)))
		return
	}
	for i := range from {
		c.values(fmt.Sprintf("%s[%d]", at, i), from[i], to[i])
	}
}

func empty(value any) bool {
	list, isList := value.([]any)
	return value == nil || isList && len(list) == 0
}

// kind describes a value without its text.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "absent"
	case string:
		return "a text"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	default:
		return fmt.Sprint(v)
	}
}

var (
	anUUID  = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	aSecret = regexp.MustCompile(`^[A-Za-z0-9_+/=-]{20,}$`)
)

func (c *comparison) texts(at, from, to string) {
	if from == to || c.names.of(from) == to {
		return
	}
	a, errA := time.Parse(time.RFC3339Nano, from)
	b, errB := time.Parse(time.RFC3339Nano, to)
	if errA == nil && errB == nil {
		if a.Sub(b).Abs() > tolerance {
			c.differ(at, "a time", "another time")
		}
		return
	}
	if x, y, ok := documents(from, to); ok {
		c.values(at, x, y)
		return
	}
	switch {
	case sameHost(from, to):
	case anUUID.MatchString(from) && anUUID.MatchString(to):
		if c.learn && c.names.learn(from, to) {
			return
		}
		c.differ(at, "an id", "another id")
	case aSecret.MatchString(from) && aSecret.MatchString(to):
		if c.learn {
			c.names.learn(from, to)
		}
	case strings.HasPrefix(from, "http") && strings.HasPrefix(to, "http"):
		c.locations(from, to)
	default:
		c.differ(at, "a text", "another text")
	}
}

// documents reads the JSON objects that two texts hold at the same place, such as the options
// of a security key.
func documents(from, to string) (x, y any, ok bool) {
	a, b := strings.IndexByte(from, '{'), strings.IndexByte(to, '{')
	endA, endB := strings.LastIndexByte(from, '}'), strings.LastIndexByte(to, '}')
	if a < 0 || a != b || endA < a || endB < b || from[:a] != to[:b] || from[endA+1:] != to[endB+1:] {
		return nil, nil, false
	}
	ok = json.Unmarshal([]byte(from[a:endA+1]), &x) == nil && json.Unmarshal([]byte(to[b:endB+1]), &y) == nil
	return x, y, ok
}

// sameHost reports whether two texts are addresses of connections that differ in their port.
func sameHost(from, to string) bool {
	a, errA := netip.ParseAddrPort(from)
	b, errB := netip.ParseAddrPort(to)
	return errA == nil && errB == nil && a.Addr() == b.Addr()
}
