package api

import _ "embed"

// Document is the OpenAPI 3 description of the public and the admin listener, as YAML.
//
//go:embed openapi.yaml
var Document []byte

// DocumentV1 is the description of the API that clients of v1 call.
//
//go:embed openapi-v1.yaml
var DocumentV1 []byte
