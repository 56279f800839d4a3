package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// Courier shows administrators the outgoing messages. *courier.Outbox satisfies
// it.
type Courier interface {
	List(context.Context, courier.Filter) ([]*courier.Stored, error)
	// Get returns a message and what it says, as far as that is still kept.
	Get(ctx context.Context, id string) (*courier.Stored, courier.Rendered, error)
	Retry(ctx context.Context, id string) error
	SendTest(ctx context.Context, to string) (*courier.Stored, error)
	Overview(context.Context) (courier.Overview, error)
}

// messageToken marks the page tokens of this listing, so that they are worth
// nothing in another.
const messageToken = "message:"

// listMessages answers a page of messages, the latest first.
func (s *Server) listMessages(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, err := s.messageFilter(query)
	if err != nil {
		return err
	}
	found, err := s.Courier.List(r.Context(), filter)
	if err != nil {
		return err
	}
	out := make([]adminapi.Message, len(found))
	for i, m := range found {
		out[i] = shapeMessage(m, courier.Rendered{})
	}
	w.Header().Set("Link", s.messageLinks(query, filter, found))
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) messageFilter(query url.Values) (courier.Filter, error) {
	filter := courier.Filter{
		Status:     courier.Status(query.Get("status")),
		Recipient:  query.Get("recipient"),
		Normalized: traits.NormalForms(query.Get("recipient")),
		Limit:      bounded(query.Get("page_size"), defaultPage, 1, maxPage),
	}
	switch filter.Status {
	case "", courier.Queued, courier.Sending, courier.Sent, courier.Dead:
	default:
		return filter, errs.New(errs.Invalid, "status_invalid", "The status must be queued, sending, sent or dead.")
	}
	token := query.Get("page_token")
	if token == "" {
		return filter, nil
	}
	value, ok := s.pages.Open(token)
	before, typed := strings.CutPrefix(value, messageToken)
	if !ok || !typed || !secret.IsID(before) {
		return filter, errPageToken
	}
	filter.Before = before
	return filter, nil
}

var errPageToken = errs.New(errs.Invalid, "page_token_invalid", "The page_token is not one that this server has made for this list. Start again without it.")

func (s *Server) messageLinks(query url.Values, filter courier.Filter, found []*courier.Stored) string {
	q := url.Values{"page_size": {fmt.Sprint(filter.Limit)}}
	for _, name := range []string{"status", "recipient"} {
		if v := query.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	links := s.messageLink(q, "first")
	if len(found) == filter.Limit {
		q.Set("page_token", s.pages.Sign(messageToken+found[len(found)-1].ID))
		links += "," + s.messageLink(q, "next")
	}
	return links
}

func (s *Server) messageLink(q url.Values, rel string) string {
	u := s.config.AdminURL.JoinPath("courier/messages")
	u.RawQuery = q.Encode()
	return fmt.Sprintf("<%s>; rel=%q", u, rel)
}

func (s *Server) getMessage(w http.ResponseWriter, r *http.Request) error {
	kept, says, err := s.Courier.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, shapeMessage(kept, says))
}

// retryMessage queues a message again that was given up.
func (s *Server) retryMessage(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := s.Courier.Retry(r.Context(), id)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	kept, says, readErr := s.Courier.Get(r.Context(), id)
	if readErr != nil {
		return readErr
	}
	if err != nil {
		return cannotRetry(kept, says)
	}
	return writeJSON(w, http.StatusOK, shapeMessage(kept, courier.Rendered{}))
}

// cannotRetry says why a message that exists is not sent again.
func cannotRetry(m *courier.Stored, says courier.Rendered) error {
	if m.Status == courier.Dead && says.Text == "" && says.HTML == "" {
		return errs.New(errs.Conflict, "message_erased", "What the message said has been erased because its link has expired. Its recipient has to ask again.")
	}
	return errs.New(errs.Conflict, "message_not_dead", fmt.Sprintf("The message is %s. Only a dead message, which was given up, can be sent again.", m.Status))
}

// sendTestMessage queues the message that tries the delivery out.
func (s *Server) sendTestMessage(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		To string `json:"to"`
	}
	if err := decodeJSON(r, maxBody, &in); err != nil {
		return err
	}
	if !traits.IsEmail(in.To) && courier.TypeOf(in.To) != courier.SMS {
		return errs.New(errs.Invalid, "to_invalid", "The member to must be an e-mail address, for example jane@example.org, or a phone number, for example +12025550123.")
	}
	kept, err := s.Courier.SendTest(r.Context(), in.To)
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.config.AdminURL.JoinPath("courier/messages", kept.ID).String())
	return writeJSON(w, http.StatusCreated, shapeMessage(kept, courier.Rendered{}))
}

// sameOrigin keeps pages of other sites that an administrator visits from
// sending requests to a listener that may ask for no token.
func sameOrigin(h handler) handler {
	protection := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := protection.Check(r); err != nil {
			return errForeignOrigin.Because(err)
		}
		return h(w, r)
	}
}

var errForeignOrigin = errs.New(errs.Forbidden, "origin_foreign", "A page of another origin has sent this request.")
