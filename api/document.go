package api

import _ "embed"

// Document is the OpenAPI 3 description of the public and the admin listener, as YAML.
//
//go:embed openapi.yaml
var Document []byte
