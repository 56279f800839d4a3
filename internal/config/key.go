package config

// Key is one setting. The table of all of them is Keys.
type Key struct {
	// Path is the place in a file, with dots; [] stands for each item of a list.
	Path string
	// Default is written as in the environment; empty for unset.
	Default string
	// Help says in one paragraph what the setting does.
	Help string
	// Example is a value as in the environment.
	Example string
}
