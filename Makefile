# make test     everything: installs what it needs, then runs all tests
# make run      serves on http://localhost:3000/ with data in ./data
# make lint     gofmt, go vet, staticcheck
# make race     the packages with concurrency under the race detector
# make fuzz     each fuzz target for FUZZTIME (default 10s)
# make bench    our server, a bare handler and two peers side by side (docs/performance.md)
# make gobench  the benchmarks of the packages
# make requirements  all tests, and which of them check which requirement
# make mutants  breaks the code one line at a time; a test has to notice each
# make mutants-suite  the same, noticed by "domicile conformance" alone, from outside

# The packages from npm: real clients, and Community Solid Server to talk to.
MODULES  := conformance/node/node_modules/.package-lock.json conformance/css/node_modules/.package-lock.json
PEERS    := conformance/css/node_modules/.package-lock.json conformance/bench/jss/node_modules/.package-lock.json
SHELL    := /bin/bash
.SHELLFLAGS := -o pipefail -c
CHROMIUM ?= /usr/bin/chromium
FUZZTIME ?= 10s
FUZZED   ?= ./...
SUDO     := $(if $(filter-out 0,$(shell id -u)),sudo)
export CHROMIUM

.PHONY: test run lint race fuzz bench gobench requirements mutants mutants-suite tools
.DEFAULT_GOAL := test

# What failed is said once more in the end, where one looks first.
test: tools $(MODULES)
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	go test -timeout 20m ./... | tee "$$log" || { grep -aE -A 8 '^ *--- FAIL|^panic: ' "$$log"; exit 1; }

run:
	go run .

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

race: tools
	go test -race -timeout 20m ./rdfstore/badgerstore/... ./rdfstore/memstore/... ./ldp/... ./solidoidc/... ./server/... ./clients/...

# Go reports "context deadline exceeded" when the time is up at a bad moment; a
# real failure names its input, or says something else.
fuzz:
	@set -e; log=$$(mktemp); trap 'rm -f "$$log"' EXIT; for package in $$(go list $(FUZZED)); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$package >"$$log" 2>&1 || \
	      { grep -q '^ *context deadline exceeded$$' "$$log" && ! grep -q 'Failing input' "$$log"; } || \
	      { cat "$$log"; exit 1; }; \
	    grep 'execs:' "$$log" | tail -n 1; \
	  done; \
	done

bench: $(PEERS)
	go run ./conformance/bench $(BENCHFLAGS)

gobench:
	go test -run '^$$' -bench . -benchmem ./...

requirements: tools $(MODULES)
	go test -json -timeout 20m ./... | go run ./conformance/requirements

mutants:
	go run ./conformance/mutants

mutants-suite:
	go run ./conformance/mutants -suite

# The browser of the end-to-end tests, and strace, which shows that the store
# syncs before it acknowledges.
tools:
	@if [ ! -x "$(CHROMIUM)" ] || ! command -v strace >/dev/null; then \
	  $(SUDO) apt-get -q -o DPkg::Lock::Timeout=120 update && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
	    install --no-install-recommends chromium fonts-dejavu-core strace; \
	fi

$(sort $(MODULES) $(PEERS)): %/node_modules/.package-lock.json: %/package-lock.json
	npm ci --no-audit --no-fund --prefix $*
	@touch $@
