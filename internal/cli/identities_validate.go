package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/passhash"
	"github.com/symbolon/symbolon/internal/traits"
)

func newIdentitiesValidateCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	c := &cobra.Command{
		Use:   "validate [FILE...]",
		Short: "Check files of identities without creating any",
		Long: `Check files as 'symbolon identities import' takes them: their form, the traits
against the schemas of the server, the form of hashed passwords, and whether two
identities of the files sign in with the same identifier. Whether the server
itself has such an identifier already only the import finds out.

Exit codes: 0 all are valid, 1 some are not, 2 wrong usage.`,
		Example: `  symbolon identities validate users.ndjson
  symbolon identities validate users.json --format json`,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			v, err := newValidation(client)
			if err != nil {
				return err
			}
			in, err := newIdentityInput(ctx, e, args)
			if err != nil {
				return err
			}
			if err := v.check(ctx, in); err != nil {
				return err
			}
			return v.report(e, format)
		}),
	}
	f.add(c)
	format.add(c)
	return c
}

// mistake is what is wrong with one identity of a file.
type mistake struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// validation judges identities as the server would.
type validation struct {
	client  *adminclient.Client
	hasher  *passhash.Hasher
	schemas map[string]*traits.Schema // nil for those that the server does not have
	owners  map[string]string         // of identifiers: where they stand

	seen, wrong int
	mistakes    []mistake
}

func newValidation(client *adminclient.Client) (*validation, error) {
	hasher, err := passhash.New(passhash.Config{})
	if err != nil {
		return nil, err
	}
	return &validation{client: client, hasher: hasher, schemas: map[string]*traits.Schema{}, owners: map[string]string{}}, nil
}

// maxMistakes bounds how many mistakes are kept of one file.
const maxMistakes = 10_000

// check looks at everything. The error says that the server could not be asked.
func (v *validation) check(ctx context.Context, in *identityInput) error {
	for ctx.Err() == nil {
		patch, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var found []string
		if mistake, ok := errors.AsType[*inputError](err); ok {
			patch.From, found = mistake.from, []string{mistake.reason}
		} else if found, err = v.identity(ctx, patch); err != nil {
			return err
		}
		v.note(patch.From, found)
	}
	return ctx.Err()
}

func (v *validation) note(from string, found []string) {
	v.seen++
	if len(found) > 0 {
		v.wrong++
	}
	for _, text := range found {
		if len(v.mistakes) < maxMistakes {
			v.mistakes = append(v.mistakes, mistake{from, text})
		}
	}
}

// identity lists what is wrong with one identity.
func (v *validation) identity(ctx context.Context, patch adminclient.Patch) ([]string, error) {
	var in struct {
		SchemaID    string          `json:"schema_id"`
		Traits      json.RawMessage `json:"traits"`
		Credentials json.RawMessage `json:"credentials"`
	}
	if err := decodeStrictly(patch.Create, &in); err != nil {
		return []string{err.Error()}, nil
	}
	if len(in.Traits) == 0 {
		return []string{"the member traits is missing"}, nil
	}
	if in.SchemaID == "" {
		in.SchemaID = traits.DefaultID
	}
	found := v.credentials(in.Credentials)
	schema, err := v.schema(ctx, in.SchemaID)
	if err != nil {
		return nil, err
	}
	if schema == nil {
		return append(found, fmt.Sprintf("the server has no schema %q", in.SchemaID)), nil
	}
	return append(found, v.traits(patch.From, schema, in.Traits)...), nil
}

func decodeStrictly(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// traits lists what the schema objects to, and identifiers that others have.
func (v *validation) traits(from string, schema *traits.Schema, given json.RawMessage) (found []string) {
	err := schema.Validate(given)
	if invalid, ok := errors.AsType[*traits.Invalid](err); ok {
		for _, violation := range invalid.Violations {
			found = append(found, violation.Field+": "+violation.Text)
		}
		return found
	}
	var marked traits.Annotations
	if err == nil {
		marked, err = schema.Annotations(given)
	}
	if err != nil {
		return []string{err.Error()}
	}
	for _, identifier := range marked.Identifiers {
		if other, taken := v.owners[identifier]; taken {
			found = append(found, fmt.Sprintf("%s is the identifier of %s already", identifier, other))
			continue
		}
		v.owners[identifier] = from
	}
	return found
}

// errJudgedByServer says that traits can't be judged here.
var errJudgedByServer = errors.New("can't be used here; one that refers to other documents is judged by the server alone, on import")

// schema asks the server for a schema once; nil if it has none of that id.
func (v *validation) schema(ctx context.Context, id string) (*traits.Schema, error) {
	if known, asked := v.schemas[id]; asked {
		return known, nil
	}
	raw, err := v.client.Schema(ctx, id)
	if adminclient.Is404(err) {
		v.schemas[id] = nil
		return nil, nil //nolint:nilnil // there is none, which is not an error here
	}
	if err != nil {
		return nil, err
	}
	compiled, err := traits.Compile(raw)
	if err != nil {
		return nil, fmt.Errorf("schema %q %w: %w", id, errJudgedByServer, err)
	}
	v.schemas[id] = compiled
	return compiled, nil
}

// credentials lists what is wrong with the form of a password. The limits are
// the server's to know.
func (v *validation) credentials(raw json.RawMessage) []string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var in struct {
		Password *struct {
			Config struct {
				HashedPassword string `json:"hashed_password"`
				Password       string `json:"password"`
				ByHook         bool   `json:"use_password_migration_hook"`
			} `json:"config"`
		} `json:"password"`
	}
	if err := decodeStrictly(raw, &in); err != nil {
		return []string{"credentials: " + err.Error()}
	}
	if in.Password == nil {
		return nil
	}
	hash, plain := in.Password.Config.HashedPassword, in.Password.Config.Password
	if hash == "" && plain == "" && in.Password.Config.ByHook {
		return nil
	}
	if (hash == "") == (plain == "") {
		return []string{"credentials.password.config: give either hashed_password or password"}
	}
	if err := v.hash(hash); err != nil {
		return []string{"credentials.password.config.hashed_password: " + err.Error()}
	}
	return nil
}

// hash fails if a hashed password is of no form that is known; empty stands for none.
func (v *validation) hash(hash string) error {
	if malformed, ok := errors.AsType[*passhash.FormatError](v.hasher.Check(hash)); ok && hash != "" {
		return malformed
	}
	return nil
}

func (v *validation) report(e *env, format outputFormat) error {
	if format != formatTable {
		if v.mistakes == nil {
			v.mistakes = []mistake{}
		}
		if err := format.write(e.Stdout, v.mistakes); err != nil {
			return err
		}
	}
	if v.wrong > 0 {
		if format == formatTable {
			for _, m := range v.mistakes {
				fmt.Fprintf(e.Stdout, "%s: %s\n", visible(m.From), visible(m.Text))
			}
		}
		return fmt.Errorf("%d of %s not valid", v.wrong, plural(v.seen, "identity is", "identities are"))
	}
	if format == formatTable {
		fmt.Fprintln(e.Stdout, "All identity files are valid.")
	}
	return nil
}
