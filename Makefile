# What people do with this repository. Only Go and make are needed: on Debian as
# root `make test` also installs PostgreSQL, Chromium, gcc and clp, which the tests of
# the second database, of the pages, of data races and of small numbers use; elsewhere
# it says loudly what it skips.
DB   ?= demo.db
ADDR ?= 127.0.0.1:8080
GO   ?= go
BIN  := bin/plumbline

.PHONY: run build test race ordeal insider fuzz bench check docs generate release-site clean

run: build
	$(BIN) demo --db $(DB) --addr $(ADDR)

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/plumbline

# Everything that fits eight minutes on two cores. What takes long by nature is left
# to `make ordeal`: kills, power cuts and failed writes, and the lone insider.
ORDEALS := ./internal/ordeal
test:
	@sh script/prepare
	$(GO) test -timeout 20m $$($(GO) list ./... | grep -v -e /internal/ordeal -e /internal/insider)
	@$(MAKE) --no-print-directory race

# The tests that start goroutines of their own, under the race detector.
race:
	@sh script/race some

# What takes long: the ordeals, the lone insider, fuzzing, and every test of
# the rooms where goroutines share memory under the race detector.
ordeal:
	@sh script/prepare
	$(GO) test -count=1 -timeout 40m $(ORDEALS)
	@$(MAKE) --no-print-directory insider fuzz
	@sh script/race all

# Each account of a small site alone, INSIDER_WALKS seeded walks over the API;
# PLUMBLINE_NIGHTLY=1 walks for twenty minutes.
INSIDER_WALKS ?= 84
insider:
	PLUMBLINE_WALKS=$(INSIDER_WALKS) $(GO) test -count=1 -timeout 60m ./internal/insider

# Every fuzz target of the module, FUZZ_SECONDS (20) each.
fuzz:
	@sh script/fuzz

bench: build
	$(BIN) bench

check:
	@sh script/check

# The picture of the rooms, docs/rooms.md.
docs:
	$(GO) test ./internal -run TestRoomsPicture -update

generate:
	$(GO) tool templ generate -path ./internal/web
	@sh script/verifier

# The site of this version, which later ones must be able to upgrade. Run it once
# for each release, and never again: make release-site NAME=02
release-site:
	$(GO) test ./internal/cli -run TestWriteReleased -release $(NAME)

clean:
	rm -rf bin
