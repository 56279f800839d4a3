package authentik

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/symbolon/symbolon/internal/takeover"
)

// named is the key of a member of a user and its value, by which other objects refer to the user. The
// member may be any text.
func named(member, value string) string { return strconv.Quote(member) + value }

// addNames adds the names of a user. The first user of a name has it.
func (d *dump) addNames(k kept) {
	var u struct {
		UUID     string `json:"uuid"`
		Username string `json:"username"`
	}
	_ = json.Unmarshal(k.Fields, &u) // the reader of users reports one that it can't read
	for member, value := range map[string]string{"pk": k.Key, "id": k.ID, "uuid": u.UUID, "username": u.Username} {
		if value != "" {
			d.Add(tableNames, named(member, value), []byte(k.Key))
		}
	}
}

// owner is the key of the user to which an object refers: by its key, its id in a blueprint, its UUID, its username (also as
// a natural key), or by a member and its value. A number is a key alone. found is false for none, and if the file does not have the user.
func (d *dump) owner(ref any) (key string, found bool) {
	members := []string{"pk", "id", "uuid", "username"}
	if list, isList := ref.([]any); isList {
		members, ref = members[3:], nil
		if len(list) == 1 {
			ref = list[0]
		} else if len(list) == 2 {
			if pair, ok := list[1].([]any); ok && len(pair) == 2 {
				members, ref = []string{name(pair[0])}, pair[1]
			}
		}
	}
	switch ref.(type) {
	case string:
	case float64:
		members = members[:1]
	default: // Go's own text of anything else may be a person's username
		return "", false
	}
	for _, member := range members {
		if key, found := d.First(tableNames, named(member, name(ref))); found {
			return string(key), true
		}
	}
	return "", false
}

// orphans tells of devices, links and codes whose owner was not there.
func (d *dump) orphans(yield func(takeover.User, error) bool) {
	for key := range d.Keys(tableLeft) {
		if !yield(takeover.User{Key: key}, errors.New("has devices or links, and no object among the users")) {
			return
		}
	}
	for device := range d.Keys(tableCodes) {
		if _, found := d.First(tableDevices, device); !found && !yield(takeover.User{Key: "device " + device}, errors.New("has recovery codes, and is not in the file")) {
			return
		}
	}
}
