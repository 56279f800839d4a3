package traits

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Source is a configured schema.
type Source struct {
	ID string
	// URL is file:// (absolute, or relative to the working directory), http(s)://,
	// base64:// (standard or URL alphabet, with or without padding) or DefaultURL.
	URL string
}

// embeddedURL is the base of documents that have no location of their own, so that
// relative references in them lead nowhere.
const embeddedURL = "embedded://schema/identity.schema.json"

// origin is a parsed source.
type origin struct {
	url    string // canonical, without fragment
	scheme string
	host   string // with port
	path   string // of a file
	data   []byte // of an embedded document
}

func parseOrigin(raw string) (origin, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return origin{}, errors.New("is not a URL with a scheme")
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "file":
		return fileOrigin(rest)
	case "http", "https":
		return remoteOrigin(raw)
	case "base64":
		data, err := decodeBase64(rest)
		if err != nil {
			return origin{}, err
		}
		return origin{url: embeddedURL, scheme: "embedded", data: data}, nil
	case "embedded":
		if raw == DefaultURL {
			return origin{url: embeddedURL, scheme: "embedded", data: defaultSchema}, nil
		}
	}
	return origin{}, fmt.Errorf("has the scheme %q; use file, http, https or base64", scheme)
}

func fileOrigin(rest string) (origin, error) {
	rest, _, _ = strings.Cut(rest, "#")
	path, err := url.PathUnescape(rest)
	if err != nil {
		path = rest // a plain path, as v0.5 takes it
	}
	if path == "" || strings.ContainsRune(path, 0) {
		return origin{}, errors.New("is not a valid file URL")
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return origin{}, fmt.Errorf("find working directory: %w", err)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return origin{url: u.String(), scheme: "file", path: path}, nil
}

func remoteOrigin(raw string) (origin, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return origin{}, errors.New("is not a valid http URL")
	}
	u.Fragment, u.RawFragment = "", ""
	return origin{url: u.String(), scheme: u.Scheme, host: strings.ToLower(u.Host)}, nil
}

var toStandardAlphabet = strings.NewReplacer("-", "+", "_", "/")

func decodeBase64(text string) ([]byte, error) {
	text = toStandardAlphabet.Replace(strings.TrimRight(text, "="))
	if base64.RawStdEncoding.DecodedLen(len(text)) > maxSchemaBytes {
		return nil, fmt.Errorf("is larger than %d bytes", maxSchemaBytes)
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("is not valid base64")
	}
	return data, nil
}

func (o origin) remote() bool { return o.scheme == "http" || o.scheme == "https" }

// sameHost reports whether two remote documents come from the same server.
func (o origin) sameHost(other origin) bool {
	return o.remote() && o.scheme == other.scheme && o.host == other.host
}

// name describes a source without its secrets.
func (o origin) name() string {
	u, err := url.Parse(o.url)
	if err != nil {
		return o.scheme
	}
	if u.RawQuery != "" {
		u.RawQuery = "…" // it may be signed
	}
	return u.Redacted()
}

// stamp tells whether a file was changed. A missing file has the zero stamp.
type stamp struct {
	path     string
	modified time.Time
	size     int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{path: path}
	}
	return stamp{path: path, modified: info.ModTime(), size: info.Size()}
}

func (s stamp) current() bool {
	now := stampOf(s.path)
	return now.size == s.size && now.modified.Equal(s.modified)
}

// readFile reads a regular file of bounded size. A named pipe or device would
// block or never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxSchemaBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return raw, nil
}

// read returns the document of an origin that the operator configured.
func (o origin) read(ctx context.Context, fetch func(ctx context.Context, url string) ([]byte, error)) ([]byte, error) {
	switch {
	case o.data != nil:
		return o.data, nil
	case o.path != "":
		return readFile(o.path)
	case fetch == nil:
		return nil, errors.New("remote documents are not enabled")
	}
	raw, err := fetch(ctx, o.url)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", o.name(), err)
	}
	return raw, nil
}

// SourceName is a source's URL as logs may show it, without a password or query.
func SourceName(url string) string {
	from, err := parseOrigin(url)
	if err != nil {
		return "of an unusable URL"
	}
	return from.name()
}

// ReadSource returns a document that is configured as schemas are: file://,
// http(s):// or base64://, of at most 1 MiB. fetch gets those of other machines.
func ReadSource(ctx context.Context, url string, fetch func(ctx context.Context, url string) ([]byte, error)) ([]byte, error) {
	from, err := parseOrigin(url)
	if err != nil {
		return nil, err
	}
	return from.read(ctx, fetch)
}
