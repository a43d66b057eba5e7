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
lint_own_flags = $(if $(filter $(filter tests/%,$(NATIVE_SOURCES)),$(1)),$(NATIVE_FLAGS)) -std=gnu11 -I. -I$(O) \
	$(if $(filter tests/%,$(1)),,-m32 -march=i686 -ffreestanding) \
	$(if $(filter guest/%,$(1)),-DGUEST_KERNEL_BASE=$(GUEST_KERNEL_BASE)u,-DUMBRA_DEBUG=1)

## make lint            clang-tidy, sparse for the types of guests' addresses, headers that
##                      stand alone, the rooms and their sizes, old names, files in documents,
##                      licences, shell scripts
.PHONY: lint lint-tidy lint-sparse lint-headers lint-rooms lint-names lint-docs lint-licences lint-scripts
lint:
	$(Q)iso/deps.sh build run test lint
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) -k lint-rooms lint-names lint-docs lint-licences lint-scripts lint-headers \
		lint-sparse lint-tidy
	@echo "lint: clean"

# One stamp a file: only what changed is looked at again.
lint-tidy: $(LINT_SOURCES:%=$(LINT_OUT)/%.tidy)
$(LINT_OUT)/%.tidy: % $(LINT_HEADERS) .clang-tidy tests/.clang-tidy | $(O)/version.h $(O)/font_glyphs.inc
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(call lint_flags,$<) 2> $@.log || \
		{ cat $@.log; exit 1; }
	@touch $@

lint-sparse: $(SOURCES:%=$(LINT_OUT)/%.sparse)
# The compiler's own headers know a type that sparse does not.
$(LINT_OUT)/%.sparse: % $(LINT_HEADERS) | $(O)/version.h $(O)/font_glyphs.inc
	@mkdir -p $(@D)
	@echo "  SPARSE  $<"
	@sparse -Wsparse-error $(call lint_flags,$<) -D__float128=double \
		-isystem $(shell $(CC32) -print-file-name=include) $<
	@touch $@

# fake_port.h and fake_mmio.h are finished by the test that includes them.
lint-headers: $(patsubst %,$(LINT_OUT)/%.alone,$(filter-out tests/unit/fake_port.h tests/unit/fake_mmio.h,$(LINT_HEADERS)))
$(LINT_OUT)/guest/%.alone: lint_compiler = $(CC32) $(GUEST_CFLAGS)
$(LINT_OUT)/guest/linux/%.alone: lint_compiler = $(LINUX_CROSS)gcc $(USERTEST_CFLAGS)
$(LINT_OUT)/tests/%.alone: lint_compiler = $(UNIT_CC) $(UNIT_CFLAGS)
$(LINT_OUT)/%.alone: lint_compiler = $(CC32) $(CFLAGS)
$(LINT_OUT)/%.alone: % $(LINT_HEADERS) | $(O)/version.h $(O)/font_glyphs.inc
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(lint_compiler) -I. -fsyntax-only -x c -
	@touch $@

lint-rooms: $(OBJECTS)
	@awk -f tests/lint/rooms.awk -f tests/lint/includes.awk $(SOURCES) $(GUEST_SOURCES) $(LINT_HEADERS)
	@$(NM32) -A $(OBJECTS) | awk -v O=$(O) -f tests/lint/rooms.awk -f tests/lint/calls.awk
	@$(NM32) -A $(OBJECTS) | tests/lint/cycles.sh
	@awk -f tests/lint/rooms.awk -f tests/lint/sizes.awk $(SOURCES) $(ASM) \
		$(filter-out guest/% tests/%,$(LINT_HEADERS))

lint-names:
	@awk -f tests/lint/names.awk docs/architecture.md $(SOURCES) $(ASM) \
		$(filter-out guest/% tests/%,$(LINT_HEADERS))

# docs/linux.md names files of Linux's.
lint-docs:
	@awk -v MOST=6000 -f tests/lint/docs.awk README.md $(filter-out docs/linux.md,$(wildcard docs/*.md))
	@awk -f tests/lint/figures.awk tests/bench/linux_figures.txt tests/bench/figures.txt docs/performance.md

lint-licences:
	@tests/lint/licences.sh

lint-scripts:
	@shellcheck guest/linux/build-linux guest/linux/get-busybox guest/linux/initrd/rc guest/linux/initrd/dhcp guest/linux/debian/build-image guest/linux/debian/customize guest/linux/selftests/run-selftests iso/*.sh iso/make-iso tests/*/*.sh .ci/run
