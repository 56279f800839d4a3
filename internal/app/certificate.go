package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/symbolon/symbolon/internal/config"
)

// certificate is what a listener shows: the pair of files as it was when both last
// fitted together.
type certificate struct {
	listener string
	files    config.TLS

	mu     sync.RWMutex
	pair   *tls.Certificate
	loaded string // the state of the files that pair was read from
	failed string // the last state that could not be used
}

// newCertificate reads the files of a listener; nil if it has none.
func newCertificate(listener string, files config.TLS) (*certificate, error) {
	if !files.Enabled() {
		return nil, nil //nolint:nilnil // a listener without TLS has no certificate
	}
	c := &certificate{listener: listener, files: files}
	_, err := c.reload()
	return c, err
}

// loadCertificates reads the certificates of both listeners.
func (a *App) loadCertificates(c config.Serve) (err error) {
	if a.publicCertificate, err = newCertificate("serve.public", c.Public.TLS); err != nil {
		return err
	}
	a.adminCertificate, err = newCertificate("serve.admin", c.Admin.TLS)
	return err
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pair, nil
}

// reload reads the files if they changed. On an error what was there stays in use,
// and the error is returned once for each state of the files.
func (c *certificate) reload() (changed bool, err error) {
	state := fileState(c.files.CertFile) + fileState(c.files.KeyFile)
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == c.loaded {
		return false, nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		if state == c.failed {
			return false, nil
		}
		c.failed = state
		return false, fmt.Errorf("%s.tls: %w", c.listener, err)
	}
	c.pair, c.loaded, c.failed = &pair, state, ""
	return true, nil
}

// fileState tells versions of a file apart.
func fileState(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return path + " is missing;"
	}
	return fmt.Sprintf("%s %d %d;", path, info.ModTime().UnixNano(), info.Size())
}

// ReloadCertificates reads the certificates of the listeners again where their files
// changed. Connections that are open keep the one they were made with.
func (a *App) ReloadCertificates() {
	for _, c := range []*certificate{a.publicCertificate, a.adminCertificate} {
		if c == nil {
			continue
		}
		changed, err := c.reload()
		switch {
		case err != nil:
			a.log.Error("the certificate changed and can't be used, the one before stays in use", slog.Any("error", err))
		case changed:
			a.log.Info("certificate replaced", slog.String("listener", c.listener), slog.Time("expires", c.expires()))
		}
	}
}

func (c *certificate) expires() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pair.Leaf.NotAfter
}
