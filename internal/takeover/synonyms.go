package takeover

// StandardClaim is the standard claim that a column or attribute of that name has in the languages of its authors; empty for
// none. The name is in lower case, without dashes, underscores and blanks.
func StandardClaim(name string) string {
	if all := synonyms(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// synonyms are the standard claims that schemas and files know under other names, the best first. The name is as that of
// StandardClaim.
func synonyms(name string) []string {
	switch name {
	case "mail", "emailaddress", "emails", "emailaddresses", "mailaddress", "emailadresse", "mailadresse", "adresseemail", "adressemail", "adresseélectronique",
		"courriel", "correo", "correoelectrónico", "correoelectronico", "indirizzoemail", "emailadres", "endereçodeemail", "epost", "epostadress", "adresemail":
		return []string{"email"}
	case "username", "user", "login", "handle", "uid", "loginname", "benutzername", "nutzername", "anmeldename", "nomdutilisateur", "identifiant", "usuario",
		"nombredeusuario", "nomeutente", "gebruikersnaam", "nomedeusuário", "användarnamn":
		return []string{"preferred_username"}
	case "name.first", "name.given", "name.firstname", "name.givenname", "firstname", "givenname", "vorname", "prénom", "prenom", "nombre", "nome", "voornaam",
		"förnamn", "fornavn", "imię":
		return []string{"given_name", "name"}
	case "name.last", "name.family", "name.lastname", "name.familyname", "lastname", "familyname", "surname", "nachname", "familienname", "nom", "nomdefamille",
		"apellido", "apellidos", "cognome", "achternaam", "efternamn", "efternavn", "sobrenome", "nazwisko":
		return []string{"family_name"}
	case "name.full", "fullname", "displayname", "nomcomplet", "nombrecompleto", "nomecompleto":
		return []string{"name"}
	case "phone", "phonenumber", "mobile", "mobilephone", "telephone", "tel", "telefon", "telefonnummer", "mobilnummer", "handynummer", "téléphone", "teléfono",
		"telefono", "telefoon", "telefone":
		return []string{"phone_number"}
	case "avatar", "photo", "image", "pictureurl":
		return []string{"picture"}
	case "language", "lang":
		return []string{"locale"}
	case "website", "url", "homepage":
		return []string{"website"}
	}
	return nil
}
