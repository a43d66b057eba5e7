# SPDX-License-Identifier: GPL-2.0-only
# What is checked without running anything. Included by tests/tests.mk; offers
# `make lint`, and its parts `lint-tidy` and so on.

LINT_SOURCES := $(SOURCES) $(GUEST_SOURCES) $(USERTEST_SOURCES) $(UNIT_SOURCES) $(FUZZ_SOURCES)
LINT_HEADERS := $(sort $(wildcard lib/*.h arch/*/*.h mm/*.h drivers/*/*.h hv/*.h hv/*/*.h boot/*.h \
	guest/*.h guest/*/*.h guest/linux/usertest/*.h tests/unit/*.h tests/fuzz/*.h))
LINT_OUT := $(O)/lint

# $(call lint_flags,file): how the compiler sees it, as far as clang and sparse care. What
# the tests build natively takes the headers of their stand-in machine first, and programs for
# Linux those of the cross compiler's C library.
LINT_LINUX_FLAGS := --target=i686-linux-gnu -isystem /usr/i686-linux-gnu/include \
	$(filter-out -Wno-% -fno-%,$(USERTEST_CFLAGS))
lint_flags = $(if $(filter guest/linux/%,$(1)),$(LINT_LINUX_FLAGS),$(lint_own_flags))
lint_own_flags = $(if $(filter $(filter tests/%,$(NATIVE_SOURCES)),$(1)),$(NATIVE_FLAGS)) \
	-std=gnu11 -I. -I$(O) \
	$(if $(filter tests/%,$(1)),,-m32 -march=i686 -ffreestanding) \
	$(if $(filter guest/%,$(1)),-DGUEST_KERNEL_BASE=$(GUEST_KERNEL_BASE)u,-DUMBRA_DEBUG=1)

## make lint            clang-tidy, sparse for the types of guests' addresses, headers that
##                      stand alone, the rooms and their sizes, old names, long lines, files in
##                      documents, licences, shell scripts
LINTS := lint-rooms lint-names lint-columns lint-docs lint-licences lint-scripts lint-headers \
	lint-sparse lint-tidy
.PHONY: lint $(LINTS)
lint:
	$(Q)iso/deps.sh build run test lint
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) -k $(LINTS)
	@echo "lint: clean"

# Made by make, and included.
LINT_MADE := $(O)/version.h $(O)/font_glyphs.inc

# One stamp a file: only what changed is looked at again.
lint-tidy: $(LINT_SOURCES:%=$(LINT_OUT)/%.tidy)
$(LINT_OUT)/%.tidy: % $(LINT_HEADERS) .clang-tidy tests/.clang-tidy | $(LINT_MADE)
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(call lint_flags,$<) 2> $@.log || \
		{ cat $@.log; exit 1; }
	@touch $@

lint-sparse: $(SOURCES:%=$(LINT_OUT)/%.sparse)
# The compiler's own headers know a type that sparse does not.
$(LINT_OUT)/%.sparse: % $(LINT_HEADERS) | $(LINT_MADE)
	@mkdir -p $(@D)
	@echo "  SPARSE  $<"
	@sparse -Wsparse-error $(call lint_flags,$<) -D__float128=double \
		-isystem $(shell $(CC32) -print-file-name=include) $<
	@touch $@

# fake_port.h and fake_mmio.h are finished by the test that includes them.
LINT_UNFINISHED := tests/unit/fake_port.h tests/unit/fake_mmio.h
lint-headers: $(patsubst %,$(LINT_OUT)/%.alone,$(filter-out $(LINT_UNFINISHED),$(LINT_HEADERS)))
$(LINT_OUT)/guest/%.alone: lint_compiler = $(CC32) $(GUEST_CFLAGS)
$(LINT_OUT)/guest/linux/%.alone: lint_compiler = $(LINUX_CROSS)gcc $(USERTEST_CFLAGS)
$(LINT_OUT)/tests/%.alone: lint_compiler = $(UNIT_CC) $(UNIT_CFLAGS)
$(LINT_OUT)/%.alone: lint_compiler = $(CC32) $(CFLAGS)
$(LINT_OUT)/%.alone: % $(LINT_HEADERS) | $(LINT_MADE)
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(lint_compiler) -I. -fsyntax-only -x c -
	@touch $@

lint-rooms: $(OBJECTS)
	@awk -f tests/lint/rooms.awk -f tests/lint/includes.awk $(SOURCES) $(GUEST_SOURCES) \
		$(LINT_HEADERS)
	@mkdir -p $(LINT_OUT)
	@$(NM32) -A $(OBJECTS) > $(LINT_OUT)/symbols
	@awk -v O=$(O) -f tests/lint/rooms.awk -f tests/lint/calls.awk $(LINT_OUT)/symbols
	@tests/lint/cycles.sh < $(LINT_OUT)/symbols
	@awk -f tests/lint/rooms.awk -f tests/lint/sizes.awk $(SOURCES) $(ASM) \
		$(filter-out guest/% tests/%,$(LINT_HEADERS))

lint-names:
	@awk -f tests/lint/names.awk docs/architecture.md $(SOURCES) $(ASM) \
		$(filter-out guest/% tests/%,$(LINT_HEADERS))

lint-columns:
	@tests/lint/columns.sh

# docs/linux.md names files of Linux's.
LINT_DOCS := README.md $(filter-out docs/linux.md,$(wildcard docs/*.md))
lint-docs:
	@awk -v MOST=6000 -f tests/lint/docs.awk $(LINT_DOCS)
	@awk -f tests/lint/figures.awk tests/bench/linux_figures.txt tests/bench/figures.txt \
		docs/performance.md

lint-licences:
	@tests/lint/licences.sh

lint-scripts:
	@tests/lint/sources.sh | xargs awk 'FNR == 1 && /^#!.*sh$$/ || \
		FNR == 2 && /^# shellcheck shell=/ { print FILENAME }' | xargs shellcheck
