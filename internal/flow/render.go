package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/session"
	"github.com/symbolon/symbolon/internal/traits"
	"github.com/symbolon/symbolon/internal/ui"
)

// reject shows the form once more with what was wrong, for a *Rejected; any other
// error is passed on. check has made sure that the flow is the caller's own. Messages
// that do not belong to a field, such as which account is about to be linked, stay.
func (e *Engine) reject(ctx context.Context, c checked, why error) (Result, error) {
	rejected, ok := errors.AsType[*Rejected](why)
	if !ok {
		return Result{}, why
	}
	if err := e.mark(ctx, rejected.Suspect); err != nil {
		return Result{}, err
	}
	if rejected.Restarts && c.caller.Renews {
		return Result{}, e.restart(ctx, c, rejected.Messages[0].Message)
	}
	f, foreign := c.flow.clone(), c.flow.unclaimed()
	f.Active = c.method
	f.Form.Messages = e.standing(f)
	f.claim(c.caller)
	if f.Kind == Settings {
		f.State = Open
	}
	if f.Client == API {
		f.CSRF = secret.MaskCSRF(c.caller.CSRF) // it belongs to no browser; v0.5 shows a token all the same
	}
	if c.step.Role == Naming {
		delete(f.Private, namedMemory) // who was named before is not who is named now
	}
	if rejected.Memory != nil {
		if err := f.remember(c.method, rejected.Memory); err != nil {
			return Result{}, err
		}
	}
	subject, err := e.renderForm(ctx, f, c.caller)
	if err != nil {
		return Result{}, err
	}
	group := f.Form.Group(c.method)
	if group != nil && !c.input.unfit {
		group.Fill(e.submittedValues(ctx, f, subject, c))
	}
	if group == nil {
		e.keepIdentifier(f, c.input)
	}
	for _, m := range rejected.Messages {
		if group == nil { // the form has no part for the method
			f.Form.Messages = append(f.Form.Messages, m.Message)
			continue
		}
		group.Add(m.Field, m.Message)
	}
	saved, err := f, error(nil)
	if foreign {
		saved, err = c.flow.withMemory(c.method, rejected)
	}
	if err == nil && saved != nil {
		err = e.store.SaveFlow(ctx, saved)
	}
	uncounted := rejected.Memory != nil && c.waits() // a wrong code, which is not an answer until the flow knows of it
	if err != nil && (uncounted || !errors.Is(err, errs.ErrStale)) {
		return Result{}, fmt.Errorf("save rejected %s flow: %w", f.Kind, err)
	}
	return Result{Outcome: FormRejected, Flow: f, Identity: subject, Session: c.caller.Session, Cause: rejected.Cause}, nil
}

// renderForm makes the form of a flow again from what the methods offer to the identity
// that the flow is about. It returns that identity.
func (e *Engine) renderForm(ctx context.Context, f *Flow, c Caller) (*identity.Identity, error) {
	subject, err := e.about(ctx, f, c)
	if err != nil {
		return nil, err
	}
	return subject, e.renderFor(ctx, f, subject, c.Session)
}

// renderFor makes the form of a flow for an identity, nil while it is unknown.
func (e *Engine) renderFor(ctx context.Context, f *Flow, subject *identity.Identity, s *session.Session) error {
	view := View{Flow: f, Identity: subject, Session: s}
	if subject != nil {
		if err := e.addCredentials(ctx, &view); err != nil {
			return err
		}
	}
	if f.Client == Browser && s != nil && f.Kind != Settings {
		view.Session = s
	}
	f.Form.Groups = nil
	missing := f.missingTraits()
	who, err := e.naming(ctx, f)
	if err != nil {
		return err
	}
	view.Named = who.credentials
	for _, m := range e.methods {
		step, ok := e.drawn(m, f, who)
		if !ok {
			continue
		}
		view.method = m.ID()
		nodes, err := step.Show(ctx, view)
		if err != nil {
			return fmt.Errorf("show %s in %s flow: %w", m.ID(), f.Kind, err)
		}
		if nodes == nil {
			continue
		}
		group := ui.Group{Method: m.ID(), Nodes: nodes}
		if missing.Method == m.ID() {
			if err := e.addTraits(ctx, &group, nil, missing.Traits); err != nil {
				return err
			}
			group.SubmitLast()
		} else if step.Traits {
			if err := e.addTraits(ctx, &group, subject, f.given()); err != nil {
				return err
			}
		}
		if csrf := group.Node(ui.CSRFName); csrf != nil {
			csrf.Value = f.CSRF
		}
		who.fill(&group)
		f.Form.Groups = append(f.Form.Groups, group)
	}
	return nil
}

// offered returns the step of a method in a flow; ok is false if the form has no part
// for it.
func (e *Engine) offered(method string, f *Flow) (step Step, ok bool) {
	step, ok = e.stepFor(f, method)
	return step, ok && step.Show != nil && (!step.InBrowser || f.Client != API || f.Remembers(appMemory)) && step.fits(f) && e.sends(f.Kind, method)
}

// drawn returns the step of a method; ok is false if the form has no part for it now.
func (e *Engine) drawn(m Method, f *Flow, who naming) (step Step, ok bool) {
	if f.Kind == Settings && f.PendingLink() != "" && m.ID() != f.pendingLink().Account.Type {
		return step, false
	}
	step, ok = e.offered(m.ID(), f)
	return step, ok && e.applies(m, step, f, who)
}

// addTraits adds an input for each trait, with the identity's values or those that
// are known of a newcomer.
func (e *Engine) addTraits(ctx context.Context, g *ui.Group, subject *identity.Identity, known json.RawMessage) error {
	schema, err := e.drafter(&Flow{}).schema(ctx, subject)
	if err != nil {
		return err
	}
	for _, t := range schema.Fields() {
		if t.AdminOnly {
			continue
		}
		for _, input := range append([]traits.Field{t}, t.Elements...) {
			g.Nodes = append(g.Nodes, ui.Node{
				Name: input.Name, Type: input.Type, Pattern: input.Pattern, Required: input.Required,
				Label: input.Title, Options: input.Enum, Autocomplete: input.Autocomplete,
				List: input.Multiple && !input.Structured && input.Elements == nil,
			})
		}
	}
	if subject != nil {
		known = subject.Traits
	}
	for _, v := range schema.Flatten(known) {
		g.Set(v.Name, v.Value)
	}
	return nil
}

// submittedValues returns what was typed, by field name, to be shown again.
func (e *Engine) submittedValues(ctx context.Context, f *Flow, subject *identity.Identity, c checked) map[string]any {
	values := submittedTexts(f.Form.Group(c.method), c.input)
	if schema, err := e.drafter(f).schema(ctx, subject); err == nil {
		maps.Copy(values, schema.Submitted(traitsInput(c.input)))
	}
	return values
}

// submittedTexts returns the texts that were sent for a group's fields.
func submittedTexts(g *ui.Group, in Input) map[string]any {
	values := map[string]any{}
	for _, node := range g.Nodes {
		if text, ok, _ := in.Text(node.Name); ok {
			values[node.Name] = text
		}
	}
	return values
}

// Page is the URL of the page that shows a flow.
func (e *Engine) Page(f *Flow) string {
	u := *e.config.Kinds[f.Kind].UI
	q := u.Query()
	q.Set("flow", f.ID)
	u.RawQuery = q.Encode()
	return u.String()
}

// withoutMessages returns the groups without what was wrong with their inputs.
func withoutMessages(groups []ui.Group) []ui.Group {
	out := slices.Clone(groups)
	for i := range out {
		out[i].Messages, out[i].Nodes = nil, slices.Clone(out[i].Nodes)
		for k := range out[i].Nodes {
			out[i].Nodes[k].Messages = nil
		}
	}
	return out
}
