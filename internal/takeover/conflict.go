package takeover

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/symbolon/symbolon/internal/identity"
)

// belongs says that an account is refused because another has what names says.
func belongs(names string) string {
	return "an identifier or address of it belongs to another account: " + names
}

// taken names identifiers of a refused account that others have.
func (w *Writer) taken(ctx context.Context, p *prepared) string {
	for _, c := range p.credentials {
		for _, identifier := range c.Identifiers {
			owner, _, err := w.Store.IdentityByIdentifier(ctx, c.Type, identifier)
			if err == nil {
				return fmt.Sprintf("%q of %s", identifier, owner.ID)
			}
		}
	}
	return "an address, or its own name in another system"
}

// meanwhile counts accounts that conflicted with themselves as present: another run stored them at the same time.
func (w *Writer) meanwhile(ctx context.Context, all []*prepared, batch *Report, lines []Line) ([]Line, error) {
	var refused []Record
	for _, p := range all {
		if p.conflict {
			refused = append(refused, Record{Identity: p.identity})
		}
	}
	there, err := w.present(ctx, refused)
	batch.Refused -= len(there)
	batch.Present += len(there)
	return slices.DeleteFunc(lines, func(l Line) bool { return l.Refused && there[l.ID] != nil }), err
}

// owners are what accounts have for themselves, as hashes with the ids of the owners. A dry run undoes each batch, so the
// database does not refuse what an account of an earlier batch would have. It takes some 100 bytes for each account.
type owners struct {
	seed maphash.Seed
	of   map[uint64]string
}

// add notes what stored accounts have.
func (o *owners) add(all []*prepared) {
	if o.of == nil {
		o.seed, o.of = maphash.MakeSeed(), map[uint64]string{}
	}
	for _, p := range all {
		if !p.stored {
			continue
		}
		for _, own := range p.own() {
			o.of[maphash.String(o.seed, own.key)] = p.identity.ID
		}
	}
}

// conflict says what of the account another has; empty for nothing.
func (o *owners) conflict(p *prepared) string {
	if o.of == nil {
		return ""
	}
	for _, own := range p.own() {
		if id, ok := o.of[maphash.String(o.seed, own.key)]; ok && id != p.identity.ID {
			if own.identifier == "" {
				return belongs("an address, or its own name in another system")
			}
			return belongs(fmt.Sprintf("%q of %s", own.identifier, id))
		}
	}
	return ""
}

type own struct{ key, identifier string }

// own is what no two accounts can have, identifiers first.
func (p *prepared) own() (all []own) {
	for _, c := range p.credentials {
		for _, identifier := range c.Identifiers {
			all = append(all, own{"identifier\x00" + c.Type + "\x00" + identifier, identifier})
		}
	}
	for purpose, list := range [][]identity.Address{p.identity.Verifiable, p.identity.Recovery} {
		for _, a := range list {
			all = append(all, own{fmt.Sprintf("address%d\x00%s\x00%s", purpose, a.Via, a.Normalized), ""})
		}
	}
	if p.identity.ExternalID != "" {
		all = append(all, own{"external\x00" + p.identity.ExternalID, ""})
	}
	return all
}
