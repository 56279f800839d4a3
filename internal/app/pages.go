package app

import (
	"log/slog"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/webui"
)

// newPages builds the built-in pages and says what is odd about their look.
func (a *composition) newPages() (*webui.Pages, error) {
	pages, err := webui.New(a.pagesConfig())
	if err != nil {
		return nil, err
	}
	for _, warning := range pages.Warnings() {
		a.log.Warn("the look of the pages", slog.String("warning", warning))
	}
	a.pages = pages
	return pages, nil
}

func theme(c config.UI) webui.Theme {
	return webui.Theme{
		Logo: c.Logo, LogoDark: c.LogoDark, Icon: c.Icon, Scheme: c.ColourScheme, Accent: c.Accent, AccentDark: c.AccentDark,
		Panel: c.Panel, PanelText: c.PanelText, PanelPicture: c.PanelPicture,
		Radius: c.Radius, Terms: c.TermsURL, Privacy: c.PrivacyURL, CSS: c.CSS,
	}
}
