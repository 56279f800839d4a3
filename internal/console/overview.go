package console

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/identity"
	"github.com/symbolon/symbolon/internal/reqctx"
)

// answerWithin is how long storage may take to say how it is doing.
const answerWithin = 2 * time.Second

// overviewBody is the first page.
type overviewBody struct {
	Facts  []fact
	Spans  []navLink // over which the charts may go
	Charts []chart
}

// fact is one thing that is worth knowing at a glance.
type fact struct {
	Name, Value, More string
	URL               string // where there is more; empty for notFound
	Bad               bool
}

// overview shows how the server is doing. It is shown when storage does not answer,
// too: that is what it is for.
func (o *Console) overview(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	over := spanOf(r.URL.Query().Get("span"))
	p := o.pageFor(r, pageOverview, "Overview")
	body := overviewBody{Charts: chartsOf(o.History.Minutes(over.minutes), over)}
	for _, s := range spans {
		body.Spans = append(body.Spans, navLink{URL: o.base + "?span=" + s.name, Text: s.text, Here: s.name == over.name})
	}
	health := fact{Name: "Health", Value: "Good", More: "the database answers"}
	if err := o.Ready(ctx); err != nil {
		reqctx.Note(ctx, slog.String("error", err.Error()))
		health = fact{Name: "Health", Value: "Bad", More: "the database does not answer: " + err.Error(), Bad: true}
	}
	body.Facts = []fact{health, o.running(), o.people(ctx), o.mail(ctx), o.hashing()}
	p.Body = body
	return o.write(w, http.StatusOK, p)
}

func (o *Console) running() fact {
	return fact{Name: "Version", Value: o.config.Version, More: "has run for " + roundedDown(o.Now().Sub(o.config.Started))}
}

// unknown stands for what storage did not answer.
const unknown = "unknown"

func (o *Console) people(ctx context.Context) fact {
	f := fact{Name: "Identities", Value: unknown, URL: o.at("identities")}
	if _, total, err := o.Identities.List(ctx, identity.Query{Limit: 1}); err == nil {
		f.Value = grouped(total)
	}
	return f
}

// mail says how the queue is doing. The oldest message that waits tells more than
// how many there are.
func (o *Console) mail(ctx context.Context) fact {
	f := fact{Name: "Messages waiting", Value: unknown, URL: o.at("messages")}
	queue, err := o.Messages.Overview(ctx)
	if err != nil {
		return f
	}
	f.Value = grouped(queue.Counts[courier.Queued] + queue.Counts[courier.Sending])
	f.More = plural(queue.Counts[courier.Sent], "message has", "messages have") + " been sent"
	if o.config.Channel == (courier.Mailbox{}).Name() {
		f.More = "no mail server is set, so messages stay here"
	}
	if !queue.Oldest.IsZero() {
		f.More = "the oldest for " + roundedDown(o.Now().Sub(queue.Oldest))
	}
	if dead := queue.Counts[courier.Dead]; dead > 0 {
		f.Name, f.Value, f.Bad, f.URL = "Messages given up", grouped(dead), true, o.at("messages")+"?status=dead"
		f.More = plural(queue.Counts[courier.Queued]+queue.Counts[courier.Sending], "other waits", "others wait")
	}
	return f
}

func (o *Console) hashing() fact {
	h := o.Hashing()
	f := fact{Name: "Hashing passwords", Value: grouped(int(h.Running)), More: mebibytes(h.Memory) + " of " + mebibytes(h.Budget) + " in use"}
	if h.Waiting > 0 {
		f.More = plural(int(h.Waiting), "waits", "wait") + "; " + f.More
	}
	return f
}
