package wire1

import "net/http"

// version answers the release that runs.
func (w *Wire) version(out http.ResponseWriter, _ *http.Request) error {
	return writeJSON(out, http.StatusOK, map[string]string{"version": w.config.Version})
}

// healthy answers that the process serves requests, below the prefix of operators.
func (w *Wire) healthy(out http.ResponseWriter, _ *http.Request) error {
	return writeJSON(out, http.StatusOK, map[string]string{"status": "ok"})
}
