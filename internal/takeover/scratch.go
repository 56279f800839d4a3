package takeover

import "iter"

// Scratch is where readers keep what a file says until they have read all of it, outside of memory: values by table and
// key. A table is made by its first use. Methods do nothing after an error, which Err returns: ask it before what was
// read is used.
type Scratch interface {
	// Add adds a value to those of a key.
	Add(table, key string, value []byte)
	// First returns the first value that was added to a key.
	First(table, key string) (value []byte, found bool)
	// Values returns the values of a key in the order in which they were added.
	Values(table, key string) [][]byte
	// Take returns the values of a key and removes them.
	Take(table, key string) [][]byte
	// All yields all keys and values of a table in the order in which they were added. Nothing may be added to it meanwhile.
	All(table string) iter.Seq2[string, []byte]
	// Keys yields the keys of a table, sorted, each once.
	Keys(table string) iter.Seq[string]
	Err() error
}

// Checked yields users until the scratch that they come from has an error, which is the last element.
func Checked(s Scratch, users iter.Seq2[User, error]) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		for u, err := range users {
			if s.Err() != nil {
				break
			}
			if !yield(u, err) {
				return
			}
		}
		if s.Err() != nil {
			yield(User{}, s.Err())
		}
	}
}
