package webui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/locale"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/session"
)

// The limits of what the welcome page lists.
const (
	maxTraits = 50
	maxDepth  = 8 // of objects and arrays within each other
)

// account is what the pages show of a signed-in person.
type account struct {
	Traits   []trait
	Since    moment
	Until    moment
	Settings string
	Logout   string
	Home     string
	App      link   // where the operator's application is; empty if that is unknown
	Initial  string // of the person's name
}

// trait is one thing known of a person.
type trait struct {
	Label, Value string
	// Proof says of an address whether it is confirmed.
	Proof    string
	Verified bool
	Verify   string // where to confirm it; empty if that is done or not served
}

// moment is a point in time for machines and for people.
type moment struct{ Machine, Text string }

func (l *language) at(t time.Time) moment {
	return moment{Machine: t.UTC().Format(time.RFC3339), Text: locale.Moment(l.Lang, t)}
}

// welcomePage is what the first page shows.
type welcomePage struct {
	Account *account // nil for visitors
	SignIn  string
	SignUp  string
	Recover string
	// FirstRun shows what an operator may try next, with the addresses to use.
	FirstRun bool
	Whoami   string
	Mailbox  string
}

// welcome is the first page.
func (p *Pages) welcome(w http.ResponseWriter, r *http.Request) error {
	s, err := p.source.PageSession(r)
	if err != nil {
		return err
	}
	d := p.page(r, pageWelcome, "welcome")
	body := &welcomePage{
		SignIn: p.start(flow.Login, ""), SignUp: p.start(flow.Registration, ""),
		FirstRun: p.config.FirstRun, Mailbox: p.config.Mailbox,
	}
	d.Body = body
	// The session check is at the root, whatever wire the root speaks and the pages use.
	body.Whoami = p.source.StartURL(flow.Login).ResolveReference(&url.URL{Path: p.config.BasePath + "sessions/whoami"}).String()
	key, name := "page.welcome", ""
	if s != nil {
		d.Person, body.Account = personName(s.Identity), p.accountOf(d, s)
		p.accountPage(d)
		key = "page.account"
		if name = givenName(s.Identity); name != "" {
			key = "page.account_named"
		}
	}
	if err := d.titled(key, "product", p.config.Product, "name", name); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, d)
}

// accountOf describes a session and its owner.
func (p *Pages) accountOf(d *page, s *session.Session) *account {
	a := &account{
		Since: d.at(s.AuthenticatedAt), Until: d.at(s.ExpiresAt),
		Settings: p.start(flow.Settings, ""), Logout: p.source.LogoutURL().String(), Home: p.config.BasePath,
	}
	if p.config.App != nil {
		a.App = link{Text: strings.ReplaceAll(d.first("account.app"), "{app}", p.config.App.Hostname()), URL: p.config.App.String()}
	}
	a.Initial = initial(cmp.Or(givenName(s.Identity), personName(s.Identity)))
	if s.Identity == nil {
		return a
	}
	for _, t := range d.listTraits(s.Identity.Traits) {
		p.addProof(d, &t, s.Identity.Verifiable)
		a.Traits = append(a.Traits, t)
	}
	return a
}

// addProof says of a trait that is an address whether it is confirmed.
func (p *Pages) addProof(d *page, t *trait, addresses []identity.Address) {
	for _, a := range addresses {
		if a.Value != t.Value {
			continue
		}
		t.Verified = a.Verified
		if a.Verified {
			t.Proof = d.first("account.verified")
			return
		}
		t.Proof = d.first("account.unverified")
		if p.config.Verification {
			t.Verify = p.start(flow.Verification, "")
		}
	}
}

// personName is what to call the owner of an identity: an address or a name they
// know, else the id.
func personName(i *identity.Identity) string {
	if i == nil {
		return ""
	}
	for _, list := range [][]identity.Address{i.Verifiable, i.Recovery} {
		if len(list) > 0 {
			return list[0].Value
		}
	}
	var known struct {
		Email    any `json:"email"`
		Username any `json:"username"`
	}
	// Traits of another shape leave both empty.
	_ = json.Unmarshal(i.Traits, &known)
	for _, v := range []any{known.Email, known.Username} {
		if name, ok := v.(string); ok && name != "" {
			return name
		}
	}
	return i.ID
}

// maxGivenName bounds what is put into a heading, in bytes.
const maxGivenName = 64

// givenName is how to greet the owner of an identity, empty if that is unknown.
func givenName(i *identity.Identity) string {
	if i == nil {
		return ""
	}
	var known struct {
		Name      any `json:"name"`
		FirstName any `json:"first_name"`
		GivenName any `json:"given_name"`
	}
	_ = json.Unmarshal(i.Traits, &known) // traits of another shape have no name
	if parts, ok := known.Name.(map[string]any); ok {
		known.Name = parts["first"]
	}
	for _, v := range []any{known.Name, known.FirstName, known.GivenName} {
		if name, ok := v.(string); ok && name != "" && len(name) <= maxGivenName {
			return name
		}
	}
	return ""
}

// listTraits lists the scalars of a JSON object in its own order, the empty ones
// left out.
func (l *language) listTraits(raw json.RawMessage) []trait {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	w := traitWalker{language: l, decoder: decoder}
	w.value(pagekit.TraitsRoot)
	return w.out
}

// traitWalker reads JSON token by token, since a map would lose the order.
type traitWalker struct {
	*language
	decoder *json.Decoder
	depth   int
	out     []trait
}

// value reads the value of that name; false ends the walk.
func (w *traitWalker) value(name string) bool {
	token, err := w.decoder.Token()
	if err != nil {
		return false
	}
	if delim, ok := token.(json.Delim); ok {
		if w.depth++; w.depth > maxDepth {
			return false
		}
		defer func() { w.depth-- }()
		if delim == '{' {
			return w.members(name)
		}
		return w.elements(name)
	}
	shown := pagekit.ValueText(token)
	if yes, ok := token.(bool); ok {
		shown = w.first("account." + strconv.FormatBool(yes))
	}
	if shown != "" {
		w.out = append(w.out, trait{Label: w.traitLabel(name), Value: shown})
	}
	return len(w.out) < maxTraits
}

func (w *traitWalker) members(name string) bool {
	for w.decoder.More() {
		member, err := w.decoder.Token()
		if err != nil {
			return false
		}
		step, _ := member.(string) // the decoder lets nothing else be a name
		if !w.value(name + "." + strings.ReplaceAll(step, ".", `\.`)) {
			return false
		}
	}
	_, err := w.decoder.Token()
	return err == nil
}

func (w *traitWalker) elements(name string) bool {
	for i := 0; w.decoder.More(); i++ {
		if !w.value(name + "." + strconv.Itoa(i)) {
			return false
		}
	}
	_, err := w.decoder.Token()
	return err == nil
}
