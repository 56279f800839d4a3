package csvfile

import (
	"slices"
	"strings"

	"github.com/symbolon/symbolon/internal/takeover"
)

// known is the column or claim that a name stands for, as databases and spreadsheets write it in several languages; the
// name itself for any other.
func known(name string) string {
	plain := folded(name)
	for _, column := range standard() {
		if folded(column) == plain {
			return column
		}
	}
	switch plain {
	case "userid", "uuid", "_id", "benutzerid":
		return columnKey
	case "hash", "encryptedpassword", "hashedpassword", "password", "passwort", "passworthash", "kennwort", "motdepasse", "contraseña", "wachtwoord", "senha":
		return columnHash
	case "created", "creationdate", "erstellt", "erstelltam", "angelegtam", "registriertam":
		return columnCreated
	case "blocked", "isdisabled", "suspended", "gesperrt", "deaktiviert", "bloqué", "désactivé", "bloqueado", "bloccato", "geblokkeerd":
		return columnDisabled
	case "active", "isactive", "isenabled", "aktiv", "aktiviert", "actif", "activo", "attivo", "actief", "ativo":
		return columnEnabled
	}
	if claim := takeover.StandardClaim(plain); claim != "" && !strings.Contains(plain, ".") { // a dot makes an object
		return claim
	}
	return name
}

// folded is a name without what spreadsheets and databases write differently.
func folded(name string) string {
	name = strings.ToLower(name)
	head, rest := "", name
	if strings.HasPrefix(name, "_") { // "_id" is no "id"
		head, rest = "_", name[1:]
	}
	return head + strings.NewReplacer(" ", "", "_", "", "-", "", "'", "", "’", "").Replace(rest)
}

// columns are the names of the first line, each as what it is called here. A name that the line has exactly comes before
// others of its meaning, and those before the ones behind them.
func columns(names []string) []string {
	for i, name := range names {
		if is := known(name); !slices.Contains(names, is) {
			names[i] = is
		}
	}
	return names
}
