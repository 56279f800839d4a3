package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
)

// applyDeclared applies the identities of the setup directories that a server reads,
// and logs what became of them.
func applyDeclared(ctx context.Context, a *app.App, c *config.Config, identities []config.Declared, log *slog.Logger) {
	if len(identities) == 0 {
		return
	}
	client := adminclient.New(adminclient.Config{
		URL: &url.URL{Scheme: "http", Host: c.Serve.Admin.BaseURL.Host}, Token: c.Serve.Admin.Token.Reveal(), Agent: "symbolon/" + buildVersion(), Transport: ownHandler{a.Admin()},
	})
	counts := map[string]int{}
	for i := range identities {
		made := applyIdentity(ctx, client, &identities[i], nil)
		counts[made.Action]++
		if made.Error != "" && ctx.Err() == nil {
			log.Error("a declared identity can't be applied", slog.String("external_id", identities[i].ExternalID), slog.String("source", made.Source), slog.String("error", made.Error))
		}
	}
	log.Info("declared identities applied", slog.Int("created", counts[actionCreate]), slog.Int("changed", counts[actionChange]),
		slog.Int("unchanged", counts[actionNone]), slog.Int("failed", counts[actionFailed]))
}

// ownHandler answers requests in this process.
type ownHandler struct{ handler http.Handler }

// RoundTrip is http.RoundTripper.
func (o ownHandler) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RemoteAddr = "127.0.0.1:0"
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	out := &kept{header: http.Header{}, status: http.StatusOK}
	o.handler.ServeHTTP(out, in)
	return &http.Response{
		StatusCode: out.status, Status: http.StatusText(out.status), Header: out.header, Body: io.NopCloser(&out.body), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(out.body.Len()),
	}, nil
}

// kept is an answer that stays in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header            { return k.header }
func (k *kept) WriteHeader(status int)         { k.status = status }
func (k *kept) Write(text []byte) (int, error) { return k.body.Write(text) }
