package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/store/scratch"
	"github.com/symbolon/symbolon/internal/takeover"
	"github.com/symbolon/symbolon/internal/takeover/auth0"
	"github.com/symbolon/symbolon/internal/takeover/authentik"
	"github.com/symbolon/symbolon/internal/takeover/csvfile"
	"github.com/symbolon/symbolon/internal/takeover/firebase"
	"github.com/symbolon/symbolon/internal/takeover/keycloak"
	"github.com/symbolon/symbolon/internal/takeover/ldif"
	"github.com/symbolon/symbolon/internal/takeover/supabase"
)

// source is how a system's files are read. The functions are called in the order of the fields.
type source struct {
	prepare func(files []string) error // what is read and checked before the first file; may be nil
	read    func(io.Reader) iter.Seq2[takeover.User, error]
	rest    func() iter.Seq2[takeover.User, error] // what is left after the last file; may be nil
	close   func() error                           // may be nil
}

// plain is a source that needs nothing but the files.
func plain(read func(io.Reader) iter.Seq2[takeover.User, error]) func(*userFlags) source {
	return func(*userFlags) source { return source{read: read} }
}

// scratched gives each file a scratch of its own, for as long as it is read.
func scratched(read func(io.Reader, takeover.Scratch) iter.Seq2[takeover.User, error]) func(io.Reader) iter.Seq2[takeover.User, error] {
	return func(r io.Reader) iter.Seq2[takeover.User, error] {
		return func(yield func(takeover.User, error) bool) {
			s := &scratch.Scratch{}
			defer func() { _ = s.Close() }() // nothing of it is needed
			read(r, s)(yield)
		}
	}
}

// newMigrateUsersCommands are the commands for other systems, each with what it reads.
func newMigrateUsersCommands(e *env) []*cobra.Command {
	return []*cobra.Command{
		newKeycloakCommand(e),
		newAuth0Command(e),
		newFirebaseCommand(e),
		newUsersCommand(e, "supabase", "the users of Supabase Auth",
			joined("symbolon migrate from-supabase -c symbolon.yml users.json",
				"symbolon migrate from-supabase -c symbolon.yml users.csv identities.csv mfa_factors.csv"),
			func(f *userFlags) source { return supabaseSource(e, f) }),
		newUsersCommand(e, "authentik", "the users of authentik, as 'ak dumpdata' writes them",
			joined("symbolon migrate from-authentik -c symbolon.yml dump.json"), plain(scratched(authentikUsers))),
		newUsersCommand(e, "ldif", "the people of an LDAP directory in LDIF",
			joined("symbolon migrate from-ldif -c symbolon.yml people.ldif"),
			plain(func(r io.Reader) iter.Seq2[takeover.User, error] { return ldif.Users(r, time.Now()) })),
		newUsersCommand(e, "csv", "users in CSV, whose first line names the columns",
			joined("symbolon migrate from-csv -c symbolon.yml users.csv"), plain(csvfile.Users)),
	}
}

// authentikUsers reads blueprints in YAML, too, which is no JSON unless it begins as JSON does.
func authentikUsers(r io.Reader, s takeover.Scratch) iter.Seq2[takeover.User, error] {
	buffered := bufio.NewReader(r)
	if takeover.IsJSON(buffered) {
		return authentik.Users(buffered, s)
	}
	return func(yield func(takeover.User, error) bool) {
		document, err := config.JSONOfYAML(buffered)
		if err != nil {
			yield(takeover.User{}, fmt.Errorf("the file is neither JSON nor YAML: %w", err))
			return
		}
		authentik.Users(bytes.NewReader(document), s)(yield)
	}
}

// supabaseSource reads the files of identities and factors first: users are stored with what belongs to them.
func supabaseSource(e *env, f *userFlags) source {
	kept := &scratch.Scratch{}
	tables := supabase.NewTables(time.Now(), kept)
	return source{
		prepare: func(files []string) error {
			for _, name := range files {
				if name == "-" { // it can't be read twice
					continue
				}
				if err := withFile(e, name, f.encoding, tables.Prepare); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			return nil
		},
		read:  tables.Users,
		rest:  tables.Orphans,
		close: kept.Close,
	}
}

func newUsersCommand(e *env, system, what, example string, from func(*userFlags) source) *cobra.Command {
	var f userFlags
	c := &cobra.Command{
		Use:   "from-" + system + " FILE...",
		Short: "Take over " + what,
		Long: `Take over the accounts of the files. The command opens the database of the
configuration, so no server may run on it. It may be stopped and run again:
accounts that are here already stay as they are. Ids that are UUIDs stay; others
become the same UUID in each run. docs/from-others.md says how each system exports.

Exit codes: 0 every account was taken or is here already, 1 some were refused or a
file can't be read, 2 wrong usage.`,
		Example: example,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return f.take(cmd, e, system, files, from(&f))
		},
	}
	f.add(c)
	return c
}

func newKeycloakCommand(e *env) *cobra.Command {
	var realm string
	c := newUsersCommand(e, "keycloak", "the users of a Keycloak realm export",
		joined("symbolon migrate from-keycloak -c symbolon.yml realm.json",
			"symbolon migrate from-keycloak -c symbolon.yml --realm shop all-realms.json",
			"symbolon migrate from-keycloak -c symbolon.yml shop-users-0.json shop-users-1.json"),
		func(f *userFlags) source {
			var files realmFiles
			return source{
				prepare: func(names []string) error {
					files.left = len(names)
					if realm != "" {
						return nil
					}
					return oneRealm(e, f.encoding, names)
				},
				read: func(r io.Reader) iter.Seq2[takeover.User, error] { return files.users(keycloak.Users(r, realm)) },
			}
		})
	c.Flags().StringVar(&realm, "realm", "", "the `NAME` of the realm to read, where the files have accounts of several")
	return c
}

// realmFiles are the files of an export while they are read, one after the other.
type realmFiles struct {
	left  int  // how many are to be read
	found bool // one of them has users
}

// users passes over a file with the settings of a realm alone, if another one has users.
func (f *realmFiles) users(all iter.Seq2[takeover.User, error]) iter.Seq2[takeover.User, error] {
	f.left--
	return func(yield func(takeover.User, error) bool) {
		for u, err := range all {
			settings := errors.Is(err, keycloak.ErrSettings)
			f.found = f.found || !settings
			if settings && (f.found || f.left > 0) || !yield(u, err) {
				return
			}
		}
	}
}

// oneRealm refuses files with accounts of several realms: those of another realm are other people, some of them its
// administrators. The standard input can't be read twice; reading it stops at the second realm.
func oneRealm(e *env, encoding string, files []string) error {
	var all []string
	for _, name := range files {
		if name == "-" {
			continue
		}
		err := withFile(e, name, encoding, func(r io.Reader) error {
			names, err := keycloak.Realms(r)
			all = append(all, slices.DeleteFunc(names, func(n string) bool { return n == "" })...)
			if errors.Is(err, keycloak.ErrSettings) {
				return nil
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > 1 {
		return fmt.Errorf("the files have accounts of %d realms: %s. Name the one to take with --realm", len(all), strings.Join(all, ", "))
	}
	return nil
}

func newAuth0Command(e *env) *cobra.Command {
	var hashes string
	c := newUsersCommand(e, "auth0", "the users of an Auth0 export",
		joined("symbolon migrate from-auth0 -c symbolon.yml --hashes hashes.json --provider google-oauth2=google users.json"),
		func(f *userFlags) source {
			if hashes == "" {
				return source{read: func(r io.Reader) iter.Seq2[takeover.User, error] { return auth0.Users(r, nil) }}
			}
			known := &scratch.Scratch{}
			return source{
				prepare: func([]string) error {
					err := withFile(e, hashes, f.encoding, func(r io.Reader) error { return auth0.Hashes(r, known) })
					if err != nil {
						return fmt.Errorf("read hashes: %s: %w", hashes, err)
					}
					return nil
				},
				read:  func(r io.Reader) iter.Seq2[takeover.User, error] { return auth0.Users(r, known) },
				rest:  func() iter.Seq2[takeover.User, error] { return auth0.Unused(known) },
				close: known.Close,
			}
		})
	c.Flags().StringVar(&hashes, "hashes", "", "the `FILE` of password hashes that Auth0's support hands out")
	return c
}

func newFirebaseCommand(e *env) *cobra.Command {
	var parameters string
	var trustCSV bool
	c := newUsersCommand(e, "firebase", "the users of a Firebase export",
		joined("symbolon migrate from-firebase -c symbolon.yml --hash-parameters parameters.json users.json"),
		func(*userFlags) source {
			var p firebase.Params
			return source{
				prepare: func([]string) error {
					if parameters == "" {
						return nil
					}
					raw, err := os.ReadFile(parameters)
					if err == nil {
						p, err = firebase.ReadParams(raw)
					}
					if err != nil {
						return fmt.Errorf("read hash parameters: %w", err)
					}
					return nil
				},
				read: func(r io.Reader) iter.Seq2[takeover.User, error] {
					p.TrustCSV = trustCSV
					return firebase.Users(r, p)
				},
			}
		})
	c.Flags().StringVar(&parameters, "hash-parameters", "",
		"a `FILE` with base64_signer_key, base64_salt_separator, rounds and mem_cost, as Firebase's console shows them or in JSON")
	c.Flags().BoolVar(&trustCSV, "trust-csv", false, "take users.csv, in which a person's name or photo URL can pass for rows of others")
	return c
}
