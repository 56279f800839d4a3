package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/secret"
)

// ensureSecrets sees to it that there is a secret. With the embedded profile one
// is made and kept beside the database file, readable by its owner alone, so
// that sessions survive a restart; otherwise one is made for this process, of
// which the configuration has warned. A file with secrets.cookie alone, as those of
// v1 are, needs none: what is sealed has to be readable after a restart and by all nodes.
func ensureSecrets(c *config.Config, databaseFile string) error {
	if !c.Secrets.Unset() || !c.Embedded && len(c.Secrets.Cookie) > 0 {
		return nil
	}
	if !c.Embedded || databaseFile == "" {
		c.Secrets.Default = []config.Secret{config.Secret(secret.Token())}
		return nil
	}
	path := databaseFile + secretsSuffix
	kept, err := readSecrets(path)
	if errors.Is(err, fs.ErrNotExist) {
		kept, err = makeSecrets(path)
	}
	if err != nil {
		return fmt.Errorf("secrets file: %w", err)
	}
	c.Secrets.Default = kept
	return nil
}

// readSecrets reads one secret a line; the first signs, all verify.
func readSecrets(path string) ([]config.Secret, error) {
	raw, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	var out []config.Secret
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, config.Secret(line))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no secret; delete it to have a new one made, or write one a line", path)
	}
	return out, nil
}

func makeSecrets(path string) ([]config.Secret, error) {
	made := secret.Token()
	text := "# Secrets of this Symbolon server, one a line: the first signs, all verify. Keep this file private.\n" + made + "\n"
	// O_EXCL: of two servers starting at once one makes the file, the other fails
	// and is right to.
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.WriteString(text)
	return []config.Secret{config.Secret(made)}, errors.Join(err, file.Sync(), file.Close())
}
