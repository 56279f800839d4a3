package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/secret"
)

// deviceCookieName is the cookie by which a browser is known to identities that
// signed in there before. Strangers who guess at the password of one do not lock it
// out of its own browser (OWASP: slow down online guessing attacks with device
// cookies).
const deviceCookieName = "symbolon_device"

const (
	maxDevices = 4                  // identities that one browser is known to
	deviceLife = 365 * 24 * 60 * 60 // seconds that a browser is remembered
)

// devices returns the values by which the browser of a request is known, by identity
// id. The cookie is a signed list of id:value.
func (k *cookies) devices(r *http.Request) map[string]string {
	if k.device == nil {
		return nil
	}
	for _, signed := range values(r, k.name(deviceCookieName)) {
		if list, ok := k.device.Open(signed); ok {
			known := map[string]string{}
			for entry := range strings.SplitSeq(list, ",") {
				if id, value, found := strings.Cut(entry, ":"); found {
					known[id] = value
				}
			}
			return known
		}
	}
	return nil
}

// setDevice makes the browser known to an identity that has signed in there.
func (k *cookies) setDevice(w http.ResponseWriter, known map[string]string, id string) {
	if k.device == nil || known[id] != "" {
		return
	}
	entries := []string{id + ":" + secret.Token()}
	for other, value := range known {
		entries = append(entries, other+":"+value)
	}
	slices.Sort(entries[1:])
	list := strings.Join(entries[:min(len(entries), maxDevices)], ",")
	http.SetCookie(w, &http.Cookie{
		Name: k.name(deviceCookieName), Value: k.device.Sign(list), Path: "/", MaxAge: deviceLife,
		HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	})
}
