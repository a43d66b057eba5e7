# SPDX-License-Identifier: GPL-2.0-only
# `make test-bochs`. Included by tests/tests.mk.

## make test-bochs      test guests and attacks in Bochs, which checks segments as a CPU does and
##                      QEMU does not; not part of `make test`.  BOCHS_EXTRA="hostile pae" for
##                      those runs alone that have these words in their name
.PHONY: test-bochs
test-bochs:
	$(Q)iso/deps.sh build run test bochs
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) O=$(TEST_O) all
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) O=$(TEST_O)-debug DEBUG=1 all
	$(Q)$(MAKE) --no-print-directory O=$(TEST_O) linux-test
	$(Q)$(PYTHON) tests/bochs/bochs.py $(TEST_O) $(TEST_O)-debug $(BOCHS_EXTRA)
