# SPDX-License-Identifier: GPL-2.0-only
# `make test-bochs`. Included by tests/tests.mk.

## make test-bochs      the test guests in Bochs, which checks segments as a CPU does and QEMU
##                      does not; not part of `make test`
.PHONY: test-bochs
test-bochs:
	$(Q)iso/deps.sh build run test bochs
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) all
	$(Q)$(PYTHON) tests/bochs/bochs.py $(O)
