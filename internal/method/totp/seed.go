package totp

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/symbolon/symbolon/internal/errs"
)

// Limits of what an imported seed may ask for. New seeds have 20 bytes, 6 digits and 30 seconds, which every
// authenticator app supports.
const (
	minSecretBytes = 10
	maxSecretBytes = 128
	minPeriod      = 15  // seconds
	maxPeriod      = 120 // seconds
	// skew is how many steps before and after the present one count (RFC 6238, section 5.2).
	skew = 1
	// pictureSize is the width and height of the QR picture in pixels.
	pictureSize = 256
)

// seed is what an authenticator app and the server share.
type seed struct{ key *otp.Key }

// newSeed draws a seed. Colons end the issuer in the label of the URL, so they are taken out of it.
func newSeed(issuer, account string) (seed, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(issuer, ":", " "), AccountName: account})
	if err != nil {
		return seed{}, fmt.Errorf("make totp seed: %w", err)
	}
	return seed{key}, nil
}

// parseSeed reads an otpauth URL, as other systems export it. The error is of code errs.Invalid and says what is wrong.
func parseSeed(text string) (seed, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		return seed{}, invalidSeed("it is not an otpauth://totp/ URL")
	}
	key, err := otp.NewKeyFromURL(text)
	if err != nil {
		return seed{}, invalidSeed("it is not a URL")
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(key.Secret()), "="))
	switch {
	case err != nil:
		return seed{}, invalidSeed("its secret is not base32")
	case len(raw) < minSecretBytes || len(raw) > maxSecretBytes:
		return seed{}, invalidSeed(fmt.Sprintf("its secret has %d bytes, not %d to %d", len(raw), minSecretBytes, maxSecretBytes))
	case key.Digits() != otp.DigitsSix && key.Digits() != otp.DigitsEight:
		return seed{}, invalidSeed("it has neither 6 nor 8 digits")
	case key.Period() < minPeriod || key.Period() > maxPeriod:
		return seed{}, invalidSeed(fmt.Sprintf("its period is not %d to %d seconds", minPeriod, maxPeriod))
	case key.Algorithm() == otp.AlgorithmMD5:
		return seed{}, invalidSeed("its algorithm is MD5")
	case key.Encoder() != otp.EncoderDefault:
		return seed{}, invalidSeed("its encoder is not supported")
	}
	return seed{key}, nil
}

func invalidSeed(why string) error {
	return errs.New(errs.Invalid, "totp_url_invalid", "The totp_url can not be used: "+why+".")
}

// text is the secret as a person types it into an app.
func (s seed) text() string { return s.key.Secret() }

// picture is the QR code of the seed as a data URL.
func (s seed) picture() (string, error) {
	img, err := s.key.Image(pictureSize, pictureSize)
	if err != nil {
		return "", fmt.Errorf("draw totp seed: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return "", fmt.Errorf("encode picture of totp seed: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// match returns the time step whose code was given, if that step is later than the last one that counted. The present
// step and its neighbours count, so that clocks may differ by one period.
func (s seed) match(code string, now time.Time, last int64) (step int64, ok bool) {
	present := now.Unix() / int64(s.key.Period())
	opts := hotp.ValidateOpts{Digits: s.key.Digits(), Algorithm: s.key.Algorithm()}
	for candidate := present - skew; candidate <= present+skew; candidate++ {
		valid, err := hotp.ValidateCustom(code, uint64(candidate), s.key.Secret(), opts)
		if err == nil && valid && candidate > last {
			step, ok = candidate, true // and on, so that each guess takes the same time
		}
	}
	return step, ok
}
