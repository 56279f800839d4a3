package config

// Source is where settings come from. Later ones win: the defaults, the files
// in their order, the environment, the flags.
type Source struct {
	// Files are paths of .yaml, .yml, .json or .toml files. Without any, the
	// embedded profile takes their place.
	Files []string
	// Environ is the environment as NAME=value, as from os.Environ.
	Environ []string
	// Flags maps a key's path to its value, written as in the environment.
	Flags map[string]string
	// Dev is --dev.
	Dev bool
	// ReadFile reads configuration and secret files; nil for the file system.
	ReadFile func(path string) ([]byte, error)
	// WorkDir is what relative paths start from; empty for the current directory.
	WorkDir string
	// Hostname names this machine in a guessed base_url; nil for os.Hostname.
	Hostname func() (string, error)
}
