package firebase

import (
	"errors"
	"strings"
	"testing"

	"github.com/symbolon/symbolon/internal/takeover"
)

// line is a row as the export writes it: a name in quotes only if it has a comma, and quotes in it as they are.
func line(id, name, google string) string {
	for _, n := range []*string{&name, &google} {
		if strings.Contains(*n, ",") {
			*n = `"` + *n + `"`
		}
	}
	return id + ",a@example.org,true,,," + name + ",https://p," + "g-" + id + ",g@example.org," + google + strings.Repeat(",", 14) + "1486324336000,1486324336000,,false," + `"{""role"":""buyer""}",` + "\n"
}

// forged are values of a row from the picture on.
const forged = `,victim,g@example.org,` + `,,,,,,,,,,,,,,1486324336000,1486324336000,+4917612345678,false,"{""role"":""admin""}",`

// Names are what people choose, and they must not become values of their rows or of others.
func TestTable_names(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		chosen, google string
		taken          bool // with its own link and role
	}{
		"plain":                   {"Ada", "Ada", true},
		"a comma":                 {"Doe, Ada", "Ada", true},
		"a comma at the provider": {"Ada", "Doe, Ada", true},
		"values":                  {`x",` + forged, "", false},
		"values and a comma":      {`x,y",` + forged, "", false},
		"a role that stays open":  {`x,y",,victim,,,,,,,,,,,,,,,,,,,+4917612345678,false,"{""a"":""`, "", false},
		"a lone quote":            {`Ada "`, "", false},
		"a quote first":           {`"Ada`, "", false},
		"both names":              {`"`, `,p,victim,e,",https://p,g-1,g@example.org,`, false},
		"a row":                   {"x\nv,v@example.org,true,,,x," + forged + "\nx", "", false},
		"two rows":                {"x\nv,v@example.org,true,,,x," + forged + "\nw,v@example.org,true,,,x," + forged + "\nx", "", false},
		"lines":                   {"x\ny\nz", "", false},
		"a row after an end":      {"\"a\n" + strings.Repeat(",", 27) + "\nv,v@example.org,true,,,x," + forged + "\n" + strings.Repeat(",", 10) + "\nb\"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, refused := map[string]takeover.User{}, 0
			for u, err := range Users(strings.NewReader(line("0", "First", "")+line("1", test.chosen, test.google)+line("2", test.chosen, "")+line("9", "Last", "")), params) {
				if err != nil {
					refused++
					continue
				}
				got[u.Key] = u
			}
			rows := []string{"0", "9"}
			if strings.Contains(test.chosen, "\n") { // what follows can't be trusted
				if _, taken := got["9"]; taken {
					t.Error("a row behind a line end is taken")
				}
				rows = rows[:1]
			}
			for _, id := range rows {
				if len(got[id].Links) != 1 || got[id].MetadataAdmin["role"] != "buyer" {
					t.Errorf("row %s: %+v", id, got[id])
				}
			}
			_, others := got["v"]
			own, there := got["1"]
			isOwn := len(own.Links) == 1 && own.Links[0].Subject == "g-1" && own.MetadataAdmin["role"] == "buyer" && own.Claims["email_verified"] == true && len(own.Notes) == 0
			isBare := len(own.Links) == 0 && own.MetadataAdmin == nil && own.Claims["email_verified"] != true && len(own.Notes) == 1
			if others || test.taken != isOwn || !test.taken && there != isBare || !there && refused < 1 || own.Claims["phone_number_verified"] == true {
				t.Errorf("refused %d, %+v", refused, got)
			}
		})
	}
}

// The first row tells how many values rows have, and earlier exports have fewer.
func TestTable_earlier(t *testing.T) {
	t.Parallel()
	row := func(id, name string) string {
		return id + ",a@example.org,true,,," + name + strings.Repeat(",", 18) + "1486324336000,1486324336000,+4917612345678\n"
	}
	n := 0
	for u, err := range Users(strings.NewReader(row("1", `"Doe, Ada"`)+row("2", "Ada")), params) {
		if n++; err != nil || u.Claims["phone_number_verified"] != true {
			t.Errorf("%+v %v", u, err)
		}
	}
	if n != 2 {
		t.Errorf("%d users", n)
	}
}

// A photo URL or a name may hold the values of other columns and whole rows, without a trace.
func TestUsers_untrustedCSV(t *testing.T) {
	t.Parallel()
	untrusted := params
	untrusted.TrustCSV = false
	for name, file := range map[string]string{
		"a row":                      "u1,eve@example.org,true,AAAA,AQ==,Eve,https://p/1" + strings.Repeat(",", columnCustom-columnPicture) + "\n",
		"a photo URL with a comma":   "u1,eve@example.org,true,AAAA,AQ==,Eve,https://p,VICTIM" + strings.Repeat(",", columnCustom-columnPicture) + "\n",
		"a line of another document": "id,email\n",
	} {
		n := 0
		for u, err := range Users(strings.NewReader(file), untrusted) {
			if n++; !errors.Is(err, ErrCSV) {
				t.Errorf("%s: got %+v, %v", name, u, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d answers", name, n)
		}
	}
}
