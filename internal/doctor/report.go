package doctor

// Status is how a check ended.
type Status string

// The statuses. A Warning is a risk or a nuisance; with a Fault something does
// not work or is not safe.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Fault   Status = "fault"
	Skipped Status = "skipped"
)

// Check is one link of the chain.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Seen is what was observed, or why the check was skipped. Parts of it come from
	// the server and can be any text.
	Seen string `json:"seen"`
	// The rest is set for warnings and faults. Code is stable and names a row of
	// docs/troubleshooting.md.
	Code   string `json:"code,omitempty"`
	Title  string `json:"title,omitempty"`
	Cause  string `json:"cause,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// Report is what a walk found, in the order of the walk.
type Report struct {
	URL string `json:"url"`
	// Headline is the first fault, else the first warning: what to mend first. It is
	// nil for a deployment where nothing was found.
	Headline *Check  `json:"headline"`
	Checks   []Check `json:"checks"`
}

// Broken reports whether there is a fault.
func (r *Report) Broken() bool { return r.Headline != nil && r.Headline.Status == Fault }

// add notes a check and keeps the headline current.
func (r *Report) add(c Check) {
	r.Checks = append(r.Checks, c)
	if c.Status == Fault && !r.Broken() || c.Status == Warning && r.Headline == nil {
		r.Headline = &c
	}
}
