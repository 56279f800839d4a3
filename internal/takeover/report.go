package takeover

import "github.com/symbolon/symbolon/internal/identity"

// Report counts what became of records.
type Report struct {
	Read        int            `json:"read"`
	Taken       int            `json:"taken"`
	Present     int            `json:"present"` // taken by an earlier run
	Refused     int            `json:"refused"`
	Sessions    int            `json:"sessions"`
	Challenges  int            `json:"pending_links_and_codes"`
	Credentials map[string]int `json:"credentials"`
	// Claims counts the accounts whose claims of that name no trait got.
	Claims map[string]int `json:"claims_without_trait,omitempty"`
	// Providers counts the links to providers that the configuration does not have.
	Providers map[string]int `json:"unknown_providers,omitempty"`
}

// Totals is a copy without what is counted by name, which may be as much as the files have names.
func (r Report) Totals() Report {
	r.Credentials, r.Claims, r.Providers = nil, nil, nil
	return r
}

// Count adds to a map of a report.
func Count(in *map[string]int, names ...string) {
	if *in == nil {
		*in = map[string]int{}
	}
	for _, name := range names {
		(*in)[name]++
	}
}

// Line is one thing that was not taken.
type Line struct {
	ID      string `json:"id"`             // of the account, here or there
	Name    string `json:"name,omitempty"` // what its owner signs in with
	Refused bool   `json:"refused"`        // the whole account; otherwise a part of it
	Text    string `json:"text"`
}

func (r *Report) add(taken *prepared) {
	r.Taken++
	r.Sessions += len(taken.sessions)
	r.Challenges += len(taken.flows)
	for _, c := range taken.credentials {
		if string(c.Config) == `{}` && c.Type == identity.TypePassword {
			continue // an identifier without a password
		}
		Count(&r.Credentials, c.Type)
	}
}

func (r *Report) sum(batch Report) {
	r.Read += batch.Read
	r.Taken += batch.Taken
	r.Present += batch.Present
	r.Refused += batch.Refused
	r.Sessions += batch.Sessions
	r.Challenges += batch.Challenges
	if r.Credentials == nil {
		r.Credentials = map[string]int{}
	}
	for typ, n := range batch.Credentials {
		r.Credentials[typ] += n
	}
}
