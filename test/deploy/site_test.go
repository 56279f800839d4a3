package deploy

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/symbolon/symbolon/internal/app"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/doctor"
)

// nginxPath finds nginx, which many systems keep from the path of users.
func nginxPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("nginx is not installed (apt-get install nginx-light)")
	}
	t.Skip("nginx is not installed (apt-get install nginx-light), so nothing can be put in front of the server")
	return ""
}

// deployment is a server and what stands in front of it.
type deployment struct {
	t             *testing.T
	public, admin *httptest.Server // the server itself
	second        *httptest.Server
	front         net.Listener // what people reach
	folder        string
	certificates  *authority
}

// plan says how a deployment differs from a right one.
type plan struct {
	// settings are NAME=value of the environment; {asked} is the URL that is examined.
	settings []string
	// asked is the URL that is examined; {port} is the port of nginx.
	asked string
	// location is what the location / of nginx says, server what stands beside it, and
	// outside what stands outside the server block.
	location, server, outside string
	// tls ends TLS in nginx with a certificate for the name.
	tls *certificate
	// second starts another server with a database of its own: {second}.
	second bool
	// offset is how far the clock of the server is ahead.
	offset time.Duration
	// trusted makes the doctor trust the authority of the test.
	trusted bool
	// origin is the application whose scripts call the server.
	origin string
	// admin lets the doctor look at the admin listener.
	admin bool
}

// right is what a location says that passes everything on.
const right = "proxy_pass http://{upstream};"

// deploy starts a server and nginx in front of it.
func deploy(t *testing.T, p plan) (*deployment, doctor.Config) {
	t.Helper()
	nginx := nginxPath(t)
	d := &deployment{t: t, folder: t.TempDir()}
	var err error
	if d.front, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if p.asked == "" {
		p.asked = "http://127.0.0.1:{port}/"
	}
	asked, err := url.Parse(d.fill(p.asked))
	if err != nil {
		t.Fatal(err)
	}
	if p.second {
		d.serve(p, asked)
		d.second = d.public
	}
	d.serve(p, asked)
	d.startNginx(nginx, p)
	c := doctor.Config{URL: asked, Timeout: 10 * time.Second, Agent: "test", Now: time.Now, Origin: p.origin}
	if p.admin {
		if c.Admin, err = url.Parse(d.admin.URL); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasSuffix(asked.Hostname(), ".test") { // no resolver knows it
		c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, d.front.Addr().String())
		}
	}
	if p.trusted {
		c.Roots = x509.NewCertPool()
		c.Roots.AddCert(d.certificates.certificate)
	}
	return d, c
}

// serve starts the server: its base URL is the one that is examined, unless the
// plan says otherwise.
func (d *deployment) serve(p plan, asked *url.URL) {
	d.t.Helper()
	var server atomic.Pointer[app.App]
	listen := func(pick func(*app.App) http.Handler) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pick(server.Load()).ServeHTTP(w, r) }))
		d.t.Cleanup(s.Close)
		return s
	}
	d.public, d.admin = listen((*app.App).Public), listen((*app.App).Admin)
	environ := []string{
		"DSN=memory", "HASHERS_ARGON2_MEMORY=16384", "HASHERS_ARGON2_ITERATIONS=1", "PASSWORD_BREACH_API_URL=http://127.0.0.1:1/",
		"SERVE_PUBLIC_BASE_URL=" + asked.String(), "SERVE_ADMIN_BASE_URL=" + d.admin.URL + "/",
	}
	for _, setting := range p.settings {
		environ = append(environ, d.fill(setting))
	}
	c, _, err := config.Load(config.Source{Environ: environ})
	if err != nil {
		d.t.Fatalf("configuration: %v", err)
	}
	a, err := app.New(d.t.Context(), app.Options{
		Config: c, Now: func() time.Time { return time.Now().Add(p.offset) }, Version: "test", Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		d.t.Fatalf("start: %v", err)
	}
	d.t.Cleanup(func() { _ = a.Close() })
	server.Store(a)
}

// startNginx starts nginx on the socket of front. It is given the socket, so
// no process can take the port meanwhile and connections wait until it serves.
func (d *deployment) startNginx(nginx string, p plan) {
	d.t.Helper()
	if p.location == "" {
		p.location = right
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // else its worker can't read the folder
	}
	listen, tls := "listen 127.0.0.1:{port};", ""
	if p.tls != nil {
		d.certificates = newAuthority(d.t)
		p.tls.write(d.t, d.certificates, d.folder)
		listen, tls = "listen 127.0.0.1:{port} ssl;", "ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;"
	}
	text := d.fill(strings.NewReplacer("{user}", user, "{listen}", listen, "{tls}", tls, "{outside}", p.outside, "{server}", p.server, "{location}", p.location).Replace(nginxConf))
	path := filepath.Join(d.folder, "nginx.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	socket, err := d.front.(*net.TCPListener).File()
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(d.t.Context()))
	var log bytes.Buffer
	process := exec.CommandContext(ctx, nginx, "-p", d.folder, "-c", path, "-e", "stderr")
	process.Env = []string{"NGINX=3;"}
	process.ExtraFiles = []*os.File{socket}
	process.Stderr = &log
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) } // its worker ends with it
	if err := process.Start(); err != nil {
		d.t.Fatal(err)
	}
	_ = socket.Close()
	ended := make(chan struct{})
	go func() { _ = process.Wait(); close(ended) }()
	d.t.Cleanup(func() {
		stop()
		<-ended
		_ = d.front.Close()
		if d.t.Failed() {
			d.t.Logf("nginx said:\n%s\nwith\n%s", log.String(), text)
		}
	})
}

// fill puts the ports and paths of the deployment into a text.
func (d *deployment) fill(text string) string {
	at := map[string]string{"port": fmt.Sprint(d.front.Addr().(*net.TCPAddr).Port), "folder": d.folder}
	if d.public != nil {
		at["upstream"], at["admin"] = strings.TrimPrefix(d.public.URL, "http://"), strings.TrimPrefix(d.admin.URL, "http://")
	}
	if d.second != nil {
		at["second"] = strings.TrimPrefix(d.second.URL, "http://")
	}
	for name, value := range at {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// nginxConf keeps everything in the folder of the test.
const nginxConf = `daemon off;
worker_processes 1;
{user}
pid {folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  types { text/html html; }
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/proxied;
  fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  proxy_http_version 1.1;
  {outside}
  server {
    {listen}
    {tls}
    {server}
    location / { {location} }
  }
}
`
