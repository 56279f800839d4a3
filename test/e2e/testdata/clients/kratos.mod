module github.com/symbolon/symbolon/test/e2e/testdata/clients

go 1.26

require github.com/ory/client-go v1.22.92

replace github.com/ory/client-go => github.com/ory/kratos-client-go v1.3.8
