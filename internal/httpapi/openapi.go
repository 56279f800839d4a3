package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/symbolon/symbolon/api"
	"github.com/symbolon/symbolon/internal/httpapi/wire1"
)

// describeAPIs adds the descriptions of the HTTP API and pages to read them: at the root that
// of the wire that is spoken there, and each below the name of its wire.
func (s *Server) describeAPIs(t *router) {
	for _, m := range s.mounts {
		document := api.Document
		if m.wire.Rules().Name == wire1.Name {
			document = api.DocumentV1
		}
		for path, h := range map[string]handler{"/openapi.yaml": openAPI(document), "/openapi": openAPIPage(document)} {
			if _, taken := t.routes[m.prefix+path]; !taken {
				t.get(m.prefix+path, h).cached()
			}
		}
	}
}

// openAPI serves a description.
func openAPI(document []byte) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/yaml")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(document)
		return nil
	}
}

// openAPIStyle lays the page of a description out.
const openAPIStyle = "body{max-width:48rem;margin:0 auto;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}" +
	"h2{margin:2rem 0 .5rem;font-size:1.125rem}dl{margin:0}dt{margin-top:.5rem}dd{margin:0}"

// openAPIPage lists the operations of a description, for people.
func openAPIPage(document []byte) handler {
	return func(w http.ResponseWriter, _ *http.Request) error { return writeOpenAPIPage(w, document) }
}

func writeOpenAPIPage(w http.ResponseWriter, raw []byte) error {
	var document struct {
		Info  struct{ Title, Description string }
		Paths yaml.Node
	}
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return fmt.Errorf("read the API description: %w", err)
	}
	var page strings.Builder
	fmt.Fprintf(&page, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"+
		"<meta name=\"color-scheme\" content=\"light dark\"><title>%[1]s</title><style>%[2]s</style>"+
		"<main><h1>%[1]s</h1><p><a href=\"openapi.yaml\">The whole description</a> as OpenAPI, for tools and clients.</p>", html.EscapeString(document.Info.Title), openAPIStyle)
	for i := 0; i+1 < len(document.Paths.Content); i += 2 {
		path, operations := document.Paths.Content[i].Value, document.Paths.Content[i+1]
		fmt.Fprintf(&page, "<h2 id=\"%s\">%s</h2><dl>", html.EscapeString(path), code(path))
		for k := 0; k+1 < len(operations.Content); k += 2 {
			var operation struct{ Summary, Description string }
			if operations.Content[k+1].Kind != yaml.MappingNode || operations.Content[k+1].Decode(&operation) != nil {
				continue
			}
			fmt.Fprintf(&page, "<dt><b>%s</b> %s</dt><dd>%s</dd>", html.EscapeString(strings.ToUpper(operations.Content[k].Value)),
				prose(operation.Summary), prose(operation.Description))
		}
		page.WriteString("</dl>")
	}
	page.WriteString("</main></html>")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	styled := sha256.Sum256([]byte(openAPIStyle))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(styled[:])+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write([]byte(page.String()))
	return nil
}

// prose writes a text of the description as HTML: what stands between backticks is code.
func prose(text string) string {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			out.WriteString(code(part))
		} else {
			out.WriteString(html.EscapeString(part))
		}
	}
	return out.String()
}

// code writes code as HTML. Narrow windows may break it behind the signs that separate words.
func code(text string) string {
	breaks := strings.NewReplacer("/", "/<wbr>", "_", "_<wbr>", ".", ".<wbr>", "=", "=<wbr>", "?", "?<wbr>", ",", ",<wbr>")
	return "<code>" + breaks.Replace(html.EscapeString(text)) + "</code>"
}
