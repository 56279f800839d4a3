// Package clients owns the journeys of applications that use the published Go clients for v1,
// unchanged. It is a module of its own, so that the server does not depend on them.
//
// The same journeys are compiled against github.com/ory/client-go (go.mod) and against
// github.com/ory/kratos-client-go, which has the same names (kratos.mod). test/e2e starts the
// server and runs both: PUBLIC_URL and ADMIN_URL are its listeners, and MAIL_URL answers with
// the mail to an address.
package clients
