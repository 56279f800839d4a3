package cli

import (
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/authentik"
	"github.com/symbolon/symbolon/internal/takeover/csvfile"
	"github.com/symbolon/symbolon/internal/takeover/firebase"
	"github.com/symbolon/symbolon/internal/takeover/keycloak"
	"github.com/symbolon/symbolon/internal/takeover/ldif"
	"github.com/symbolon/symbolon/internal/takeover/supabase"
)

// reader reads the users of one file.
type reader = func(io.Reader) (iter.Seq2[takeover.User, error], error)

// plain is a reader that needs nothing but the file.
func plain(read func(io.Reader) iter.Seq2[takeover.User, error]) func(*cobra.Command) reader {
	return func(*cobra.Command) reader {
		return func(r io.Reader) (iter.Seq2[takeover.User, error], error) { return read(r), nil }
	}
}

// newMigrateUsersCommands are the commands for other systems, each with what it reads.
func newMigrateUsersCommands(e *env) []*cobra.Command {
	return []*cobra.Command{
		newUsersCommand(e, "keycloak", "the users of a Keycloak realm export",
			joined("symbolon migrate from-keycloak -c symbolon.yml realm.json"), plain(keycloak.Users)),
		newAuth0Command(e),
		newFirebaseCommand(e),
		newUsersCommand(e, "supabase", "the users of Supabase Auth",
			joined("symbolon migrate from-supabase -c symbolon.yml users.json"), func(*cobra.Command) reader {
				return func(r io.Reader) (iter.Seq2[takeover.User, error], error) { return supabase.Users(r, time.Now()), nil }
			}),
		newUsersCommand(e, "authentik", "the users of authentik, as 'ak dumpdata' writes them",
			joined("symbolon migrate from-authentik -c symbolon.yml dump.json"), plain(authentik.Users)),
		newUsersCommand(e, "ldif", "the people of an LDAP directory in LDIF",
			joined("symbolon migrate from-ldif -c symbolon.yml people.ldif"), plain(ldif.Users)),
		newUsersCommand(e, "csv", "users in CSV, whose first line names the columns",
			joined("symbolon migrate from-csv -c symbolon.yml users.csv"), plain(csvfile.Users)),
	}
}

func newUsersCommand(e *env, system, what, example string, read func(*cobra.Command) reader) *cobra.Command {
	var f userFlags
	c := &cobra.Command{
		Use:   "from-" + system + " FILE...",
		Short: "Take over " + what,
		Long: `Take over the accounts of the files. The command opens the database of the
configuration, so no server may run on it. It may be stopped and run again:
accounts that are here already stay as they are. Ids that are UUIDs stay; others
become the same UUID in each run. docs/from-others.md says how each system exports.`,
		Example: example,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return f.take(cmd, e, system, files, read(cmd))
		},
	}
	f.add(c)
	return c
}

func newAuth0Command(e *env) *cobra.Command {
	var hashes string
	c := newUsersCommand(e, "auth0", "the users of an Auth0 export",
		joined("symbolon migrate from-auth0 -c symbolon.yml --hashes hashes.json --provider google-oauth2=google users.json"),
		func(*cobra.Command) reader {
			return func(r io.Reader) (iter.Seq2[takeover.User, error], error) {
				if hashes == "" {
					return auth0.Users(r, nil), nil
				}
				file, err := os.Open(hashes)
				if err != nil {
					return nil, fmt.Errorf("read hashes: %w", err)
				}
				defer file.Close()
				known, err := auth0.Hashes(file)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", hashes, err)
				}
				return auth0.Users(r, known), nil
			}
		})
	c.Flags().StringVar(&hashes, "hashes", "", "the `FILE` of password hashes that Auth0's support hands out")
	return c
}

func newFirebaseCommand(e *env) *cobra.Command {
	var parameters string
	c := newUsersCommand(e, "firebase", "the users of a Firebase export",
		joined("symbolon migrate from-firebase -c symbolon.yml --hash-parameters parameters.json users.json"),
		func(*cobra.Command) reader {
			return func(r io.Reader) (iter.Seq2[takeover.User, error], error) {
				var p firebase.Params
				if parameters != "" {
					raw, err := os.ReadFile(parameters)
					if err == nil {
						p, err = firebase.ReadParams(raw)
					}
					if err != nil {
						return nil, fmt.Errorf("read hash parameters: %w", err)
					}
				}
				return firebase.Users(r, p), nil
			}
		})
	c.Flags().StringVar(&parameters, "hash-parameters", "",
		"a `FILE` with base64_signer_key, base64_salt_separator, rounds and mem_cost, as Firebase's console shows them or in JSON")
	return c
}
