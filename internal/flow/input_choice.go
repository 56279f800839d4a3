package flow

// Chosen reports whether a button or switch of that name was sent: any text but "false" in a form, and in JSON also the
// value true.
func (in Input) Chosen(name string) bool {
	if in.object != nil && string(in.object[name]) == "true" {
		return true
	}
	text, sent, got := in.Text(name)
	return sent && got == "" && text != "" && text != "false"
}

// Blob returns a field that holds JSON, such as the answer of a security key: as text, or in a JSON body as an object
// too; empty if it was not sent.
func (in Input) Blob(name string) string {
	text, sent, got := in.Text(name)
	switch {
	case !sent:
		return ""
	case got == "object":
		return string(in.object[name])
	case got != "":
		return got // no JSON object, so its reader refuses it
	}
	return text
}
