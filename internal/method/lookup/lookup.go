package lookup

// ID is the method's name on the wire and in configuration.
const ID = "lookup_secret"
