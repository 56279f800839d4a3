package wire1

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/symbolon/symbolon/internal/flow"
	"github.com/symbolon/symbolon/internal/httpapi/wire"
)

// disabled says that a kind of flow is switched off.
func (w *Wire) disabled(k flow.Kind) wire.Handler {
	name := strings.ToUpper(string(k)[:1]) + string(k)[1:]
	why := badRequest(fmt.Sprintf("%s is not allowed because it was disabled.", name))
	if k == flow.Registration {
		why = refusal(http.StatusBadRequest, "self_service_flow_disabled", why.body.Error.Reason, "registration flow disabled")
	}
	return func(out http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/api") {
			w.host.EnsureCSRF(out, r) // as every look at a flow does
		}
		native := strings.HasSuffix(r.URL.Path, "/api") && k == flow.Registration
		if wire.AcceptsJSON(r) || native || r.Method != http.MethodGet && sendsJSON(r) {
			return why
		}
		return w.host.ErrorPage(out, r, why)
	}
}

// switchedOff says that the operator has switched an endpoint off.
func switchedOff(http.ResponseWriter, *http.Request) error {
	return refusal(http.StatusNotFound, "",
		"This endpoint was disabled by system administrator. Please check your url or contact the system administrator to enable it.", "")
}
