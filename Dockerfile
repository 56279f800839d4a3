# The server in an image that holds nothing else: no shell, no package, no root.
#
#   docker build -t symbolon --build-arg VERSION=0.5.0 --build-arg COMMIT="$(git rev-parse HEAD)" .
#   docker run -p 127.0.0.1:4433:4433 -v symbolon:/var/lib/symbolon -e SERVE_PUBLIC_BASE_URL=http://127.0.0.1:4433/ symbolon
#
# docs/install.md says how to configure it.
ARG GO_IMAGE=golang:1.26-bookworm

FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
ARG COMMIT=unknown
ARG TARGETOS TARGETARCH
# version.sh makes up a version where none is given. There is no history here, so it needs the commit and a time.
RUN eval "$(SOURCE_DATE_EPOCH=0 scripts/version.sh)" && \
	CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
	-ldflags "-s -w -buildid= -X github.com/symbolon/symbolon/internal/cli.version=$VERSION -X github.com/symbolon/symbolon/internal/cli.commit=$COMMIT" \
	-o /root-of-image/usr/bin/symbolon ./cmd/symbolon && \
	install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ca-certificates.crt && \
	install -d -m 1777 /root-of-image/tmp && \
	install -d -m 0750 /root-of-image/etc/symbolon && \
	install -d -m 0700 /root-of-image/var/lib/symbolon && \
	chown -R 65532:65532 /root-of-image/var/lib/symbolon /root-of-image/etc/symbolon

FROM scratch
COPY --from=build /root-of-image/ /
USER 65532:65532
# The embedded profile keeps the database and its secrets in the working directory.
WORKDIR /var/lib/symbolon
VOLUME /var/lib/symbolon
ENV PATH=/usr/bin SERVE_PUBLIC_HOST=0.0.0.0
EXPOSE 4433 4434
# The admin listener stays on the loopback interface of the container unless it has a token; this asks it from inside.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/symbolon", "remote", "status", "--quiet"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/symbolon"]
CMD ["serve"]
