package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
	"github.com/symbolon/symbolon/internal/config"
	"github.com/symbolon/symbolon/internal/traits"
)

func newApplyCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var plan bool
	c := &cobra.Command{
		Use:   "apply DIR",
		Short: "Make the identities of a setup directory exist",
		Long: `Make a server have the identities that the YAML files of a directory declare:
those that are missing are created, those that differ are changed, all others stay
as they are, and nothing is deleted. Doing it twice changes nothing the second
time. --plan only tells what would be done, and what the schemas refuse.

  identities:
    - external_id: crm-7              # by which it is found again
      identifier: jane@example.org    # or by this, if it exists without external_id
      schema_id: customer             # default: the default schema
      state: active                   # active, inactive; default: as it is
      traits: {email: jane@example.org}
      metadata_public: {plan: gold}   # default: as it is
      metadata_admin: {note: vip}     # default: as it is
      hashed_password: "$argon2id$…"  # only when it is created
      verified: [jane@example.org]    # only when it is created

The other names in these files are settings, as in a configuration file: schemas,
providers and operators, one file each if you like. They are in force where the
server reads the directory: 'symbolon serve -c symbolon.yaml -c DIR' does so, again
whenever a file changes, and applies the identities itself. The command prints
the file and line of each setting.

Exit codes: 0 done (with --plan: nothing to do), 1 something could not be done
(with --plan: there is something to do), 2 wrong usage.` + endpointHelp,
		Example: `  symbolon apply setup --plan
  symbolon apply setup
  symbolon serve -c symbolon.yaml -c setup`,
		Args: cobra.ExactArgs(1),
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			info, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			if !info.IsDir() {
				return usageError{fmt.Errorf("%s is no directory", args[0])}
			}
			setup, err := config.ReadSetup(args[0])
			if err != nil {
				return err
			}
			var judge *validation
			if plan {
				if judge, err = newValidation(client); err != nil {
					return err
				}
			}
			changes := settingChanges(setup.Settings)
			for i := range setup.Identities {
				changes = append(changes, applyIdentity(ctx, client, &setup.Identities[i], judge))
			}
			return writeChanges(e, format, plan, changes)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVar(&plan, "plan", false, "change nothing, tell what would be done")
	return c
}

// The actions of a change.
const (
	actionCreate = "create"
	actionChange = "change"
	actionNone   = "unchanged"
	actionFailed = "failed"
	actionServer = "setting" // in force where the server reads the directory
)

// change is what applying does about one thing of a setup directory.
type change struct {
	Action string   `json:"action"`
	What   string   `json:"what"`
	Fields []string `json:"fields,omitempty"` // what of an identity is changed
	Source string   `json:"source"`
	Error  string   `json:"error,omitempty"`
}

func settingChanges(settings []config.Place) []change {
	var out []change
	for _, s := range settings {
		what := s.Key
		if s.Items > 0 {
			what = fmt.Sprintf("%s (%d)", s.Key, s.Items)
		}
		out = append(out, change{Action: actionServer, What: what, Source: s.Origin.String()})
	}
	return out
}

// applyIdentity makes an identity what is declared, or with plan, which judges it, says
// what that needs.
func applyIdentity(ctx context.Context, client *adminclient.Client, d *config.Declared, plan *validation) change {
	made := change{Action: actionFailed, What: "identity " + d.ExternalID, Source: d.Origin.String()}
	err := func() error {
		found, err := findDeclared(ctx, client, d)
		if err != nil {
			return err
		}
		if found == nil {
			made.Action = actionCreate
			if plan != nil {
				return errors.Join(plan.hash(d.HashedPassword.Reveal()), plan.planned(ctx, made.What, d.SchemaID, d.Traits))
			}
			created, err := createDeclared(ctx, client, d)
			if created || err != nil {
				return err
			}
			// Another node that starts was faster.
			if found, err = client.RecordByExternalID(ctx, d.ExternalID); err != nil {
				return err
			}
		}
		wanted, fields := declaredChanges(found, d)
		if made.Action, made.Fields = actionNone, fields; len(fields) == 0 {
			return nil
		}
		made.Action = actionChange
		if plan != nil && !slices.Contains(fields, "traits") && !slices.Contains(fields, "schema_id") {
			return nil
		}
		if plan != nil {
			return plan.planned(ctx, made.What, wanted.SchemaID, wanted.Traits)
		}
		_, err = client.ChangeRecord(ctx, wanted, fields, nil)
		return err
	}()
	if err != nil {
		made.Action, made.Error = actionFailed, err.Error()
	}
	return made
}

// planned fails if the server would refuse these traits. What it alone can judge passes:
// schemas that refer to other documents, and the default one if it has another id.
func (v *validation) planned(ctx context.Context, what, schemaID string, values json.RawMessage) error {
	schema, err := v.schema(ctx, cmp.Or(schemaID, traits.DefaultID))
	switch {
	case errors.Is(err, errJudgedByServer), err == nil && schema == nil && schemaID == "":
		return nil
	case err != nil:
		return err
	case schema == nil:
		return fmt.Errorf("the server has no schema %q", schemaID)
	}
	if len(values) == 0 {
		values = json.RawMessage("{}")
	}
	if found := v.traits(what, schema, values); len(found) > 0 {
		return errors.New(strings.Join(found, "; "))
	}
	return nil
}

// findDeclared finds the identity that is meant; nil if there is none.
func findDeclared(ctx context.Context, client *adminclient.Client, d *config.Declared) (*adminapi.IdentityV1, error) {
	found, err := client.RecordByExternalID(ctx, d.ExternalID)
	if err == nil || !adminclient.Is404(err) {
		return found, err
	}
	if d.Identifier == "" {
		return nil, nil //nolint:nilnil // nil stands for none
	}
	found, err = client.RecordByIdentifier(ctx, d.Identifier)
	if err == nil && found != nil && found.ExternalID != "" {
		return nil, fmt.Errorf("%s belongs to the identity with external_id %s", d.Identifier, found.ExternalID)
	}
	return found, err
}

// createDeclared creates an identity; created is false if one with its external id has
// appeared meanwhile.
func createDeclared(ctx context.Context, client *adminclient.Client, d *config.Declared) (created bool, err error) {
	_, err = client.CreateRecord(ctx, adminclient.NewRecord{
		IdentityV1: adminapi.IdentityV1{
			SchemaID: d.SchemaID, ExternalID: d.ExternalID, State: d.State, Traits: d.Traits, MetadataPublic: d.MetadataPublic, MetadataAdmin: d.MetadataAdmin,
		},
		HashedPassword: d.HashedPassword.Reveal(), Verified: d.Verified,
	})
	answered, ok := errors.AsType[*adminclient.Error](err)
	if !ok || answered.Code != http.StatusConflict {
		return true, err
	}
	if _, again := client.RecordByExternalID(ctx, d.ExternalID); again == nil {
		return false, nil
	}
	return false, errors.New("another identity has one of its addresses: if that is the one, name it with identifier")
}

// declaredChanges is an identity as declared, and the names of what differs.
func declaredChanges(found *adminapi.IdentityV1, d *config.Declared) (wanted adminapi.IdentityV1, fields []string) {
	wanted = *found
	for _, text := range []struct {
		name     string
		declared string
		into     *string
	}{{"external_id", d.ExternalID, &wanted.ExternalID}, {"schema_id", d.SchemaID, &wanted.SchemaID}, {"state", d.State, &wanted.State}} {
		if text.declared != "" && *text.into != text.declared {
			*text.into, fields = text.declared, append(fields, text.name)
		}
	}
	for _, object := range []struct {
		name     string
		declared json.RawMessage
		into     *json.RawMessage
	}{{"traits", d.Traits, &wanted.Traits}, {"metadata_public", d.MetadataPublic, &wanted.MetadataPublic}, {"metadata_admin", d.MetadataAdmin, &wanted.MetadataAdmin}} {
		if object.declared != nil && !sameJSON(*object.into, object.declared) {
			*object.into, fields = object.declared, append(fields, object.name)
		}
	}
	return wanted, fields
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func writeChanges(e *env, format outputFormat, plan bool, changes []change) error {
	counts := map[string]int{}
	rows := make([][]string, len(changes))
	for i, c := range changes {
		counts[c.Action]++
		detail := strings.Join(c.Fields, ", ")
		if c.Error != "" {
			detail = c.Error
		}
		rows[i] = []string{c.Action, c.What, c.Source, detail}
	}
	var err error
	if format == formatTable {
		err = writeTable(e.Stdout, []string{"ACTION", "WHAT", "SOURCE", "DETAIL"}, rows)
	} else {
		err = format.write(e.Stdout, append([]change{}, changes...))
	}
	if err != nil {
		return err
	}
	todo := counts[actionCreate] + counts[actionChange]
	switch {
	case counts[actionFailed] > 0:
		return fmt.Errorf("%d of %s can't be applied", counts[actionFailed], plural(len(changes)-counts[actionServer], "identity", "identities"))
	case plan && todo > 0:
		return fmt.Errorf("%d to create, %d to change", counts[actionCreate], counts[actionChange])
	}
	return nil
}
