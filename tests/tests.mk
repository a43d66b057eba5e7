# SPDX-License-Identifier: GPL-2.0-only
# Tests of all kinds. Included by the top Makefile; offers `make check`, `make test`,
# `make test-long`, and what the files have that it includes.

include tests/unit/unit.mk
include tests/fuzz/fuzz.mk
include tests/bench/bench.mk
include tests/bochs/bochs.mk
include tests/lint/lint.mk

# Where `make test` builds: the release build, and next to it the debug build.
TEST_O := $(if $(filter command,$(origin O)),$(O),build)

## make check           the unit tests alone, in under a minute
.PHONY: check
check:
	$(Q)iso/deps.sh build test
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) unit

## make test            everything: both builds, unit tests, fuzzers, two kernels of Linux, system
##                      tests; the last line is `N passed, N failed`.  PYTEST_EXTRA="-k name" is
##                      for pytest
.PHONY: test
test:
	$(Q)iso/deps.sh build run test
	$(Q)MAKEFLAGS= $(PYTHON) tests/run.py $(TEST_O) "$(PYTEST_EXTRA)"

## make test-long       what `make test` leaves out for its time or the memory that it takes
.PHONY: test-long
test-long:
	$(Q)iso/deps.sh build run test
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) O=$(TEST_O) all
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) O=$(TEST_O)-debug DEBUG=1 all
	$(Q)$(MAKE) --no-print-directory O=$(TEST_O) linux LINUX=6.1 LINUX_PAE=0
	$(Q)$(MAKE) --no-print-directory O=$(TEST_O) linux LINUX=6.12 LINUX_PAE=1
	$(Q)UMBRA_BUILD=$(TEST_O) UMBRA_DEBUG_BUILD=$(TEST_O)-debug $(PYTHON) -m pytest -q --long \
		tests/system $(PYTEST_EXTRA)
