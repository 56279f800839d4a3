package httpapi

import (
	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/courier"
)

// shapeMessage is a message as administrators get it.
func shapeMessage(m *courier.Stored, r courier.Rendered) adminapi.Message {
	out := adminapi.Message{
		ID: m.ID, Status: string(m.Status), Template: string(m.Template), Recipient: m.Recipient, Subject: m.Subject,
		IdentityID: m.IdentityID, Tries: m.Tries, CreatedAt: m.CreatedAt, LastError: m.LastError,
		Text: r.Text, HTML: r.HTML,
	}
	if m.Status == courier.Queued {
		out.NextTry = &m.NextTry
	}
	if !m.SentAt.IsZero() {
		out.SentAt = &m.SentAt
	}
	return out
}
