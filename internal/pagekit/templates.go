package pagekit

import "embed"

// Templates holds the templates that pages share: field.html draws a Field, admin.html a
// time and a problem on the pages of the admin listener.
//
//go:embed templates
var Templates embed.FS
