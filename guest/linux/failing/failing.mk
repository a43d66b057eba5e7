# SPDX-License-Identifier: GPL-2.0-only
# The module that lets a guest's kernel fail, for the tests of what comes of it. Included by
# linux.mk; usertest.mk puts it into the initial RAM disk of the tests.

FAILING_FOLDER := $(LINUX_FOLDER)/failing
FAILING        := $(LINUX_OBJECTS)/failing/failing.ko
FAILING_SOURCES := $(FAILING_FOLDER)/failing.c $(FAILING_FOLDER)/Makefile

# Linux builds it where its source lies, so that goes to where it is built.
$(FAILING): $(FAILING_SOURCES) $(FAILING_FOLDER)/failing.mk $(LINUX_IMAGE)
	@echo "  MODULE  $@"
	$(Q)mkdir -p $(@D)
	$(Q)cp $(FAILING_SOURCES) $(@D)
	$(Q)MAKEFLAGS= $(MAKE) -C $(LINUX_DIR)/source O=$(abspath $(LINUX_OBJECTS)) \
		M=$(abspath $(@D)) ARCH=i386 CROSS_COMPILE=$(LINUX_CROSS) modules \
		> $(@D)/log 2>&1 || \
		{ tail -n 20 $(@D)/log >&2; exit 1; }
