# The one door to everything that is done with this repository. Each target is one line or a script in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run check unit lint test race wire databases conformance e2e pictures bench bench-postgres bench-courier curves book fuzz soak cover generate dist packaging
T ?= 30s

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the server with its pages and one SQLite file, all kept in ./var
	@mkdir -p var && CGO_ENABLED=0 go build -o bin/symbolon ./cmd/symbolon && cd var && exec ../bin/symbolon serve

check: ## before every commit: formatting, vet, lint, unit tests, go.mod, generated files; under 2 minutes
	@scripts/check.sh

unit: ## every Go test: SQLite, the replay of the wire and the rules of the architecture included; under 1 minute
	@go test ./...

lint: ## the linters of .golangci.yml
	@"$$(scripts/tool.sh golangci-lint)" run

test: ## EVERYTHING, on a fresh machine too: installs what is missing; 30 minutes at most
	@scripts/test.sh

race: ## tests beside the code and over HTTP, in their short form, under the race detector
	@scripts/race.sh

wire: ## only the recorded exchanges of version 0.5, replayed in this process
	@go test ./test/wire/...

databases: ## storage and the server on PostgreSQL and MariaDB, which are installed where they are missing
	@scripts/databases.sh

conformance: ## those exchanges over the network, played by a program of its own (where ../shared has it)
	@test/wire/conformance.sh

e2e: ## the published client and a real browser against the built server
	@scripts/e2e.sh

pictures: ## the pictures of pages in docs/images, redrawn
	@E2E=test/e2e/pictures.js scripts/e2e.sh

bench: ## ratios to bare net/http and bare argon2id, and behaviour under pressure; fails below a floor; 8 minutes
	@go run ./test/bench

bench-postgres: ## the same on a PostgreSQL of its own, with and without memory, and with a million identities; 8 minutes
	@scripts/bench-postgres.sh

curves: ## how cost grows with identities, connections and processors, drawn into docs/images; 15 minutes
	@go run ./test/bench -curves docs/images

book: ## a table beside the servers that PEERS=FILE describes, by turns, with the raw data in ./book (docs/measurements.md)
	@go run ./test/bench -book "$(PEERS)"

bench-courier: ## messages a second through the queue, beside bare SMTP of the same library
	@go test ./internal/courier -run '^$$' -bench 'SMTPAlone|Courier' -benchtime 2000x

fuzz: ## every fuzz target in turn, T=30s each
	@scripts/fuzz.sh $(T)

soak: ## every long check at its full size, under two hours; STEPS names some of them (scripts/soak.sh)
	@scripts/soak.sh $(STEPS)

cover: ## statements reached by tests, per package
	@scripts/cover.sh

generate: ## the documents made from tables: docs/config.md and others
	@go generate ./...

dist: ## what a release consists of, into dist/: archives, deb, rpm, bills of materials, checksums (docs/install.md)
	@scripts/dist.sh

packaging: ## what people install: reproducible, what is in it, the chart, the deb in a Debian of its own (as root)
	@scripts/packaging.sh full
