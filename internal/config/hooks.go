package config

// Hooks names what happens after a success. In files each is {hook: name} or
// the bare name.
type Hooks []string
