package sqldb

// FileOf returns the path of the file that a DSN names, as it is written there;
// empty for databases in memory and on servers.
func FileOf(dsn string) string {
	src, err := parseDSN(dsn)
	if err != nil || !IsEmbedded(dsn) || src.rest == memoryPath {
		return ""
	}
	return src.rest
}

// IsEmbedded reports whether a DSN names a database inside this process, which then
// has to migrate it.
func IsEmbedded(dsn string) bool {
	src, err := parseDSN(dsn)
	if err != nil {
		return false
	}
	d, err := dialectFor(src.scheme, Schema{})
	return err == nil && d.Embedded
}
