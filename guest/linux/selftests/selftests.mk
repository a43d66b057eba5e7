# SPDX-License-Identifier: GPL-2.0-only
# Linux's own tests of x86 (tools/testing/selftests/x86 of its sources), built for 32 bits, and
# initial RAM disks that have them: for a guest, and for the same sources' kernel without Umbra.
# Included by linux.mk; tests/system/test_linux_selftests.py boots both.

SELFTESTS_FOLDER := $(LINUX_FOLDER)/selftests
SELFTESTS        := $(LINUX_DIR)/selftests
SELFTESTS_INITRD := $(LINUX_OBJECTS)/selftests-initrd.gz
# What they are linked with, from the compiler's own folders.
SELFTESTS_LIBRARIES := ld-linux.so.2 libc.so.6 libm.so.6 libgcc_s.so.1

# Their own make file builds them, with a header or two of the sources.
$(SELFTESTS)/built: $(LINUX_IMAGE) $(SELFTESTS_FOLDER)/selftests.mk
	@echo "  MAKE    $(SELFTESTS)"
	$(Q)rm -rf $(SELFTESTS)
	$(Q)mkdir -p $(SELFTESTS)
	$(Q)MAKEFLAGS= $(MAKE) -C $(LINUX_DIR)/source/tools/testing/selftests/x86 all_32 ARCH=i386 \
		CC=$(LINUX_CROSS)gcc OUTPUT=$(abspath $(SELFTESTS)) > $(SELFTESTS).log 2>&1 || \
		{ tail -n 20 $(SELFTESTS).log >&2; exit 1; }
	$(Q)touch $@

$(SELFTESTS_INITRD): $(LINUX_INITRD) $(SELFTESTS)/built $(SELFTESTS_FOLDER)/run-selftests
	@echo "  INITRD  $@"
	$(Q){ printf 'dir %s 0755 0 0\n' /lib /selftests; \
		echo 'file /bin/run-selftests $(SELFTESTS_FOLDER)/run-selftests 0755 0 0'; \
		for file in $(SELFTESTS)/*_32; do \
			echo "file /selftests/$${file##*/} $$file 0755 0 0"; done; \
		for file in $(SELFTESTS_LIBRARIES); do \
			path=$$($(LINUX_CROSS)gcc -print-file-name=$$file); \
			echo "file /lib/$$file $$path 0755 0 0"; done; \
	} > $@.list
	$(Q)$(LINUX_OBJECTS)/usr/gen_init_cpio $@.list | gzip -n | cat $(LINUX_INITRD) - > $@.new
	$(Q)mv $@.new $@

# A kernel for the machine itself, with what guests lack: LDTs, virtual-8086 mode, ports. The rule
# for guests' kernels makes it, with other options.
NATIVE_NAME := native-selftests
NATIVE_BASE := $(LINUX_DIR)/native-base.config
NATIVE_FRAGMENTS := $(NATIVE_BASE) $(LINUX_FOLDER)/config/off.config \
	$(LINUX_FOLDER)/config/no-pae.config $(SELFTESTS_FOLDER)/native.config

$(NATIVE_BASE): $(LINUX_FOLDER)/config/base.config
	@mkdir -p $(@D)
	$(Q)grep -v -x -e 'CONFIG_UMBRA_GUEST=y' -e 'CONFIG_HYPERVISOR_GUEST=y' $< > $@

## make linux-selftests  build Linux's own tests of x86, to be run in a guest
## make linux-native     build the same sources without Umbra, to compare with: some 5 minutes
.PHONY: linux-selftests linux-native
linux-selftests: linux
	$(Q)$(MAKE) --no-print-directory $(SELFTESTS_INITRD)
linux-native: linux-selftests
	$(Q)$(MAKE) --no-print-directory $(NATIVE_BASE)
	$(Q)$(MAKE) --no-print-directory LINUX_NAME=$(NATIVE_NAME) \
		LINUX_FRAGMENTS='$(NATIVE_FRAGMENTS)' $(LINUX_DIR)/$(NATIVE_NAME)/bzImage
