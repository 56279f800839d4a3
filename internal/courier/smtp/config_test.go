package smtp

import (
	"strings"
	"testing"
	"time"
)

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := Config{URI: "smtp://mail.example.org", FromAddress: "a@example.org", Timeout: time.Second}
	tests := map[string]struct {
		change func(*Config)
		says   string
	}{
		"another scheme":           {func(c *Config) { c.URI = "http://u:hunter2@mail" }, `scheme "http"`},
		"no host":                  {func(c *Config) { c.URI = "smtp://u:hunter2@:25" }, "names no host"},
		"a port out of range":      {func(c *Config) { c.URI = "smtp://u:hunter2@mail:65536" }, "from 1 to 65535"},
		"port zero":                {func(c *Config) { c.URI = "smtp://u:hunter2@mail:0" }, "from 1 to 65535"},
		"a URI that is none":       {func(c *Config) { c.URI = "smtp://u:hunter2%@mail" }, "is not a URL"},
		"a password with a slash":  {func(c *Config) { c.URI = "smtp://u:hunter2/x@mail:25" }, "is not a URL"},
		"no sender":                {func(c *Config) { c.FromAddress = "" }, "sender"},
		"a sender that is no mail": {func(c *Config) { c.FromAddress = "accounts" }, "sender"},
		"a sender with a header":   {func(c *Config) { c.FromAddress = "a@example.org\r\nBcc: b@example.org" }, "sender"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			test.change(&c)
			_, err := New(c, atNoon)
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error is %v, want one with %q and without the password", err, test.says)
			}
		})
	}
	if _, err := New(good, atNoon); err != nil {
		t.Errorf("what is right is refused: %v", err)
	}
}

func TestURIsNameTheServer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		host     string
		port     int
		implicit bool
		skip     bool
	}{
		"smtp://mail.example.org":                 {"mail.example.org", 587, false, false},
		"smtp://mail.example.org:25/":             {"mail.example.org", 25, false, false},
		"smtps://mail.example.org/":               {"mail.example.org", 465, true, false},
		"smtps://[2001:db8::1]:2465/":             {"2001:db8::1", 2465, true, false},
		"smtps://mail:465/?skip_ssl_verify=true":  {"mail", 465, true, true},
		"smtps://mail:465/?skip_ssl_verify=false": {"mail", 465, true, false},
		"smtp://mail:25/?legacy_ssl=yes":          {"mail", 25, false, false},
	}
	for uri, want := range tests {
		t.Run(uri, func(t *testing.T) {
			t.Parallel()
			got, err := parseURI(uri)
			if err != nil {
				t.Fatal(err)
			}
			if got.host != want.host || got.port != want.port || got.implicit != want.implicit ||
				got.tls.InsecureSkipVerify != want.skip || got.tls.ServerName != want.host {
				t.Errorf("server is %+v with %+v", got, got.tls)
			}
		})
	}
}

func TestTheProgramGreetsAsADomainOrAnAddressLiteral(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"id.example.org": "id.example.org", "127.0.0.1": "[127.0.0.1]", "::1": "[IPv6:::1]", "": "localhost",
	} {
		if got := ownName(domain); got != want {
			t.Errorf("%q greets as %q, want %q", domain, got, want)
		}
	}
}
