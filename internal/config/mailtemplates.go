package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MailTemplate is one text of a message from where the operator keeps it.
type MailTemplate struct {
	Key  string // its setting
	File string // the file whose place it takes, such as recovery_code/valid/email.subject.gotmpl
	URL  string // file://, http(s):// or base64://
}

const mailTemplates = "courier.templates"

// mailTexts is how files write the texts of one message. The names are those of v26.
type mailTexts struct {
	Email struct {
		Subject string   `json:"subject"`
		Body    mailBody `json:"body"`
	} `json:"email"`
	SMS struct {
		Body struct {
			Plaintext string `json:"plaintext"`
		} `json:"body"`
	} `json:"sms"`
}

type mailBody struct {
	HTML      string `json:"html"`
	Plaintext string `json:"plaintext"`
}

// TemplateFiles are the texts that courier.templates names, in the order of their keys.
func (c Courier) TemplateFiles() ([]MailTemplate, error) {
	if len(c.Templates) == 0 {
		return nil, nil
	}
	var messages map[string]map[string]mailTexts
	dec := json.NewDecoder(bytes.NewReader(c.Templates))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&messages); err != nil {
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return nil, fmt.Errorf("has %s, which no message has; write email: {subject, body: {html, plaintext}} and sms: {body: {plaintext}}", field)
		}
		return nil, fmt.Errorf("is not written like {recovery_code: {valid: {email: {body: {html: \"file:///etc/symbolon/recovery.html\"}}}}}")
	}
	var files []MailTemplate
	for _, message := range slices.Sorted(maps.Keys(messages)) {
		for _, kind := range slices.Sorted(maps.Keys(messages[message])) {
			if kind != "valid" && (kind != "invalid" || message == "registration_code") || !slices.Contains(mailMessages(), message) {
				return nil, fmt.Errorf("has %s.%s, which is no message; there are valid and invalid of %s", message, kind, strings.Join(mailMessages(), ", "))
			}
			files = append(files, messages[message][kind].files(message, kind)...)
		}
	}
	for _, f := range files {
		if !sourceRule().ok(f.URL) {
			return nil, fmt.Errorf("has %s, which names no document; write file://, http://, https:// or base64:// and where the text is", strings.TrimPrefix(f.Key, mailTemplates+"."))
		}
	}
	return files, nil
}

// files are the texts that are given. The folders and files are those of
// courier.template_override_path.
func (t mailTexts) files(message, kind string) []MailTemplate {
	folder, at := message+"/"+kind, strings.Join([]string{mailTemplates, message, kind, ""}, ".")
	all := []MailTemplate{
		{at + "email.subject", folder + "/email.subject.gotmpl", t.Email.Subject},
		{at + "email.body.html", folder + "/email.body.gotmpl", t.Email.Body.HTML},
		{at + "email.body.plaintext", folder + "/email.body.plaintext.gotmpl", t.Email.Body.Plaintext},
		{at + "sms.body.plaintext", folder + "/sms.body.gotmpl", t.SMS.Body.Plaintext},
	}
	return slices.DeleteFunc(all, func(f MailTemplate) bool { return f.URL == "" })
}

// mailMessages are the messages whose texts v26 takes so.
func mailMessages() []string {
	return []string{"recovery", "recovery_code", "verification", "verification_code", "login_code", "registration_code"}
}
