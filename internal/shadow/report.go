package shadow

import (
	"regexp"
	"strings"
)

// Difference is one request that the two servers answer differently.
type Difference struct {
	Method      string `json:"method"`
	Path        string `json:"path"` // ids are written as {id}
	Differences []Item `json:"differences"`
}

// Item is one part of an answer. Old and New are statuses, types, numbers and names, never
// texts of people.
type Item struct {
	At  string `json:"at"`
	Old string `json:"old"`
	New string `json:"new"`
}

// Summary counts requests by method and path.
type Summary struct {
	Count
	Paths map[string]*Count
}

// Count is how many requests were answered by the old server alone because they change
// something (Forwarded), or could not be compared (Skipped), and how answers compared.
type Count struct{ Equal, Different, Forwarded, Skipped int }

// maxPaths bounds the paths that are counted apart.
const maxPaths = 500

func (p *Proxy) counted(e *exchange, add func(*Count)) {
	name := e.method + " " + pattern(e.url.Path)
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.count.Count)
	c := p.count.Paths[name]
	if c == nil && len(p.count.Paths) < maxPaths {
		c = &Count{}
		p.count.Paths[name] = c
	}
	if c != nil {
		add(c)
	}
}

// Summary returns the counts so far.
func (p *Proxy) Summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Summary{Count: p.count.Count, Paths: map[string]*Count{}}
	for name, c := range p.count.Paths {
		copied := *c
		out.Paths[name] = &copied
	}
	return out
}

// anID matches ids within a path, and other long words that are unlike names of routes.
var anID = regexp.MustCompile(`/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|/[A-Za-z0-9_=-]{24,}`)

func pattern(path string) string {
	return strings.ToValidUTF8(anID.ReplaceAllString(path, "/{id}"), "?")
}
