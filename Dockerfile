# acol with its native kernels: oneDNN, vector code in C++, and libjpeg-turbo.
#
#   docker build -t acol --build-arg VERSION="$(git describe --tags --always)" .
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/work" acol localize --model resnet50 bird.jpg
#
# The folder that is mounted as /work is the only one that acol sees. Weights are fetched once, and
# kept in its .cache.
FROM golang:1.26-bookworm AS build
RUN apt-get update \
	&& apt-get install -y --no-install-recommends g++ libdnnl-dev libjpeg-dev \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
# Without oneDNN the build would quietly have the portable kernels.
RUN test "$(scripts/native)" = onednn \
	&& go build -trimpath -tags onednn -ldflags "-s -w -X main.version=$VERSION" -o /acol ./cmd/acol

FROM debian:bookworm-slim
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates libdnnl2 libgomp1 \
		libjpeg62-turbo libstdc++6 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /acol /usr/local/bin/acol
COPY --from=build /src/LICENSE /usr/local/share/doc/acol/LICENSE
RUN acol version
# The user may be one that this system does not know, who has no other home.
ENV HOME=/work
WORKDIR /work
ENTRYPOINT ["acol"]
