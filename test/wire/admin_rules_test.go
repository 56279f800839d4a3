package wire

import (
	"fmt"
	"regexp"
	"strings"
)

// adminRules are about the admin listener, and about errors of the same kind on the public one.
func adminRules() []*rule {
	driverText := regexp.MustCompile(`^sqlite create: UNIQUE constraint failed: [a-z_., ]+: `)
	return []*rule{
		{
			source: "surprises 1.13", reason: "conflicts do not name tables",
			rewrite: func(_ *player, _ entry, want *answer) bool {
				return eachObject(want.value, func(o map[string]any) bool {
					text, _ := o["message"].(string)
					if !driverText.MatchString(text) {
						return false
					}
					o["message"] = driverText.ReplaceAllString(text, "")
					return true
				})
			},
		},
		on(`(create|update)Identity\.missing-traits`, "surprises 1.8", "a body that is broken or lacks what is needed is the client's fault",
			malformed("The member traits is missing. Send the identity's traits as a JSON object.")),
		on(`(create|update)Identity\.bad-json`, "surprises 1.8", "a body that is broken or lacks what is needed is the client's fault", malformed("Unable to decode JSON payload: unexpected EOF")),
		on(`createIdentity\.empty-body`, "surprises 1.8", "a body that is broken or lacks what is needed is the client's fault",
			malformed("The request body is empty. Send a JSON object with the member traits.")),
		on(`createIdentity\.with-id-ignored`, "surprises 1.8", "a body that is broken or lacks what is needed is the client's fault",
			malformed(`Unable to decode JSON payload: json: unknown field "id"`)),
		on(`updateIdentity\.unknown-field`, "surprises 1.8", "a body that is broken or lacks what is needed is the client's fault",
			malformed(`Unable to decode JSON payload: json: unknown field "x"`)),
		on(`createIdentity\.unknown-field`, "surprises 5.10", "credentials are accepted", func(_ *player, want *answer) {
			want.status, want.value = 201, newIdentity(`{"email":"y@example.org"}`)
			want.setHeader("Content-Type", "application/json; charset=utf-8")
			want.setHeader("Location", "http://"+hosts["admin"]+"/identities/{{uuid}}")
		}),
		on(`updateIdentity\.change-schema`, "surprises 1.11", "schema_url is that of the new schema", func(_ *player, want *answer) {
			o, _ := want.value.(map[string]any)
			o["schema_url"] = strings.Replace(fmt.Sprint(o["schema_url"]), "customer", "default", 1)
		}),
		on(`admin\.method-not-allowed`, "decision 11", "PATCH imports identities", func(p *player, want *answer) {
			want.dropHeader("Allow", "")
			want.dropHeader("X-Content-Type-Options", "")
			want.text = ""
			malformed(`Unable to decode HTTP Request Body because its HTTP Header "Content-Length" is zero.`)(p, want)
		}),
		on(`listIdentities\.empty|multi\.list`, "surprises 1.5", "Link names pages that exist", pages("250", "first", "0", "last", "0")),
		on(`listIdentities\.all|setup\.(46|75)`, "surprises 1.5", "Link names pages that exist", pages("250", "first", "0", "last", "0")),
		on(`listIdentities\.per_page-max`, "surprises 1.5", "Link names pages that exist", pages("1000", "first", "0", "last", "0")),
		on(`listIdentities\.garbage`, "surprises 1.5", "Link names pages that exist", pages("1", "first", "0", "next", "1", "last", "4")),
		on(`listIdentities\.page0`, "surprises 1.5", "Link names pages that exist", pages("2", "first", "0", "next", "1", "last", "2")),
		on(`listIdentities\.page1`, "surprises 1.5", "Link names pages that exist", pages("2", "first", "0", "next", "2", "prev", "0", "last", "2")),
		on(`listIdentities\.page2`, "surprises 1.5", "Link names pages that exist", pages("2", "first", "0", "prev", "1", "last", "2")),
		on(`prod\.listIdentities`, "surprises 1.5", "Link names pages that exist", func(p *player, want *answer) {
			pages("1", "first", "0", "next", "1", "last", "1")(p, want)
			want.setHeader("Link", strings.ReplaceAll(want.header("Link"), "http://"+hosts["admin"], "https://admin.example.org/kratos"))
		}),
		on(`listIdentities\.page9`, "surprises 1.5", "Link names pages that exist", pages("2", "first", "0", "prev", "2", "last", "2")),
	}
}

// malformed is the answer to a request that cannot be read.
func malformed(reason string) func(*player, *answer) {
	return func(_ *player, want *answer) {
		want.status = 400
		want.dropHeader("X-Request-Id", "")
		want.setHeader("Content-Type", "application/json")
		want.value = parse(compact(map[string]any{"error": map[string]any{
			"code": 400, "status": "Bad Request", "reason": reason, "message": "The request was malformed or contained invalid parameters",
		}}))
	}
}

// pages sets the Link header of a list, from pairs of a relation and a page.
func pages(perPage string, relations ...string) func(*player, *answer) {
	return func(_ *player, want *answer) {
		var links []string
		for i := 0; i < len(relations); i += 2 {
			links = append(links, fmt.Sprintf(`<http://%s/identities?page=%s&per_page=%s>; rel="%s"`, hosts["admin"], relations[i+1], perPage, relations[i]))
		}
		want.setHeader("Link", strings.Join(links, ","))
	}
}
