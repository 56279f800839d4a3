package kratoskeys

import (
	"slices"
	"testing"

	"github.com/gorilla/securecookie"
)

// Cookies and hashes that the original servers made, of versions 0.5.5 and 26.2.0.
const (
	cookie05 = "MTc5NjAwNjUwMnxEWDhFQVFMX2dBQUJFQUVRQUFCSF80QUFBUVp6ZEhKcGJtY01Ed0FOYzJWemMybHZibDkwYjJ0bGJnWnpkSEpwYm1jTUlnQWdTM2w2YzNnMFUzRldjamxETTFKMmNITkVhMkZtTTFkRFRXdEVVRWxHZEVVPXyC0dke-fuga0nrt0rRVt3yE6p5Iz2wMI2URwDlMagGlA=="
	cookie26 = "MTc5NjAwNjUyNnx6TkN3Ykc4UF9wdGNXdnk5VDlGOFF4NDg0ZnMxTFlnd2FVLXRsTGJCd0k1emxqN25MMEJweHQ5aWJPN2hscktrd2RsVnkxd1k2RDFVcTRVNFBBbjEyZ2R4QnBYdGptZ3lFWTFCRjNrR1drNWswYTVvZFY3eVdOTnI0Q1FuU1JzN0dBSUszYkRHdlFCZjhFejFtRmF6VVowenU4VlRoM2hYWjJBNHNTREpKRGhRbmZuWm5PeE9qdHhvR2tGZTBBTWszb1VjOVVTS09ydXRzWUdtNXpvQ1N3emhvM2dVOXdrVG5ESF9fQ2Exb2p0cVBtaUJ3cUIwSW5reWdPXzdzRWZQN3FlU2dDMHExMzR1MUZETzJVZTN8VXfr0tLqM14NsYUzpZeUN2R7XN6JhRUgz4O_PaZSKw4="
)

func TestKeys_SessionToken(t *testing.T) {
	t.Parallel()
	const name = "ory_kratos_session"
	encrypted, err := securecookie.New([]byte("a-secret-that-signs"), []byte("sixteen-bytes-16")).
		Encode(name, map[any]any{"session_token": "of-a-pair"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		secrets []string
		name    string
		value   string
		want    string
	}{
		{"version 0.5", []string{"takeover-cookie-secret-0001"}, name, cookie05, "Kyzsx4SqVr9C3RvpsDkaf3WCMkDPIFtE"},
		{"version 26", []string{"takeover26-cookie-secret-0001"}, name, cookie26, "I7aQ1woIuVOomEEeCr1HcmNb1HHThRKb"},
		{"an older secret", []string{"a-newer-secret-than-that", "takeover26-cookie-secret-0001"}, name, cookie26, "I7aQ1woIuVOomEEeCr1HcmNb1HHThRKb"},
		{"a pair of secrets", []string{"a-secret-that-signs", "sixteen-bytes-16"}, name, encrypted, "of-a-pair"},
		{"another secret", []string{"another-secret-entirely"}, name, cookie26, ""},
		{"another name", []string{"takeover26-cookie-secret-0001"}, "other", cookie26, ""},
		{"a changed cookie", []string{"takeover26-cookie-secret-0001"}, name, "A" + cookie26[1:], ""},
		{"nothing", []string{"takeover26-cookie-secret-0001"}, name, "", ""},
		{"no secrets", nil, name, cookie26, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			got, ok := New(c.secrets).SessionToken(c.name, c.value)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("SessionToken() = %q, %v, want %q", got, ok, c.want)
			}
		})
	}
}

func TestKeys_Hashes(t *testing.T) {
	t.Parallel()
	got := New([]string{"another-secret", "takeover26-cookie-secret-0001"}).Hashes("209712")
	if len(got) != 2 || !slices.Contains(got, "267ddbc6d5b568b2dca868f4045c4b1bdb9ea9af9df0b8133b07dd8007f2539b") {
		t.Errorf("Hashes() = %q", got)
	}
}
