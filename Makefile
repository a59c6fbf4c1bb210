# make help lists the targets.
GO      ?= go
BIN     := bin/acol
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -X main.version=$(VERSION)
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 20s
# NATIVE is onednn where the native kernels can be built. make KERNELS=portable leaves them out.
export KERNELS ?= auto
NATIVE   = $(shell KERNELS=$(KERNELS) scripts/native)
# make MPI=openmpi, mpich or none says which MPI joins machines; auto takes the first that is there.
export MPI ?= auto
TAGS     = $(strip $(NATIVE) $(shell MPI=$(MPI) scripts/mpi))
PYTHON  ?= python3
# Compiled packages without their folder's path serve every target and checkout from one cache.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

.DEFAULT_GOAL := help
.PHONY: help setup build demo test device-test check bench cub16 methods microbench fuzz torture browser-test mpi-test \
	dist dist-test module clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## fetch what the build needs: Go modules, oneDNN and libjpeg-turbo where apt-get is there
	@scripts/setup

build: setup ## build bin/acol
	$(GO) build -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/acol

demo: build ## make data, train CAM and ACoL, evaluate, localize: two minutes on two cores
	./scripts/demo

test: setup ## run every test
	$(GO) test -tags '$(TAGS)' ./...

# The search for leaks of the address sanitizer does not survive XLA: no plugin is opened there.
check: test ## the whole gate: tests, sanitizers, portability, format, vet, lint
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./... && $(GO) vet -tags '$(TAGS)' ./...
	CGO_ENABLED=0 $(GO) build ./... && CGO_ENABLED=0 $(GO) test ./internal/kernel/... ./internal/engine ./internal/data/pixels/...
	GOARCH=arm64 GOOS=linux CGO_ENABLED=0 $(GO) vet ./...
	$(GO) test -race -short -tags '$(NATIVE)' ./internal/...
	if [ -n "$(NATIVE)" ]; then ONEDNN_MAX_CPU_ISA=AVX2 $(GO) test -count 1 -tags '$(NATIVE)' ./internal/kernel/native; fi
	if [ -n "$(NATIVE)" ]; then ACOL_PLUGINS=/nonexistent $(GO) test -asan -short -skip Allocate -tags '$(NATIVE)' ./internal/data/pixels/... ./internal/kernel/... ./internal/engine ./internal/model ./internal/train; fi
	$(GO) run $(LINT) run --build-tags '$(TAGS)' ./...

device-test: setup build ## run the tests of devices on XLA's plugin for processors: minutes
	@GO='$(GO)' ACOL=$(BIN) TAGS='$(TAGS)' scripts/device-test

bench: build ## measure acol and PyTorch, if PYTHON has it, in turns: docs/benchmarks.md
	$(GO) run ./scripts/versus -acol $(BIN) -python "$(PYTHON)" $(BENCHFLAGS)

cub16: build ## train what docs/results/cub16.csv lacks (hours); CUB16FLAGS name data and weights
	$(GO) run ./scripts/cub16 -acol $(BIN) $(CUB16FLAGS)

methods: build ## train what docs/results/methods.csv lacks (hours); METHODSFLAGS name data and weights
	$(GO) run ./scripts/methods -acol $(BIN) $(METHODSFLAGS)

microbench: ## run the benchmarks of Go code
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...

fuzz: ## fuzz every parser, FUZZTIME (20s) each
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; \
		done; \
	done

torture: build ## kill, starve and damage acol for 20 minutes; TORTUREFLAGS are scripts/torture's
	$(GO) run ./scripts/torture -acol $(BIN) -minutes 20 $(TORTUREFLAGS)

browser-test: setup ## test pages and reports in Chromium, which apt-get installs
	command -v chromium >/dev/null || apt-get install -y -qq chromium
	$(GO) test -count 1 -tags '$(TAGS)' -run 'Page|Gallery' -v ./internal/serve ./internal/report

mpi-test: setup ## test several processes, with Open MPI and with MPICH, which apt-get installs
	scripts/mpi install
	for m in openmpi mpich; do \
		$(GO) test -count 1 -tags "$(NATIVE) $$(MPI=$$m scripts/mpi)" -run 'Ranks|Process|Sum' -v ./internal/mpi ./cmd/acol || exit 1; \
	done

dist: ## build archives for Linux, macOS and Windows, amd64 and arm64, in dist/
	rm -rf dist
	$(GO) run ./scripts/dist -version '$(VERSION)' $(DISTFLAGS)

dist-test: dist ## run what make dist has built, the foreign ones in wine and qemu
	scripts/dist-test dist

module: ## give the module another path: make module MODULE=example.org/me/acol
	@scripts/module '$(MODULE)'

clean: ## remove what make made
	rm -rf bin demo dist
