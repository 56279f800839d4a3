package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/message"
	"github.com/symbolon/symbolon/internal/pagekit"
	"github.com/symbolon/symbolon/internal/secret"
)

// lookup is a page that finds one thing by its id.
type lookup struct {
	ID      string // what was typed
	Problem string // why nothing is found; empty if something is or nothing was asked
	Flow    *flowBody
	Error   *errorBody
	Flows   []flowBody  // the latest ones, where nothing was asked
	Errors  []errorBody // likewise
}

// maxRecent is how many flows or errors are listed.
const maxRecent = 20

// flowBody is a flow, without its secrets and what its methods remember.
type flowBody struct {
	URL                     string // of its page, in a list
	ID, Kind, Client, State string
	Over                    bool
	Issued, Expires         time.Time
	Request, ReturnTo       string
	Active                  string
	Subject                 string // page of the identity that it is about; empty for none
	SubjectID               string
	Refresh                 bool
	Says                    []string
	Groups                  []flowGroup
}

// flowGroup is the form of one method as it was shown last.
type flowGroup struct {
	Method string
	Says   []string
	Fields []flowField
}

type flowField struct {
	Name   string
	Value  string // empty for what is secret
	Secret bool
	Says   []string
}

// flows looks up a flow of any kind.
func (o *Console) flows(w http.ResponseWriter, r *http.Request) error {
	p := o.pageFor(r, pageFlow, "Flows")
	body := lookup{ID: strings.TrimSpace(r.URL.Query().Get("id"))}
	status := http.StatusOK
	if body.ID != "" {
		found, err := o.findFlow(r, body.ID)
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return err
		}
		if body.Flow = found; found == nil {
			status, body.Problem = http.StatusNotFound, "There is no flow of that id. Flows that have ended are removed after a while."
		}
	} else {
		latest, err := o.Recent.RecentFlows(r.Context(), maxRecent)
		if err != nil {
			return err
		}
		for _, f := range latest {
			one := o.describeFlow(f)
			one.URL = o.at("flows") + "?id=" + f.ID
			body.Flows = append(body.Flows, *one)
		}
	}
	p.Body = body
	return o.write(w, status, p)
}

func (o *Console) findFlow(r *http.Request, id string) (*flowBody, error) {
	if !secret.IsID(id) {
		return nil, errs.ErrNotFound
	}
	kind, _, err := o.Flows.KindOf(r.Context(), id)
	if err != nil {
		return nil, err
	}
	result, err := o.Flows.Inspect(r.Context(), kind, id)
	f := result.Flow
	if over, ok := errors.AsType[*flow.Expired](err); ok {
		f, err = over.Flow, nil
	}
	if err != nil {
		return nil, err
	}
	return o.describeFlow(f), nil
}

var stateNames = map[flow.State]string{
	flow.Open: "Waiting for the person", flow.Challenged: "Waiting for the link that was sent", flow.Passed: "Passed",
}

func (o *Console) describeFlow(f *flow.Flow) *flowBody {
	out := &flowBody{
		ID: f.ID, Kind: pagekit.PathLabel(string(f.Kind)), Client: "Browser", State: stateNames[f.State], Over: f.Expired(o.Now()),
		Issued: f.IssuedAt, Expires: f.ExpiresAt, Request: f.Request, ReturnTo: f.ReturnTo, Active: f.Active,
		SubjectID: f.IdentityID, Refresh: f.Refresh, Says: messageTexts(f.Form.Messages),
	}
	if f.Client == flow.API {
		out.Client = "App"
	}
	if f.IdentityID != "" {
		out.Subject = o.at("identities", f.IdentityID)
	}
	for _, g := range f.Form.Groups {
		group := flowGroup{Method: pagekit.PathLabel(g.Method), Says: messageTexts(g.Messages)}
		for i := range g.Nodes {
			n := &g.Nodes[i]
			if n.Type == "hidden" || n.Type == "submit" {
				continue
			}
			field := flowField{Name: n.Name, Secret: n.Secret(), Says: messageTexts(n.Messages)}
			if !field.Secret {
				field.Value = pagekit.ValueText(n.Value)
			}
			group.Fields = append(group.Fields, field)
		}
		out.Groups = append(out.Groups, group)
	}
	return out
}

func messageTexts(all []message.Message) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.English())
	}
	return out
}

// errorBody is a stored error.
type errorBody struct {
	URL     string // of its page, in a list
	ID      string
	Created time.Time
	Errors  []errorEntry
	JSON    string
}

// errorEntry is one error as its page tells it.
type errorEntry struct {
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
	Request string `json:"request"`
}

// errors looks up an error that a person met.
func (o *Console) errors(w http.ResponseWriter, r *http.Request) error {
	p := o.pageFor(r, pageError, "Errors")
	body := lookup{ID: strings.TrimSpace(r.URL.Query().Get("id"))}
	status := http.StatusOK
	if body.ID != "" {
		kept, err := o.Errors.Error(r.Context(), body.ID)
		switch {
		case err == nil:
			body.Error = describeError(kept)
		case errors.Is(err, errs.ErrNotFound):
			status, body.Problem = http.StatusNotFound, "There is no error of that id. Errors are removed after a while."
		default:
			return err
		}
	} else {
		latest, err := o.Recent.RecentErrors(r.Context(), maxRecent)
		if err != nil {
			return err
		}
		for _, kept := range latest {
			one := describeError(kept)
			one.URL = o.at("errors") + "?id=" + kept.ID
			body.Errors = append(body.Errors, *one)
		}
	}
	p.Body = body
	return o.write(w, status, p)
}

func describeError(kept *errs.Stored) *errorBody {
	out := &errorBody{ID: kept.ID, Created: kept.CreatedAt, JSON: pretty(kept.Payload)}
	// What is not a list of errors is shown as it is.
	_ = json.Unmarshal(kept.Payload, &out.Errors)
	return out
}
