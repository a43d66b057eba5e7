# SPDX-License-Identifier: GPL-2.0-only
# Debian 12 as a guest, on a disk that keeps what is written. Included by guest/linux/linux.mk,
# whose kernel it boots; offers `make debian` and `make run-debian`.

# The disk, how large it is, where its packages come from (by default from where apt has them
# here), and the names of more packages.
DEBIAN_IMAGE    ?= $(O)/debian/debian.img
DEBIAN_SIZE     ?= 4G
DEBIAN_MIRROR   ?=
DEBIAN_PACKAGES ?=
# They reach the shell as they are.
export UMBRA_DEBIAN_SIZE := $(call verbatim,DEBIAN_SIZE)
export UMBRA_DEBIAN_MIRROR := $(call verbatim,DEBIAN_MIRROR)
export UMBRA_DEBIAN_PACKAGES := $(call verbatim,DEBIAN_PACKAGES)

DEBIAN_FOLDER := $(LINUX_FOLDER)/debian
DEBIAN_ISO    := $(O)/debian/debian.iso
# A distribution's kernel, and more memory than a shell needs, where the user says nothing.
DEBIAN_CONFIG := $(or $(LINUX_CONFIG),$(LINUX_FOLDER)/config/full.config)
DEBIAN_MEM    := $(if $(filter file,$(origin MEM)),512M,$(call verbatim,MEM))
DEBIAN_MAKE   = $(MAKE) --no-print-directory LINUX_CONFIG=$(DEBIAN_CONFIG)

# Built once: what has been written to it since is the user's.
$(DEBIAN_IMAGE): | $(LINUX_IMAGE)
	@mkdir -p $(@D)
	$(Q)$(DEBIAN_FOLDER)/build-image $@ "$$UMBRA_DEBIAN_SIZE" "$$UMBRA_DEBIAN_MIRROR" \
		"$$UMBRA_DEBIAN_PACKAGES" $(LINUX_OBJECTS)/modules

# What cannot work is said before anything is installed or built.
.PHONY: debian-settings
debian-settings:
	@[ ! -e '$(DEBIAN_IMAGE)' ] || [ -f '$(DEBIAN_IMAGE)' ] || \
		{ echo "make: DEBIAN_IMAGE '$(DEBIAN_IMAGE)' is not a file" >&2; exit 1; }
	@case '$(DEBIAN_IMAGE)' in *[!a-zA-Z0-9._/+-]*|*/|'') \
		echo "make: DEBIAN_IMAGE is a file whose path has letters, digits, '.', '_', '+'" \
			"and '-', not '$(DEBIAN_IMAGE)'" >&2; exit 1 ;; esac
	$(Q)$(DEBIAN_FOLDER)/build-image --check $(DEBIAN_IMAGE) "$$UMBRA_DEBIAN_SIZE" \
		"$$UMBRA_DEBIAN_MIRROR" "$$UMBRA_DEBIAN_PACKAGES"

.PHONY: deps-debian
deps-debian: debian-settings
	$(Q)$(DEBIAN_MAKE) deps-linux
	$(Q)iso/deps.sh debian

## make debian          build a disk with Debian 12 for i386, and the kernel for it: some 10
##                      minutes, 2 GB below build/, and the packages that it needs
##     DEBIAN_IMAGE=build/debian/debian.img             the disk; one that is there is kept as it is
##     DEBIAN_SIZE=4G DEBIAN_PACKAGES="..." DEBIAN_MIRROR=http://...    what it is made with
.PHONY: debian
debian: deps-debian
	$(Q)$(DEBIAN_MAKE) debian-files

.PHONY: debian-files
debian-files: $(LINUX_IMAGE) $(DEBIAN_IMAGE)
	@:

## make run-debian      the same, and boot it in QEMU to a login (root, without a password), on a
##                      network with the host; what it writes to its disk stays
##     LINUX=6.12 LINUX_PAE=1 MEM=512M SMP=n APPEND="..." GUEST_WORDS="..." WORDS="..."  as above
.PHONY: run-debian
run-debian: boot-settings debian
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) $(KERNEL_ELF)
	$(Q)$(DEBIAN_MAKE) MEM='$(DEBIAN_MEM)' WORDS="$$UMBRA_WORDS" boot-debian

.PHONY: boot-debian
boot-debian: QEMU_NIC = user,model=virtio-net-pci
ifeq ($(origin HOSTMEM),file)
boot-debian: HOSTMEM = $(shell echo $$(($$(numfmt --from=iec '$(DEBIAN_MEM)') / 1048576 + 256)))M
endif
boot-debian: $(call to_boot,$(DEBIAN_ISO))
	$(call say_boot,$(DEBIAN_ISO))
	$(Q)$(call boot,$(DEBIAN_ISO),$(DEBIAN_GUEST),$(DEBIAN_DRIVE))

# By its name: the commas would end an argument of $(call).
DEBIAN_DRIVE = -drive file=$(DEBIAN_IMAGE),format=raw,if=virtio
DEBIAN_GUEST = -g debian -k $(LINUX_IMAGE) -m "$$UMBRA_MEM" -x "disk=virtio0 $$UMBRA_GUEST_WORDS" \
	-a "console=hvc0 root=/dev/vda ro $$UMBRA_APPEND"

# Made anew each time, for its words.  The disk is none of GRUB's modules but one of the machine's.
$(DEBIAN_ISO): $(KERNEL_ELF) $(LINUX_IMAGE) FORCE
	@echo "  ISO     $@"
	@mkdir -p $(@D)
	$(Q)iso/make-iso -o $@ -u $(KERNEL_ELF) -w "$$UMBRA_WORDS" $(DEBIAN_GUEST)
