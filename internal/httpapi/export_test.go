package httpapi

import "github.com/symbolon/symbolon/internal/httpapi/wire"

// Mount serves a further wire below its name, as the list of wires does.
func (s *Server) Mount(w wire.Wire) { s.mounts = append(s.mounts, s.newMount(w, "/"+w.Rules().Name)) }
