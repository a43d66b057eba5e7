# SPDX-License-Identifier: GPL-2.0-only
# Linux as a guest, from Debian's source packages. Included by the top Makefile; offers
# `make linux` and `make run-linux`. docs/linux.md says how the port works.

LINUX     ?= 6.1
LINUX_PAE ?= 0
LINUX_CROSS ?= i686-linux-gnu-
# A file with more of Linux's own options.
LINUX_CONFIG ?=
export UMBRA_LINUX_CONFIG := $(call verbatim,LINUX_CONFIG)
# How many of them `make run-linux` starts.
GUESTS    ?= 1

LINUX_FOLDER := guest/linux
# Of more words than one, of which the check below complains, the first: the names are targets.
LINUX_DIR    := $(O)/linux/$(firstword $(LINUX))
LINUX_PAGES  := $(if $(filter 1,$(LINUX_PAE)),pae,no-pae)
# Where it is built: 6.1/no-pae, or 6.1/no-pae-NAME with more options from NAME.config.
LINUX_NAME   := $(LINUX_PAGES)$(addprefix -,$(basename $(notdir $(firstword $(LINUX_CONFIG)))))
LINUX_OBJECTS := $(LINUX_DIR)/$(LINUX_NAME)
LINUX_IMAGE  := $(LINUX_OBJECTS)/bzImage
LINUX_FRAGMENTS := $(LINUX_FOLDER)/config/base.config $(LINUX_FOLDER)/config/off.config \
	$(LINUX_FOLDER)/config/$(LINUX_PAGES).config \
	$(wildcard $(LINUX_FOLDER)/config/$(firstword $(LINUX)).config) $(LINUX_CONFIG)
# The same for every kernel, and with a kernel's modules behind it.
LINUX_COMMON_INITRD := $(O)/linux/initrd.gz
LINUX_INITRD := $(LINUX_OBJECTS)/initrd.gz
LINUX_ISO    := $(O)/linux/linux.iso
LINUX_TARBALL := /usr/src/linux-source-$(LINUX).tar.xz
BUSYBOX      := $(O)/linux/busybox/busybox

LINUX_INPUT := $(LINUX_FOLDER)/build-linux $(LINUX_FOLDER)/edits/$(LINUX).patch \
	$(LINUX_FRAGMENTS) $(LINUX_TARBALL) \
	$(shell find $(LINUX_FOLDER)/files $(LINUX_FOLDER)/files-$(LINUX) -type f 2>/dev/null)

# To be followed by a kernel's name and its files of options. Two must not run at a time: either may
# unpack the sources.
BUILD_LINUX = MAKEFLAGS= CROSS_COMPILE=$(LINUX_CROSS) $(LINUX_FOLDER)/build-linux $(LINUX) \
	$(LINUX_TARBALL) $(LINUX_DIR)

$(LINUX_IMAGE): $(LINUX_INPUT)
	$(Q)$(BUILD_LINUX) $(LINUX_NAME) $(LINUX_FRAGMENTS)

$(BUSYBOX): $(LINUX_FOLDER)/get-busybox
	@echo "  FETCH   busybox-static for i386, from Debian's packages"
	$(Q)$(LINUX_FOLDER)/get-busybox $(@D)

# The program that packs it is one of Linux's.
$(LINUX_COMMON_INITRD): $(BUSYBOX) $(wildcard $(LINUX_FOLDER)/initrd/*) | $(LINUX_IMAGE)
	@echo "  INITRD  $@"
	$(Q)sed 's,BUSYBOX,$(BUSYBOX),; s,HERE,$(LINUX_FOLDER)/initrd,' \
		$(LINUX_FOLDER)/initrd/list > $(O)/linux/initrd.list
	$(Q)$(LINUX_OBJECTS)/usr/gen_init_cpio $(O)/linux/initrd.list | gzip -n > $@.new
	$(Q)mv $@.new $@

$(LINUX_INITRD): $(LINUX_COMMON_INITRD) $(LINUX_IMAGE)
	$(Q)cp $< $@.new
	$(Q)if [ -d $(LINUX_OBJECTS)/modules ]; then \
		(cd $(LINUX_OBJECTS)/modules && find lib -type d -printf 'dir /%p 0755 0 0\n' && \
		 find lib -type f -printf "file /%p $$PWD/%p 0644 0 0\n") > $@.list && \
		$(LINUX_OBJECTS)/usr/gen_init_cpio $@.list | gzip -n >> $@.new; fi
	$(Q)mv $@.new $@

# For make-iso, as the shell's "$@".  One is called linux, several linux1, linux2 and so on.
LINUX_GUESTS = set --; for i in $$(seq $(GUESTS)); do \
	set -- "$$@" -g linux$$([ $(GUESTS) = 1 ] || echo $$i) -k $(LINUX_IMAGE) \
		-i $(LINUX_INITRD) -d "$$UMBRA_DISK" -m "$$UMBRA_MEM" \
		-x "$$UMBRA_GUEST_WORDS" -a "console=hvc0 $$UMBRA_APPEND"; done

# Made anew each time, for its words.
$(LINUX_ISO): $(KERNEL_ELF) $(LINUX_IMAGE) $(LINUX_INITRD) FORCE
	@echo "  ISO     $@"
	$(Q)$(LINUX_GUESTS); iso/make-iso -o $@ -u $(KERNEL_ELF) -w "$$UMBRA_WORDS" "$$@"

.PHONY: deps-linux
deps-linux:
	@case '$(LINUX)' in 6.1|6.12) ;; *) \
		echo "make: LINUX is 6.1 or 6.12, not '$(LINUX)'" >&2; exit 1 ;; esac
	@case '$(LINUX_PAE)' in 0|1) ;; *) \
		echo "make: LINUX_PAE is 0 or 1, not '$(LINUX_PAE)'" >&2; exit 1 ;; esac
	@case "$$UMBRA_LINUX_CONFIG" in *[!a-zA-Z0-9._/+-]*) \
		echo "make: LINUX_CONFIG is a file whose path has letters, digits, '.', '_', '+'" \
			"and '-', not '$$UMBRA_LINUX_CONFIG'" >&2; exit 1 ;; esac
	@[ -z "$$UMBRA_LINUX_CONFIG" ] || [ -f "$$UMBRA_LINUX_CONFIG" ] || \
		{ echo "make: there is no file '$$UMBRA_LINUX_CONFIG'" >&2; exit 1; }
	@[ -z "$$UMBRA_LINUX_CONFIG" ] || [ -r "$$UMBRA_LINUX_CONFIG" ] || \
		{ echo "make: '$$UMBRA_LINUX_CONFIG' cannot be read" >&2; exit 1; }
	$(Q)LINUX=$(LINUX) iso/deps.sh build run linux

## make linux           build Debian's Linux 6.1 as a guest of Umbra: some 5 minutes, 1 GB below
##                      build/linux, and the packages that it needs
##     LINUX=6.12 LINUX_PAE=1 LINUX_CONFIG=file         the other version; with PAE; more options
.PHONY: linux
linux: deps-linux
	$(Q)$(MAKE) --no-print-directory linux-files

# Behind the check of the settings, and without a word when there is nothing to do.
.PHONY: linux-files
linux-files: $(LINUX_IMAGE) $(LINUX_INITRD)
	@:

# With the tests of usertest/, and the module of failing/, in the initial RAM disk.
.PHONY: linux-test
linux-test: linux
	$(Q)$(MAKE) --no-print-directory $(LINUX_TEST_INITRD)

## make run-linux       the same, and boot it in QEMU to a shell, on a network with the host
##     GUESTS=n SMP=n MEM=128M DISK=f APPEND="..." GUEST_WORDS="..." WORDS="..."   as above
.PHONY: run-linux
run-linux: QEMU_NIC = user,model=virtio-net-pci
run-linux: boot-settings deps-linux
	@case '$(GUESTS)' in [1-9]|[12][0-9]|3[0-2]) ;; *) \
		echo "make: GUESTS is 1 to 32, not '$(GUESTS)'" >&2; exit 1 ;; esac
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(KERNEL_ELF) $(LINUX_IMAGE)
	$(Q)$(MAKE) --no-print-directory WORDS="$$UMBRA_WORDS" \
		$(call to_boot,$(LINUX_ISO),$(LINUX_INITRD))
	$(call say_boot,$(LINUX_ISO))
	$(Q)$(LINUX_GUESTS); $(call boot,$(LINUX_ISO),"$$@")

# Without a word of the user's the machine has as much as its guests need.
ifeq ($(origin HOSTMEM),file)
run-linux: HOSTMEM = $(shell echo $$(($(GUESTS) * $$(numfmt --from=iec $(MEM)) / 1048576 + 256)))M
endif

# Unless the user says something else, guests are on a network with the host.
ifeq ($(origin WORDS),file)
run-linux run-debian: export UMBRA_WORDS := $(UMBRA_WORDS) uplink=net0
endif

include $(LINUX_FOLDER)/failing/failing.mk
include $(LINUX_FOLDER)/usertest/usertest.mk
include $(LINUX_FOLDER)/selftests/selftests.mk
include $(LINUX_FOLDER)/debian/debian.mk
include $(LINUX_FOLDER)/bench/bench.mk
include $(LINUX_FOLDER)/checkpatch.mk
