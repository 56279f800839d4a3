package wire1

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/secret"
	"github.com/symbolon/symbolon/internal/traits"
)

// courierMessage is an outgoing message.
type courierMessage struct {
	ID           string     `json:"id"`
	Status       string     `json:"status"` // queued, processing, sent, abandoned
	Type         string     `json:"type"`   // email, sms
	Recipient    string     `json:"recipient"`
	Body         string     `json:"body"`
	Subject      string     `json:"subject"`
	TemplateType string     `json:"template_type"`
	Channel      string     `json:"channel"`
	SendCount    int        `json:"send_count"`
	Dispatches   []dispatch `json:"dispatches,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

// dispatch is one attempt at sending a message.
type dispatch struct {
	ID        string            `json:"id"`
	MessageID string            `json:"message_id"`
	Status    string            `json:"status"` // success, failed
	Error     map[string]string `json:"error"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

// statusOf turns the status of this wire into the courier's.
func statusOf(text string) (courier.Status, bool) {
	switch text {
	case "":
		return "", true
	case "queued":
		return courier.Queued, true
	case "processing":
		return courier.Sending, true
	case "sent":
		return courier.Sent, true
	case "abandoned":
		return courier.Dead, true
	}
	return "", false
}

func showStatus(s courier.Status) string {
	switch s {
	case courier.Sending:
		return "processing"
	case courier.Dead:
		return "abandoned"
	default:
		return string(s)
	}
}

// listMessages lists outgoing messages, the newest first.
func (w *Wire) listMessages(out http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	filter, err := messageFilter(q)
	if err != nil {
		return err
	}
	p := pageOf(q, messagesOnPage)
	filter.Limit = p.size
	kept, err := w.parts.Courier.List(r.Context(), filter)
	if err != nil {
		return err
	}
	shown := make([]courierMessage, len(kept))
	for i, m := range kept {
		shown[i] = showMessage(m, courier.Rendered{})
	}
	next := ""
	if len(kept) == p.size {
		next = messageToken(kept[len(kept)-1].ID)
	}
	p.tokens(out.Header(), r, messageToken(zeroID), next)
	return writeJSON(out, http.StatusOK, shown)
}

func messageToken(id string) string { return base64.RawURLEncoding.EncodeToString([]byte("id=" + id)) }

func messageFilter(q url.Values) (courier.Filter, error) {
	var ok bool
	filter := courier.Filter{Recipient: q.Get("recipient"), Normalized: traits.NormalForms(q.Get("recipient"))}
	if filter.Status, ok = statusOf(q.Get("status")); !ok {
		return filter, badRequest("Message status is not valid")
	}
	if size := q.Get("page_size"); size != "" {
		if _, err := strconv.Atoi(size); err != nil {
			return filter, refusal(http.StatusBadRequest, "", "", err.Error())
		}
	}
	token := q.Get("page_token")
	if token == "" {
		return filter, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return filter, refusal(http.StatusBadRequest, "", "", "decode token: "+err.Error())
	}
	id := string(raw)
	if len(id) < 3 || !secret.IsID(id[3:]) {
		return filter, refusal(http.StatusBadRequest, "", "", "decode token: it must be one that this server has made")
	}
	if id[3:] != zeroID {
		filter.Before = id[3:]
	}
	return filter, nil
}

func (w *Wire) getMessage(out http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !secret.IsID(id) {
		return badRequest(malformedID(id).body.Error.Message)
	}
	kept, says, err := w.parts.Courier.Get(r.Context(), id)
	if err != nil {
		return err
	}
	shown := showMessage(kept, says)
	if kept.Status == courier.Sent {
		shown.Dispatches = []dispatch{{ID: kept.ID, MessageID: kept.ID, Status: "success", CreatedAt: kept.SentAt, UpdatedAt: kept.SentAt}}
	} else if kept.LastError != "" {
		shown.Dispatches = []dispatch{{ID: kept.ID, MessageID: kept.ID, Status: "failed", Error: map[string]string{"message": kept.LastError}, CreatedAt: kept.CreatedAt, UpdatedAt: kept.CreatedAt}}
	}
	return writeJSON(out, http.StatusOK, shown)
}

// templateType is a template's name in lists of messages. Generated clients know
// the names of v26 alone and refuse a whole list for another one, so all other
// templates have the name that stands for none in particular.
func templateType(t courier.Template) string {
	known := []courier.Template{
		courier.RecoveryValid, courier.RecoveryInvalid, courier.VerificationValid, courier.VerificationInvalid,
		courier.RecoveryCode, courier.RecoveryCodeInvalid, courier.VerificationCode, courier.VerificationCodeInvalid,
		courier.LoginCode, courier.RegistrationCode,
	}
	if slices.Contains(known, t) {
		return t.WireName()
	}
	return "stub"
}

func showMessage(m *courier.Stored, says courier.Rendered) courierMessage {
	out := courierMessage{
		ID: m.ID, Status: showStatus(m.Status), Type: "email", Recipient: m.Recipient, Body: says.Text, Subject: m.Subject,
		TemplateType: templateType(m.Template), Channel: "email", SendCount: m.Tries, CreatedAt: m.CreatedAt, UpdatedAt: m.CreatedAt,
	}
	if courier.TypeOf(m.Recipient) == courier.SMS {
		out.Type, out.Channel, out.Subject = "sms", "sms", "" // a text message has no subject
	}
	if !m.SentAt.IsZero() {
		out.UpdatedAt = m.SentAt
	}
	return out
}
