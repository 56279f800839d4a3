package csvfile

import (
	"strings"
	"testing"
)

// What spreadsheets write in the languages of their owners is read without editing.
func TestUsers_spreadsheets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		claims map[string]any
		off    bool
	}{
		"German":             {"Benutzer-ID;E-Mail-Adresse;Vorname;Nachname;Telefon;Gesperrt;;\r\n1;v@example.org;Vera;Muster;+49301;WAHR;;\r\n", map[string]any{"email": "v@example.org", "given_name": "Vera", "family_name": "Muster", "phone_number": "+49301"}, true},
		"French":             {"Prénom,Nom,Adresse e-mail,Nom d'utilisateur,Actif\nVera,Muster,v@example.org,vera,oui\n", map[string]any{"email": "v@example.org", "given_name": "Vera", "family_name": "Muster", "preferred_username": "vera"}, false},
		"Spanish":            {"Correo electrónico\tNombre\tApellidos\tActivo\nv@example.org\tVera\tMuster\tFALSO\n", map[string]any{"email": "v@example.org", "given_name": "Vera", "family_name": "Muster"}, true},
		"separator named":    {"sep=;\r\nemail;name\r\nv@example.org;a,b,c\r\n", map[string]any{"email": "v@example.org", "name": "a,b,c"}, false},
		"two of one meaning": {"mail,email,Telefon,Mobil,mobile\nw@example.org,v@example.org,1,2,3\n", map[string]any{"mail": "w@example.org", "email": "v@example.org", "phone_number": "1", "Mobil": "2", "mobile": "3"}, false},
		"objects":            {"email,name.first,user.id\nv@example.org,Vera,7\n", map[string]any{"email": "v@example.org", "name.first": "Vera", "user.id": "7"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users, faults := collect(t, test.text)
			if len(users) != 1 || len(faults) != 0 {
				t.Fatalf("%+v %v", users, faults)
			}
			for claim, want := range test.claims {
				if got := users[0].Claims[claim]; got != want {
					t.Errorf("%s is %v, not %v", claim, got, want)
				}
			}
			if len(users[0].Claims) != len(test.claims) || users[0].Disabled != test.off {
				t.Errorf("%+v", users[0])
			}
		})
	}
	for text, want := range map[string]string{
		"Farbe;Größe\nrot;1\n":        "line 1: names no column id, email or preferred_username, but Farbe, Größe: rename the columns",
		"sep=;\nemail;a\n1;2;3\n":     "line 3: has 3 values where line 1 names 2",
		"sep=;\nE-Mail;E-Mail\n1;2\n": "line 2: names the column E-Mail twice",
	} {
		if _, faults := collect(t, text); len(faults) != 1 || !strings.Contains(faults[0].Error(), want) {
			t.Errorf("%q: %v", text, faults)
		}
	}
}
