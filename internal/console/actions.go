package console

import (
	"errors"
	"net/http"
	"time"

	"github.com/symbolon/symbolon/internal/courier"
	"github.com/symbolon/symbolon/internal/errs"
)

// backToIdentity answers a GET of an address that only changes something.
func (o *Console) backToIdentity(w http.ResponseWriter, r *http.Request) error {
	return o.redirect(w, o.at("identities", r.PathValue("id")))
}

func (o *Console) backToMessage(w http.ResponseWriter, r *http.Request) error {
	return o.redirect(w, o.at("messages", r.PathValue("id")))
}

// endSessions ends one session of an identity, or all if none is named.
func (o *Console) endSessions(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	done := "ended-all"
	if one := r.PostForm.Get("session"); one != "" {
		done = "ended"
		err = o.Sessions.RevokeByID(r.Context(), i.ID, one)
	} else {
		err = o.Sessions.RevokeOthers(r.Context(), i.ID, "")
	}
	// A session that is gone already needs no error: it was to end.
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	if err := o.record(r, "sessions.revoked", i.ID); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities", i.ID)+"?done="+done)
}

// deleteBody asks whether an identity shall really go.
type deleteBody struct {
	person
	Sessions int
}

func (o *Console) confirmDelete(w http.ResponseWriter, r *http.Request) error {
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	held, err := o.Sessions.List(r.Context(), i.ID)
	if err != nil {
		return err
	}
	p := o.pageFor(r, pageDelete, "Delete "+nameOf(i)+"?")
	p.Body = deleteBody{person: o.person(i), Sessions: len(held)}
	return o.write(w, http.StatusOK, p)
}

// delete removes an identity, with its sessions and credentials.
func (o *Console) delete(w http.ResponseWriter, r *http.Request) error {
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	if err := o.Identities.Delete(r.Context(), i.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
		return err
	}
	if err := o.record(r, "identity.deleted", i.ID); err != nil {
		return err
	}
	return o.redirect(w, o.at("identities")+"?done=deleted")
}

// recoveryBody is a recovery link, which is shown once.
type recoveryBody struct {
	person
	Link    string
	Expires time.Time
}

// lifespans are how long a recovery link may hold; the empty choice is what is
// configured.
var lifespans = map[string]time.Duration{"": 0, "1h": time.Hour, "24h": 24 * time.Hour, "168h": 7 * 24 * time.Hour}

// recovery makes a link that signs an identity in once, for a person who can't
// receive mail.
func (o *Console) recovery(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	lifespan, known := lifespans[r.PostForm.Get("expires_in")]
	if !known {
		return errForm
	}
	i, err := o.byID(r)
	if err != nil {
		return err
	}
	if !o.recovers(i) {
		return &refusal{http.StatusConflict, "No link can be made", "The identity has no address for recovery, or recovery is switched off in the configuration."}
	}
	link, expires, err := o.Flows.RecoveryLink(r.Context(), i.ID, lifespan)
	if err != nil {
		return err
	}
	if err := o.record(r, "recovery_link.created", i.ID); err != nil {
		return err
	}
	p := o.pageFor(r, pageRecovery, "Recovery link")
	p.Body = recoveryBody{person: o.person(i), Link: link, Expires: expires}
	return o.write(w, http.StatusOK, p)
}

// retry queues a message again that was given up.
func (o *Console) retry(w http.ResponseWriter, r *http.Request) error {
	m, says, err := o.stored(r)
	if err != nil {
		return err
	}
	err = o.Messages.Retry(r.Context(), m.ID)
	switch {
	case err == nil:
		if err := o.record(r, "message.requeued", m.IdentityID, "message_id", m.ID); err != nil {
			return err
		}
		return o.redirect(w, o.at("messages", m.ID)+"?done=queued")
	case !errors.Is(err, errs.ErrNotFound):
		return err
	case m.Status == courier.Dead && says.Text == "" && says.HTML == "":
		return &refusal{http.StatusConflict, "The message can't be sent again", "What it said has been erased because its link has expired. Its recipient has to ask again."}
	}
	return &refusal{http.StatusConflict, "The message was not sent again", "Only a message that was given up can be."}
}
