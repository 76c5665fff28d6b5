# make run      set everything up and run the main job on INBOX into WAREHOUSE
# make test     set everything up and run every test, but those on Spark: make test-spark
PYTHON    ?= python3
INBOX     ?= data_samples/inbox
WAREHOUSE ?= warehouse
AS_OF     ?=
WORKERS   ?= 2
SECONDS   ?= 60
# the folder of the virtual environment
VENV      ?= .venv
BIN       := $(VENV)/bin

# The sample night has a day of its own, so that its worklist is the same every day. Any other inbox is worked as of today.
ifeq ($(INBOX),data_samples/inbox)
AS_OF     := $(or $(AS_OF),2026-11-20)
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test lint golden docs crash fuzz bench-truth bench-match bench-rank bench-history wheel-check release-check clean test-spark

help:            ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(VENV)/.installed   ## the virtual environment with the exact versions of constraints.txt

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing remit835 into $(VENV)"
	@PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_BUILD_CONSTRAINT=$(CURDIR)/constraints.txt \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# Exit 3 says that the job is done, but files are in quarantine: the summary names them.
run: setup       ## the nightly job: make run [INBOX=folder] [WAREHOUSE=folder] [AS_OF=YYYY-MM-DD]
	@$(BIN)/remit835 run $(INBOX) --warehouse $(WAREHOUSE) $(if $(AS_OF),--as-of $(AS_OF)) || test $$? -eq 3

test: setup      ## lint, then every test but those on Spark
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not spark"

test-spark: setup   ## on Spark (Java 17): the specifications, the sample nights, and a generated night of 50 MB on two executors
	@BULK_MEGABYTES=50 $(BIN)/python -m pytest -q -n 0 -m spark

lint: setup      ## ruff alone
	@$(BIN)/ruff check .

golden: setup    ## rewrite the golden files; review them as a diff
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q -n 0 tests/golden

docs: setup      ## write what is generated in docs/ anew: dictionary, findings, workflow, results of queries
	@$(BIN)/python -m docs.make

fuzz: setup      ## change samples at random for SECONDS and ask the reader to stay right; failures in fuzz_findings/
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=build/checked_loops $(BIN)/python -m tests.fuzz.fuzz_reader --seconds $(SECONDS) --workers $(WORKERS)

crash: setup     ## kill 200 runs and 100 purges at random instants and around each rename, run again, compare
	@$(BIN)/python -m tests.functional.crash --instants 200
	@$(BIN)/python -m tests.functional.crash_purge --instants 100

# edi-835-parser asks for an older pandas than ours, so it stands apart, without what it asks for.
build/peers: | setup
	@PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $@ 'edi-835-parser==1.8.0'

bench: build/peers   ## reading beside other readers, its growth, and a whole night: writes bench/RESULTS.md
	@$(BIN)/python -m bench.reading
	@$(BIN)/python -m bench.stages
	@$(BIN)/python -m bench.memory
	@$(BIN)/python -m bench.night

bench-truth: setup   ## precedents against known truth: precision and recall on 100,000 denied lines, by kind of trap
	@$(BIN)/python -m bench.truth --lines 100000

bench-rank: setup    ## dollars recovered by working in the order of the worklist, of the amount, of the age, on simulated payers
	@$(BIN)/python -m bench.rank

bench-match: setup   ## matching 200,000 denied lines with 5 million paid ones: seconds and memory
	@$(BIN)/python -m bench.match

bench-history: setup ## the same night after a short history and one 20 times as long: seconds and memory
	@$(BIN)/python -m bench.history

wheel-check: setup   ## build the wheel, install it in an empty environment elsewhere, run it on the sample night
	@bash tests/wheel_check.sh $(BIN)/python

release-check: setup   ## build sdist and wheel twice and compare them byte by byte; OUT=folder keeps them
	@bash tests/release_check.sh $(BIN)/python $(OUT)

clean:           ## remove what was built; warehouses stay
	@rm -rf build dist .pytest_cache .ruff_cache .hypothesis
