# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks of Linux's kernel paths in a guest and without Umbra. Included by
# guest/linux/linux.mk; offers `make bench-linux`.

LINUX_BENCH     := $(O)/linux/bench
LINUX_NATIVE    := $(LINUX_DIR)/native-$(LINUX_NAME)/bzImage
LINUX_BENCH_SOURCES := $(sort $(wildcard $(LINUX_FOLDER)/bench/*.c))
LINUX_BENCH_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -static

# The last option of a name counts.
LINUX_NATIVE_FRAGMENTS := $(LINUX_FRAGMENTS) $(LINUX_FOLDER)/bench/native.config

$(LINUX_NATIVE): $(LINUX_INPUT) $(LINUX_FOLDER)/bench/native.config | $(LINUX_IMAGE)
	$(Q)$(BUILD_LINUX) native-$(LINUX_NAME) $(LINUX_NATIVE_FRAGMENTS)

$(LINUX_BENCH)/init: $(LINUX_BENCH_SOURCES) $(LINUX_FOLDER)/bench/bench.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(LINUX_CROSS)gcc $(LINUX_BENCH_CFLAGS) $(LINUX_BENCH_SOURCES) -o $@

$(LINUX_BENCH)/initrd.gz: $(LINUX_BENCH)/init $(LINUX_FOLDER)/bench/list | $(LINUX_IMAGE)
	@echo "  INITRD  $@"
	$(Q)sed 's,PROGRAM,$(LINUX_BENCH)/init,' $(LINUX_FOLDER)/bench/list > $(LINUX_BENCH)/list
	$(Q)$(LINUX_OBJECTS)/usr/gen_init_cpio $(LINUX_BENCH)/list | gzip -n > $@.new
	$(Q)mv $@.new $@

## make bench-linux     what paths of Linux's kernel cost in a guest, in instructions, beside the
##                      same without Umbra, against the committed figures (UPDATE=1 writes them
##                      down); builds both kernels first
.PHONY: bench-linux
bench-linux: deps-linux
	$(Q)iso/deps.sh usertest
	$(Q)$(MAKE) --no-print-directory bench-linux-files
	$(Q)$(PYTHON) tests/bench/linux_bench.py $(O) --qemu $(QEMU) --guest $(LINUX_IMAGE) \
		--native $(LINUX_NATIVE) --initrd $(LINUX_BENCH)/initrd.gz $(if $(UPDATE),--update)

# Without a word when there is nothing to do.
.PHONY: bench-linux-files
bench-linux-files: $(KERNEL_ELF) $(LINUX_IMAGE) $(LINUX_NATIVE) $(LINUX_BENCH)/initrd.gz
	@:

# The kernel to look at, and its symbols: a kernel that is not built here need not have any.
ACCOUNT_KERNEL  = $(LINUX_IMAGE)
ACCOUNT_SYMBOLS = $(if $(filter $(LINUX_IMAGE),$(ACCOUNT_KERNEL)),$(LINUX_OBJECTS)/vmlinux)

## make bench-account   what one operation of bench-linux is made of (OP=fork, exec, cow_fault ...):
##                      exits by what they were for, instructions by function; of another kernel
##                      of the lguest protocol with ACCOUNT_KERNEL=image ACCOUNT_SYMBOLS=vmlinux
.PHONY: bench-account
bench-account: OP ?= fork
bench-account: deps-linux
	$(Q)iso/deps.sh usertest
	$(Q)$(MAKE) --no-print-directory $(KERNEL_ELF) $(ACCOUNT_KERNEL)
	$(Q)$(MAKE) --no-print-directory $(LINUX_BENCH)/initrd.gz
	$(Q)$(PYTHON) tests/bench/exit_account.py $(O) $(OP) --qemu $(QEMU) \
		--guest $(ACCOUNT_KERNEL) --initrd $(LINUX_BENCH)/initrd.gz \
		--program $(LINUX_BENCH)/init \
		$(if $(ACCOUNT_SYMBOLS),--symbols $(ACCOUNT_SYMBOLS))

# A plugin of QEMU, which runs on the host; the interface is version 1 (QEMU 4.2 to 9.0).
TRANSLATION_COUNTER := $(O)/linux/bench/translation_counter.so

$(TRANSLATION_COUNTER): tests/bench/translation_counter.c
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@

# A kernel that runs as a guest and on a machine of its own is both.
NATIVE_KERNEL  = $(if $(filter $(LINUX_IMAGE),$(ACCOUNT_KERNEL)),\
			$(LINUX_NATIVE),$(ACCOUNT_KERNEL))
NATIVE_SYMBOLS = $(if $(filter $(LINUX_NATIVE),$(NATIVE_KERNEL)),\
			$(dir $(LINUX_NATIVE))vmlinux,$(ACCOUNT_SYMBOLS))

## make bench-kernel    exits, loads of CR3, page faults and walks of page tables (by a model of a
##                      TLB) of what bench-linux measures without disks and networks; of another
##                      kernel with ACCOUNT_KERNEL=image ACCOUNT_SYMBOLS=vmlinux (NATIVE_KERNEL=
##                      and NATIVE_SYMBOLS= where the native one is another); TLB=no: no walks
.PHONY: bench-kernel
bench-kernel: deps-linux
	$(Q)iso/deps.sh usertest
	$(Q)$(MAKE) --no-print-directory $(KERNEL_ELF) $(ACCOUNT_KERNEL) $(NATIVE_KERNEL) \
		$(LINUX_BENCH)/initrd.gz $(TRANSLATION_COUNTER)
	$(Q)$(PYTHON) tests/bench/kernel_bench.py $(O) --qemu $(QEMU) --guest $(ACCOUNT_KERNEL) \
		--native $(NATIVE_KERNEL) --initrd $(LINUX_BENCH)/initrd.gz \
		$(if $(filter no,$(TLB)),, \
			--plugin $(TRANSLATION_COUNTER) --symbols $(NATIVE_SYMBOLS))
