package httpapi

import (
	"net/http"
	"strings"

	"github.com/symbolon/symbolon/internal/reqctx"
)

// languageCookieName is the cookie that keeps the language which a person chose.
// It says nothing else and is set only after a choice.
const languageCookieName = "symbolon_language"

// languageParameter chooses a language, on every page and on every address that
// starts a flow.
const languageParameter = "lang"

// languageLife is how long a choice is kept, in seconds.
const languageLife = 365 * 24 * 60 * 60

// noticeLanguage fills in what a request says of its sender's languages, and
// keeps a choice that is made with it. It is on the path of every session check,
// so it looks before it parses.
func (s *Server) noticeLanguage(w http.ResponseWriter, r *http.Request, request *reqctx.Request) {
	if s.Language == nil {
		return
	}
	request.Languages = r.Header.Get("Accept-Language")
	if strings.Contains(r.URL.RawQuery, languageParameter+"=") {
		if chosen := s.Language(r.URL.Query().Get(languageParameter)); chosen != "" {
			request.Language = chosen
			s.cookies.setLanguage(w, chosen)
			return
		}
	}
	if strings.Contains(r.Header.Get("Cookie"), languageCookieName) {
		if c, err := r.Cookie(languageCookieName); err == nil {
			request.Language = s.Language(c.Value)
		}
	}
}

func (k *cookies) setLanguage(w http.ResponseWriter, tag string) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookieName, Value: tag, Path: k.csrfPath, MaxAge: languageLife,
		HttpOnly: true, Secure: k.config.Secure, SameSite: http.SameSiteLaxMode,
	})
}
