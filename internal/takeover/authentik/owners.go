package authentik

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/symbolon/symbolon/internal/takeover"
)

// named is a member of a user and its value, by which other objects refer to the user.
type named struct{ member, value string }

// addUser adds the names of a user. The first user of a name has it.
func (b belongings) addUser(o object) {
	var u struct {
		UUID     string `json:"uuid"`
		Username string `json:"username"`
	}
	_ = json.Unmarshal(o.Fields, &u) // the reader of users reports one that it can't read
	for member, value := range map[string]string{"pk": name(o.Key), "id": o.ID, "uuid": u.UUID, "username": u.Username} {
		if _, taken := b.users[named{member, value}]; value != "" && !taken {
			b.users[named{member, value}] = name(o.Key)
		}
	}
}

// owner is the key of the user to which an object refers: by its key, its id in a blueprint, its UUID, its username (also as
// a natural key), or by a member and its value. A number is a key alone. found is false for none, and if the file does not have the user.
func (b belongings) owner(ref any) (key string, found bool) {
	if ref == nil {
		return "", false
	}
	members := []string{"pk", "id", "uuid", "username"}
	switch list, isList := ref.([]any); {
	case isList && len(list) == 1:
		members, ref = []string{"username"}, list[0]
	case isList && len(list) == 2:
		if pair, ok := list[1].([]any); ok && len(pair) == 2 {
			members = []string{name(pair[0])}
		}
	default:
		if _, isNumber := ref.(float64); isNumber {
			members = members[:1]
		}
	}
	for _, member := range members {
		if key, found = b.users[named{member, name(ref)}]; found {
			return key, true
		}
	}
	return "", false
}

// ownerOf is owner for what is lost if there is none: it is kept for the line that says so.
func (b belongings) ownerOf(ref any) string {
	key, found := b.owner(ref)
	switch {
	case found:
	case ref == nil:
		b.left["none"] = true
	default:
		b.left[cmp.Or(name(ref), "none")] = true
	}
	return key
}

// orphans tells of devices, links and codes whose owner was not there.
func (b belongings) orphans(yield func(takeover.User, error) bool) {
	for _, key := range slices.Sorted(maps.Keys(b.left)) {
		if !yield(takeover.User{Key: key}, errors.New("has devices or links, and no object among the users")) {
			return
		}
	}
	for _, device := range slices.Sorted(maps.Keys(b.codes)) {
		if !b.devices[device] && !yield(takeover.User{Key: "device " + device}, errors.New("has recovery codes, and is not in the file")) {
			return
		}
	}
}
