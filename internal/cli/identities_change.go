package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/symbolon/symbolon/internal/adminapi"
	"github.com/symbolon/symbolon/internal/adminclient"
)

// changed is an identity as PUT takes it.
type changed struct {
	SchemaID    string          `json:"schema_id,omitempty"`
	Traits      json.RawMessage `json:"traits"`
	Credentials json.RawMessage `json:"credentials,omitempty"`
}

func newIdentitiesPutCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	c := &cobra.Command{
		Use:   "put ID [FILE]",
		Short: "Replace the traits of an identity",
		Long: `Replace all traits of an identity, from a file or the standard input:

  {"traits": {"email": "jane@example.org"}}

With schema_id the identity moves to another schema; with credentials, as
'symbolon identities import' takes them, it gets another password. What is
printed is the identity as it is then.`,
		Example: `  symbolon identities put 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11 jane.json
  echo '{"traits": {"email": "jane@example.org"}}' | symbolon identities put 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11`,
		Args: idAndFile,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			body, err := readObject(ctx, e, args[1:])
			if err != nil {
				return err
			}
			saved, err := client.UpdateIdentity(ctx, args[0], body)
			if err != nil {
				return about(args[0], err)
			}
			return writeIdentity(e, format, quiet, saved)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the id alone")
	return c
}

func newIdentitiesPatchCommand(e *env) *cobra.Command {
	var f clientFlags
	var format outputFormat
	var quiet bool
	c := &cobra.Command{
		Use:   "patch ID [FILE]",
		Short: "Change some traits of an identity",
		Long: `Merge traits into those that an identity has, from a file or the standard input.
Objects are merged, everything else is replaced, and null removes (RFC 7396):

  {"name": {"first": "Jane"}, "nickname": null}

An object with the member traits, {"traits": {…}}, is read as 'put' reads it, and
its traits are merged. What others change of the identity at the same time stays.`,
		Example: `  echo '{"name": {"first": "Jane"}}' | symbolon identities patch 019d7f3a-6f7e-7c3e-8d70-2f6f1f0a9b11`,
		Args:    idAndFile,
		RunE: f.run(e, func(ctx context.Context, client *adminclient.Client, args []string) error {
			given, err := readObject(ctx, e, args[1:])
			if err != nil {
				return err
			}
			change, err := changeOf(given)
			if err != nil {
				return err
			}
			saved, err := patchIdentity(ctx, client, args[0], change)
			if err != nil {
				return about(args[0], err)
			}
			return writeIdentity(e, format, quiet, saved)
		}),
	}
	f.add(c)
	format.add(c)
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "print the id alone")
	return c
}

// patchTries is how often traits are merged again because others changed the identity.
const patchTries = 5

// patchIdentity merges traits into those that an identity has.
func patchIdentity(ctx context.Context, client *adminclient.Client, id string, change changed) (*adminapi.Identity, error) {
	for try := 1; ; try++ {
		current, err := client.Identity(ctx, id)
		if err != nil {
			return nil, err
		}
		merged := change
		if merged.Traits, err = merge(current.Traits, change.Traits); err != nil {
			return nil, err
		}
		if len(change.Credentials) > 0 { // which no patch takes
			body, err := json.Marshal(merged)
			if err != nil {
				return nil, err
			}
			return client.UpdateIdentity(ctx, id, body)
		}
		members := []string{"traits"}
		if change.SchemaID != "" {
			members = append(members, "schema_id")
		}
		wanted := adminapi.IdentityV1{ID: id, Traits: merged.Traits, SchemaID: change.SchemaID}
		if _, err = client.ChangeRecord(ctx, wanted, members, current.Traits); err == nil {
			return client.Identity(ctx, id)
		}
		again, readErr := client.Identity(ctx, id)
		if readErr != nil || try == patchTries || sameJSON(again.Traits, current.Traits) {
			return nil, err
		}
	}
}

func idAndFile(_ *cobra.Command, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("name one id, and at most one file")
	}
	return onlyIDs(args[:1])
}

// changeOf takes traits as they are, or wrapped with what else is to change.
func changeOf(given json.RawMessage) (changed, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(given, &members); err != nil {
		return changed{}, err
	}
	if _, wrapped := members["traits"]; !wrapped {
		return changed{Traits: given}, nil
	}
	var change changed
	if err := decodeStrictly(given, &change); err != nil {
		return changed{}, fmt.Errorf("an object with the member traits may hold schema_id and credentials beside it: %w", err)
	}
	return change, nil
}

// merge applies a JSON merge patch (RFC 7396). Values that are not objects keep
// every digit.
func merge(target, patch json.RawMessage) (json.RawMessage, error) {
	var changes map[string]json.RawMessage
	if json.Unmarshal(patch, &changes) != nil || changes == nil {
		return patch, nil
	}
	var merged map[string]json.RawMessage
	if json.Unmarshal(target, &merged) != nil || merged == nil {
		merged = map[string]json.RawMessage{}
	}
	for name, value := range changes {
		if string(bytes.TrimSpace(value)) == "null" {
			delete(merged, name)
			continue
		}
		var err error
		if merged[name], err = merge(merged[name], value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(merged)
}
